"""What the ledger of a home is made of now, and which of its dates are to be published.

How they are published belongs to `publish`, what a date is made of to `chain`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from pricing_assets.home import Home, closings
from pricing_assets.home.entries import LEDGER
from pricing_assets.ledger import chain, stored
from pricing_assets.ledger.entries import ONE_DAY
from pricing_assets.ledger.inputs import CreditLines
from pricing_assets.ledger.pinned import LineLimits, Lines, settle
from pricing_assets.ledger.plans import all_grants
from pricing_assets.ledger.records import Record, of_grant, of_plan, of_void
from pricing_assets.ledger.stored import Stored


@dataclass(frozen=True)
class LedgerState:
    """What the ledger of a home is made of now: dates with their inputs and digests, lines, the dates
    that these name (by `grant ID` and `void ID`), and what is published of each date."""

    inputs: Mapping[date, chain.DateInputs]
    digests: Mapping[date, chain.Link]
    lines: Lines
    written: Mapping[str, date]
    stored: Mapping[date, Stored]

    @property
    def stale(self) -> list[date]:
        """The dates to publish: the first that is not what it was, and all after it."""
        days = list(self.inputs)
        for place, day in enumerate(days):
            held = self.stored.get(day)
            if held is None or held.manifest["chain"] != self.digests[day].chain:
                return days[place:]
        return []


def look(home: Home, inputs: CreditLines, *, at_first_open: bool = False) -> LedgerState | None:
    """Return what the ledger is made of now; None where no usage is reported yet.

    ConfigurationError where a line that was used is changed or gone, or a new one is dated into a
    closed date; with `at_first_open` such a line counts on the first open date, and from then on
    without it, too.
    """
    reports = chain.reported(home)
    held = {one.usage_date: one for one in stored.counting(home, LEDGER)}
    if not reports:
        return None
    last = max([*reports, *held])
    through = closings.closed_through(home)
    closed = max((day for day in held if closings.is_closed(day, through)), default=None)
    first_open = closed + ONE_DAY if closed is not None and at_first_open else None
    grants = all_grants(inputs, last)
    limits = LineLimits(closed, first_open, stored.waiting_lines(home))
    lines = settle(grants, inputs.voids, stored.pins_of(held), limits)
    written = {f"grant {one.grant_id}": one.effective_date for one in grants}
    written |= {f"void {one.void_id}": one.date for one in inputs.voids}
    dated = chain.dated(reports, lines, written, last)
    settings = home.settings()
    return LedgerState(dated, chain.chain(dated, settings.dimensions), lines, written, held)


class Ahead(NamedTuple):
    """What a newest date leaves to come: grants of later dates, voids that wait for the first open
    one, plans, and the digest of these with all dates through it."""

    grants: list[Record]
    voids: list[Record]
    plans: list[Record]
    digest: str


def ahead(found: LedgerState, inputs: CreditLines, last: date) -> Ahead:
    """Return what is to come after the newest date."""
    grants = [
        of_grant(one, found.written[f"grant {one.grant_id}"])
        for one in sorted(found.lines.grants, key=lambda one: one.grant_id.encode())
        if one.effective_date > last
    ]
    voids = [
        of_void(one, written)
        for one in sorted(found.lines.voids, key=lambda one: one.void_id.encode())
        if one.date > last and one.date != (written := found.written[f"void {one.void_id}"])
    ]
    plans = [of_plan(one) for one in sorted(inputs.plans, key=lambda one: one.plan_id.encode())]
    digest = chain.digest_of(found.digests[last].chain, [grants, plans, *filter(None, [voids])])
    return Ahead(grants, voids, plans, digest)
