"""Lines that were used: what a date's ledger says of the grants and voids that it began with, and
what becomes of lines that are changed, taken away, or dated into dates that are closed.

Reading the lines belongs to `reading`, how manifests hold them to `records`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.ledger.inputs import Grant, Void
from pricing_assets.ledger.records import Record, grant_of, of_grant, of_void, void_of

if TYPE_CHECKING:
    import pyarrow as pa

    from pricing_assets.ledger.grant_columns import GrantColumns


@dataclass(frozen=True)
class Pins:
    """Every line that published dates were made with, by id, as their manifests hold it."""

    grants: Mapping[str, Record]
    voids: Mapping[str, Record]


@dataclass(frozen=True)
class LineLimits:
    """What new lines may name: dates after `closed`, the last closed one of the ledger (None: any).

    `at_first_open` is the date that a line takes which names a closed one (None: it may not).
    `waiting` are lines that took one before, by `grant ID` and `void ID`: what each names, and took.
    """

    closed: date | None
    at_first_open: date | None
    waiting: Mapping[str, tuple[date, date]]

    def open_date(self, line: str, written: date) -> date | None:
        """Return the date on which a line with this date counts; None where it may not count."""
        if self.closed is None or written > self.closed:
            return written
        named, taken = self.waiting.get(line, (None, None))
        if named == written and taken is not None and taken > self.closed:
            return taken
        return self.at_first_open


@dataclass(frozen=True)
class Lines:
    """The grants and voids that the ledger goes by, with the dates that they count on."""

    grants: tuple[Grant, ...]
    voids: tuple[Void, ...]

    def through(self, last: date) -> "Lines":
        """Return the lines that count by a date: these themselves where all do."""
        grants = tuple(grant for grant in self.grants if grant.effective_date <= last)
        voids = tuple(void for void in self.voids if void.date <= last)
        is_all = len(grants) == len(self.grants) and len(voids) == len(self.voids)
        return self if is_all else Lines(grants, voids)

    @cached_property
    def columns(self) -> "GrantColumns":
        """The grants as arrays."""
        from pricing_assets.ledger.grant_columns import GrantColumns

        return GrantColumns(self.grants)

    @cached_property
    def known_grants(self) -> "pa.Table":
        """One row per grant."""
        from pricing_assets.ledger.grant_columns import known_grants

        return known_grants(self.grants)


def lines_of(pins: Pins, file: Path) -> Lines:
    """Return the lines that pins hold; the file is where errors say they are."""
    return Lines(
        tuple(grant_of(record, file) for record in pins.grants.values()),
        tuple(void_of(record, file) for record in pins.voids.values()),
    )


def settle(
    grants: Iterable[Grant],
    voids: Iterable[Void],
    pins: Pins,
    limits: LineLimits,
) -> Lines:
    """Return the lines with the dates that they count on: those of lines that were used stay.

    ConfigurationError, which names each, where a used line was changed or taken away, or a new one
    is dated into a closed date of the ledger, where `limits` do not say on which it counts instead.
    """
    faults: list[str] = []
    grants, voids = list(grants), list(voids)
    faults += _gone("grant", pins.grants, {grant.grant_id for grant in grants})
    faults += _gone("void", pins.voids, {void.void_id for void in voids})
    in_force: list[Grant] = []
    for grant in grants:
        used: tuple[date, bool] | None = None
        if (record := pins.grants.get(grant.grant_id)) is not None:
            on = date.fromisoformat(record["effective_date"])
            same = of_grant(replace(grant, effective_date=on), grant.effective_date) == record
            used = on, same
        what = f"grant {grant.grant_id!r} of {grant.org_id!r}"
        day = _day(what, grant, grant.effective_date, used, limits, faults)
        if grant.expires_date is None or day < grant.expires_date:
            in_force.append(replace(grant, effective_date=day))
        else:
            faults.append(
                f"{_place(grant)}: {what} is gone on {grant.expires_date}, before the first open"
                f" date, {day}"
            )
    moved: list[Void] = []
    for void in voids:
        used = None
        if (record := pins.voids.get(void.void_id)) is not None:
            on = date.fromisoformat(record["date"])
            used = on, of_void(replace(void, date=on), void.date) == record
        what = f"void {void.void_id!r} of {void.grant_id!r}"
        day = _day(what, void, void.date, used, limits, faults)
        moved.append(replace(void, date=day))
    if faults:
        raise ConfigurationError("\n".join(faults))
    return Lines(tuple(in_force), tuple(moved))


def _day(
    what: str,
    line: Grant | Void,
    written: date,
    used: tuple[date, bool] | None,
    limits: LineLimits,
    faults: list[str],
) -> date:
    """Return the date on which a line counts; add what is wrong with it."""
    if used is not None:
        used_on, is_same = used
        if not is_same:
            faults.append(
                f"{_place(line)}: {what} was used from {used_on} on and is changed: the balances from"
                " that date on would be false. Put the line back, and append a new one"
            )
        return used_on
    name = f"grant {line.grant_id}" if isinstance(line, Grant) else f"void {line.void_id}"
    day = limits.open_date(name, written)
    if day is None:
        faults.append(
            f"{_place(line)}: {what} is dated {written}, and dates through {limits.closed} are closed"
            " with their balances; give it a later date, or run with --at-first-open"
        )
    return day or written


def _gone(what: str, pinned: Mapping[str, Record], found: set[str]) -> Iterable[str]:
    for name, record in pinned.items():
        if name not in found:
            used_on = record.get("effective_date") or record.get("date")
            yield (
                f"{what} {name!r} was used from {used_on} on and is not in the folder of grants any"
                f" more: the balances of {record.get('org_id') or record['grant_id']} from that date on"
                " would be false. Put the line back"
            )


def _place(line: Grant | Void) -> str:
    return f"{line.file}:{line.line}"
