"""Corrections: what a closed date would be now, less what was reported of it, booked once.

A correction is a folder that never changes, like a version: the whole date as it would be now,
and `corrections` with the signed difference. Reports of closed dates are never touched.
"""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pricing_assets.common.clock import now
from pricing_assets.common.decimals import EXACT, exact_sum
from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet, write_both
from pricing_assets.db.statements import statement
from pricing_assets.home import DateState, Home, Inputs
from pricing_assets.home.entries import BOOKING, JournalEntry
from pricing_assets.home.manifests import Correction, Output, Reversal, complete
from pricing_assets.home.used_prices import used_entries
from pricing_assets.report import changes
from pricing_assets.report import manifest as manifests
from pricing_assets.report.outcome import DatePlan
from pricing_assets.report.sides import view_stored

NAMES = ("corrections.csv", "corrections.parquet")


@dataclass(frozen=True)
class Booking:
    """What is booked for a date: `charges` the folders of what it is now (none: no usage),
    `closed` of what was closed, `booked` of what was booked before, 1, 2, …."""

    booked_on: date
    corrects: int | None
    reason: str
    charges: Sequence[Path]
    closed: Sequence[Path]
    booked: Sequence[Path]

    @property
    def number(self) -> int:
        """The number of the correction, from 1 for each date."""
        return len(self.booked) + 1


def sum_of(home: Home, day: date) -> Decimal | None:
    """Return the credits booked for a date so far; None where nothing was ever booked."""
    booked = home.booked(day)
    if not booked:
        return None
    return exact_sum(one.manifest.difference for one in booked)


def booked_credits(
    home: Home, days: Iterable[date], org_id: str | None = None
) -> dict[date, Decimal]:
    """Return the credits booked, in all, for those of the dates whose report they stand beside; of
    one organization, where it is named. A date that a version took back again is not among them."""
    found: dict[date, Decimal] = {}
    for day in days:
        booked = home.booked(day)
        if not booked or isinstance(booked[-1].manifest, Reversal):
            continue
        with duck.connection(within=[one.folder for one in booked]) as con:
            rows = scan_parquet(con, [one.folder / "corrections.parquet" for one in booked])
            by_org = rows.aggregate("org_id, sum(credits)", "org_id").fetchall()
        credits = [of_one for name, of_one in by_org if org_id in (None, name)]
        if credits:
            found[day] = exact_sum(credits)
    return found


def book(inputs: Inputs, plan: DatePlan, booked_on: date) -> None:
    """Book what a closed date would be now, less what was reported of it."""
    home, state, folder = inputs.home, plan.state, plan.staged.folder
    dimensions = inputs.settings.dimensions
    contents = plan.staged.contents
    closed = state.current
    booking = Booking(
        booked_on,
        closed.number if closed else None,
        plan.outcome.reason,
        [folder],
        [closed.folder] if closed else [],
        [one.folder for one in state.corrections],
    )
    manifest = complete(
        Correction,
        replace(contents, outputs=contents.outputs | _written(booking, folder, dimensions)),
        **_fields(state, booking),
        difference=plan.outcome.difference,
        changes=plan.changes,
    )
    entry = manifests.wait(home, BOOKING, folder, manifest)
    home.commit([*used_entries(home, contents, inputs.rates), entry])


def take_back(home: Home, state: DateState, number: int, booked_on: date) -> list[JournalEntry]:
    """Reverse all that was booked for a date that was reopened, since its version of this number
    holds it whole; returns what is committed together with that version."""
    booked = state.corrections
    if not booked or isinstance(booked[-1].manifest, Reversal):
        return []
    last = booked[-1].manifest
    booking = Booking(
        booked_on,
        last.corrects,
        f"reopened: version {number} holds this usage",
        [],
        [],
        [one.folder for one in booked],
    )
    folder = Path(tempfile.mkdtemp(dir=home.scratch)) / "reversal"
    folder.mkdir()
    taken = exact_sum(one.manifest.difference for one in booked) or Decimal(0)  # 0, not 0.000000000
    manifest = Reversal(
        usage_date=state.usage_date,
        dimensions=last.dimensions,
        libraries=manifests.libraries(),
        outputs=_written(booking, folder, last.dimensions),
        **_fields(state, booking),
        reversed_by=number,
        difference=EXACT.minus(taken),
    )
    return [manifests.wait(home, BOOKING, folder, manifest)]


def write_rows(booking: Booking, folder: Path, dimensions: tuple[str, ...]) -> None:
    """Write `corrections.*` into the folder: what the date is now, less all that was reported."""
    table = tables.stored("corrections", dimensions)
    read = (*booking.charges, *booking.closed, *booking.booked)
    with duck.connection(within=[folder, *read]) as con:
        view_stored(con, "charges", booking.charges, dimensions, "charges_now")
        view_stored(con, "charges", booking.closed, dimensions, "charges_closed")
        view_stored(con, "corrections", booking.booked, dimensions, "corrections_booked")
        for name in ("booked_on", "reason", "corrects"):
            con.execute(f"set variable {name} = ?", [getattr(booking, name)])
        con.execute("set variable correction = ?", [booking.number])
        source = f"({statement('report/corrections')})"
        write_both(con, table, source, folder / "corrections.parquet", dimensions)


def _written(booking: Booking, folder: Path, dimensions: tuple[str, ...]) -> dict[str, Output]:
    """Write the rows of a booking; returns what its manifest says of these files."""
    write_rows(booking, folder, dimensions)
    return {name: changes.output(folder / name) for name in NAMES}


def _fields(state: DateState, booking: Booking) -> dict[str, Any]:
    """Return what the manifest of every booking says of it."""
    before = state.corrections[-1] if state.corrections else state.current
    return {
        "version": booking.number,
        "booked_on": booking.booked_on,
        "corrects": booking.corrects,
        "published_at": now().isoformat(),
        "reason": booking.reason,
        "supersedes": manifests.superseded(before),
    }
