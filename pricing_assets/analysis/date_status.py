"""The status of every usage date: its version in force, and whether a run would change it.

What is stale is decided in `report.staleness`; how a status looks, in `pipelines`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pricing_assets.analysis import quarantined, what_if
from pricing_assets.analysis.changed_sources import ChangedSources
from pricing_assets.analysis.quarantined import Quarantined
from pricing_assets.home import Receipt, closings, in_force
from pricing_assets.intake import inbox, late_digests, unread
from pricing_assets.intake.arrivals import is_mostly_undated
from pricing_assets.intake.inbox import Rejection
from pricing_assets.intake.late_digests import WrongDigest
from pricing_assets.ledger.behind import dates_behind
from pricing_assets.ledger.inputs import CreditLines
from pricing_assets.report import corrections, failures
from pricing_assets.report.home_view import HomeView
from pricing_assets.report.staleness import Stale


@dataclass(frozen=True)
class DateStatus:
    """One usage date: its state (`stale`, `blocked`, `closed` or `current`), what is published of
    it, the credits that are booked beside that, those that new prices alone would add, and why it is
    stale or blocked."""

    usage_date: date
    state: str
    closed: bool
    version: int | None
    events: int
    credits: Decimal | None
    quarantined: int
    rows: int
    corrections: Decimal | None
    credits_at_stake: Decimal | None
    why: str

    def as_json(self) -> dict[str, Any]:
        """Return the same for machines; credits as the manifest has them."""
        return self.__dict__ | {"credits": None if self.credits is None else f"{self.credits:f}"}


@dataclass(frozen=True)
class HomeStatus:
    """A home at a glance: its dates, what is in quarantine, what lies rejected or unread in an
    inbox, the ingested logs of which another digest is stated since, what is wrong with `credits.duckdb`,
    which sources cannot be loaded, and which changed ones a run maps logs of no date with."""

    dates: list[DateStatus]
    quarantined: Quarantined
    rejected: list[Rejection]
    waiting: list[str]
    wrong_digests: list[WrongDigest]
    mostly_undated: list[Receipt]
    withdrawn: list[str]
    blocked: bool
    failed: bool
    catalog: str
    faulty_sources: list[str]
    remapped: list[str]

    @property
    def stale(self) -> int:
        """How many dates a run would bring up to date."""
        return sum(one.state == "stale" for one in self.dates)

    @property
    def needs_attention(self) -> bool:
        """Whether a file lies in an inbox rejected, or left unread by a run, a digest is not its log's, a
        date is blocked, or failed in its last run, a source cannot be loaded, or `credits.duckdb` does
        not show what is published. A date that a run has only not come to is stale, and no more."""
        left = self.rejected or self.waiting or self.wrong_digests or self.catalog
        return bool(left or self.blocked or self.failed or self.faulty_sources)


def status_of(view: HomeView, changed: ChangedSources) -> HomeStatus:
    """Return the status of a home, which sources read of which some were `changed`; nothing is changed
    here."""
    home = view.home
    stale = {found.day: found for found in view.stale()}
    differences = what_if.of_prices(view.inputs, list(stale))
    stale = changed.added_to(stale)
    held = quarantined.of_home(home, view.receipts)
    failed = failures.load(home)
    days = sorted({*home.dates(), *stale})
    return HomeStatus(
        [
            _status(view, day, failures.named_in(stale.get(day), failed), held, differences)
            for day in days
        ],
        held,
        inbox.rejected_before(home),
        unread.waiting(home),
        late_digests.wrong_digests(home, late_digests.in_folders(home)),
        [log for log in view.receipts if is_mostly_undated(log, view.settings)],
        sorted(home.journal.named.withdrawn),
        any(home.blocked(day) for day in days),
        bool(failed.keys() & stale.keys()),
        in_force.wrong(home),
        changed.faults,
        changed.undated,
    )


def _status(
    view: HomeView,
    day: date,
    stale: Stale | None,
    held: Quarantined,
    differences: Mapping[date, Decimal],
) -> DateStatus:
    current, blocked = view.home.current(day), view.home.blocked(day)
    is_closed = closings.is_closed(day, view.closed_through)
    state = "stale" if stale else "blocked" if blocked else "closed" if is_closed else "current"
    totals = current.manifest.totals if current else None
    return DateStatus(
        usage_date=day,
        state=state,
        closed=is_closed,
        version=current.number if current else None,
        events=totals.events if totals else 0,
        credits=totals.credits if totals else None,
        quarantined=held.by_date.get(day, 0),
        rows=held.rows_of.get(day, 0),
        corrections=corrections.sum_of(view.home, day),
        credits_at_stake=differences.get(day),
        why=stale.why if stale else blocked.reason if blocked else "",
    )


def unfinished(
    view: HomeView, lines: CreditLines | None, changed: ChangedSources
) -> list[tuple[date, str]]:
    """Return the dates that are stale, also by a `changed` source, blocked or behind in the ledger, in
    order, and why: none of them can be closed. `lines` are those of the folder of grants (None: none is
    named)."""
    stale = changed.added_to({one.day: one for one in view.stale()})
    found = {day: f"stale ({one.why})" for day, one in stale.items()}
    for day in view.home.dates():
        blocked = view.home.blocked(day)
        if blocked is not None:
            found.setdefault(day, f"blocked ({blocked.reason})")
    for day in dates_behind(view.home, lines):
        found.setdefault(day, "behind in the ledger of credits")
    return sorted(found.items())
