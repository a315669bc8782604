"""Verify a home: all that is published, compared with its journal, manifests, receipts and database.

Nothing is repaired here; what differs is named. How a home is repaired belongs to `repair`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pricing_assets.common.errors import ConfigurationError, DamagedFile
from pricing_assets.db.connection import Limits
from pricing_assets.home import Home
from pricing_assets.intake import late_digests
from pricing_assets.report import HomeView
from pricing_assets.verify import (
    database,
    files,
    journal,
    ledger,
    logs,
    mapped_rows,
    recompute,
    rollups,
    strays,
    used_prices,
)
from pricing_assets.verify.difference import Difference, Recomputed


@dataclass
class Verified:
    """What was checked, and the differences found.

    `differences` are faults; `ignored` are paths that are not names of a home, `notes` is what explains
    itself: neither is a fault. `recomputed` are the versions that were made again, where that was
    asked for.
    """

    dates: int
    files: int
    differences: list[Difference]
    ignored: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    recomputed: list[Recomputed] = field(default_factory=list)


def verify_home(
    home: Home,
    day: date | None,
    more_books: Sequence[str] = (),
    limits: Limits | None = None,
    *,
    again: bool = False,
) -> Verified:
    """Compare what is published of a date, or of all dates and all that belongs to none, with
    what is recorded; and recompute each version from its pinned logs, cards and settings if `again`,
    with the cards of `more_books`, too.

    ConfigurationError where the date has no report.
    """
    days = home.dates() if day is None else [day]
    if day is not None and day not in home.dates():
        raise ConfigurationError(
            f"{day} has no report in {home.path}; `creditmill status` lists them"
        )
    forged = list(journal.verify(home))
    if forged:  # it is what all else is compared with
        return Verified(len(days), 1, forged)
    looked, found = files.verify(home, days)
    of_ledger, differences = ledger.verify(home, day)
    found += differences
    with database.opened(home) as catalog:
        found += database.records_agree(home, days, catalog)
        found += database.closings_agree(home, catalog)
        edited = list(database.settings_agree(home))
        found += edited
        if day is None and not found:
            found += database.totals_agree(home, catalog)
        moved = list(database.made_elsewhere(home, catalog))
    if day is None:
        found += _wrong_digests(home)
        found += mapped_rows.differences(home) if again else mapped_rows.changed(home)
    gone, absent = used_prices.verify(home) if day is None else ([], [])
    found += gone
    outcome = Verified(
        len(days),
        looked + of_ledger,
        found,
        ignored=strays.strays(home) if day is None else [],
        notes=[
            *moved,
            *logs.logs_gone(home),
            *logs.logs_not_kept(home),
            *absent,
        ],
    )
    if again and not edited:  # what they are made again by would be another home's
        outcome.recomputed += recompute.recompute_dates(home, days, more_books, limits)
        outcome.recomputed += ledger.recompute(home, day, limits)
        found += [difference for one in outcome.recomputed for difference in one.differences]
        if day is None:
            found += rollups.recompute(HomeView(home, home.settings()).inputs, limits)
    return outcome


def _wrong_digests(home: Home) -> list[Difference]:
    """Return each log of which another digest was stated after it was ingested."""
    try:
        wrong = late_digests.wrong_digests(home, late_digests.in_folders(home))
    except DamagedFile as error:
        return [Difference(str(home.seen_file), str(error))]
    return [Difference(one.path, one.detail) for one in wrong]
