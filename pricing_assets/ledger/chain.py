"""Chain: which dates of the ledger are not what their inputs would give now.

Each date's digest covers the one before it, so that whatever changes, all after it is computed again.
Reads manifests only.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pricing_assets.common import files, json_files
from pricing_assets.home import Home
from pricing_assets.ledger.entries import ONE_DAY
from pricing_assets.ledger.pinned import Lines
from pricing_assets.ledger.records import Record, of_grant, of_void

RULES_VERSION = 1
"""Raised when a rule changes what the same inputs give."""


@dataclass
class DateInputs:
    """What one date of the ledger is made of: the folder of its charges and how many there are,
    folders of corrections that are booked on it, digests of both, grants and voids that begin to
    count."""

    charges: Path | None = None
    rows: int = 0
    digests: list[str] = field(default_factory=list)
    bookings: list[Path] = field(default_factory=list)
    grants: list[Record] = field(default_factory=list)
    voids: list[Record] = field(default_factory=list)


def reported(home: Home) -> dict[date, DateInputs]:
    """Return what the reports of each date book, in order of dates."""
    found: dict[date, DateInputs] = defaultdict(DateInputs)
    for day in home.dates():
        current = home.current(day)
        if current is not None:
            found[day].charges = current.folder
            found[day].rows = current.manifest.outputs["charges.parquet"].rows
            found[day].digests.append(current.manifest.outputs["charges.parquet"].sha256)
        for booked in home.booked(day):
            on = found[booked.manifest.booked_on]
            on.bookings.append(booked.folder)
            on.digests.append(booked.manifest.outputs["corrections.parquet"].sha256)
    return {day: found[day] for day in sorted(found)}


def reported_since(reports: Mapping[date, DateInputs]) -> date:
    """Return the first date of which there is a report; there is one."""
    return min(day for day, one in reports.items() if one.charges is not None)


def dated(
    reports: Mapping[date, DateInputs], lines: Lines, written: Mapping[str, date], last: date
) -> dict[date, DateInputs]:
    """Return every date from the first on which anything happens through the last, with the lines
    that begin to count on it; `written` are the dates that lines name, where they are others."""
    grants = [grant for grant in lines.grants if grant.effective_date <= last]
    voids = [void for void in lines.voids if void.date <= last]
    first = min([*reports, *(grant.effective_date for grant in grants)], default=last)
    found: dict[date, DateInputs] = {}
    day = first
    while day <= last:
        of_reports = reports.get(day, DateInputs())
        found[day] = replace(of_reports, grants=[], voids=[])
        day += ONE_DAY
    for grant in sorted(grants, key=lambda one: one.grant_id.encode()):
        name = f"grant {grant.grant_id}"
        record = of_grant(grant, written.get(name, grant.effective_date))
        found[grant.effective_date].grants.append(record)
    for void in sorted(voids, key=lambda one: one.void_id.encode()):
        name = f"void {void.void_id}"
        found[void.date].voids.append(of_void(void, written.get(name, void.date)))
    return found


class Link(NamedTuple):
    """The digests of a date: of what it is made of, and of that with all dates before it."""

    own: str
    chain: str


def chain(inputs: Mapping[date, DateInputs], dimensions: Sequence[str]) -> dict[date, Link]:
    """Return the digests of each date, in order of dates."""
    digest = f"rules {RULES_VERSION} {list(dimensions)}"
    found: dict[date, Link] = {}
    for day, one in inputs.items():
        own = files.sha256_bytes(
            json_files.to_json([day.isoformat(), sorted(one.digests), one.grants, one.voids])
        )
        digest = files.sha256_bytes(f"{digest} {own}".encode())
        found[day] = Link(own, digest)
    return found


def digest_of(through: str, ahead: Sequence[Sequence[Record]]) -> str:
    """Return the digest of how a date leaves every grant: of all dates through it, and of lines that are
    to come."""
    return files.sha256_bytes(json_files.to_json([through, *ahead]))
