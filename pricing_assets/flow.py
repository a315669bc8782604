"""The flow of one run over a home: the seven steps in order, handing over by files.

Each step is a method on the dates of the run; command, schedule and sensor all call these.
What a step computes belongs to its own package, when it runs to `pipelines`.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property, partial
from pathlib import Path

from pricing_assets.catalog import build as catalog
from pricing_assets.charges import price_all
from pricing_assets.checks import Verdict, check_all, expectations, own_rules
from pricing_assets.common.batching import batches, contiguous
from pricing_assets.common.progress import Progress
from pricing_assets.common.text import counted
from pricing_assets.db import connection as duck
from pricing_assets.db.bounded_work import BoundedWork
from pricing_assets.delivery import send as delivery
from pricing_assets.delivery.send import Delivered, Destination
from pricing_assets.home import presence
from pricing_assets.intake import inbox_scan, inboxes
from pricing_assets.intake import take_in as ingestion
from pricing_assets.intake.arrivals import Arrivals, IngestOptions
from pricing_assets.intake.inbox_contents import InboxContents
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.intake.place import Place
from pricing_assets.ledger.by_grants import ByGrants
from pricing_assets.ledger.publish import Outcome
from pricing_assets.pages import build as site
from pricing_assets.report import DateOutcome, HomeView, Stale, failures
from pricing_assets.report.publish import publish_all
from pricing_assets.report.run_dir import RunDir
from pricing_assets.report.staleness import is_emptied
from pricing_assets.report.too_much import too_much
from pricing_assets.sources.kept import KeptSource
from pricing_assets.usage import reduced_logs
from pricing_assets.usage.engine import Engine
from pricing_assets.usage.reduce import ROWS_AT_ONCE, reduce_all
from pricing_assets.usage.retries import retried
from pricing_assets.usage.rollups import Rollups

Publisher = Callable[["Run", date, date], list[DateOutcome]]
"""Brings a range of dates up to date, the last one included; returns what became of them."""


@dataclass
class Run(HomeView):
    """One run over a locked home: the steps that bring its dates up to date."""

    limits: duck.Limits = field(default_factory=duck.Limits)
    reading: IngestOptions = field(default_factory=IngestOptions)
    """How new logs are ingested, but for limits, progress and engine, which are the run's."""
    run_id: str = "run"
    progress: Callable[[str, str], None] = lambda step, detail: None
    engine: Engine = field(default_factory=Rollups)
    inboxes: Sequence[Inbox] = ()
    """The folders whose logs the run ingests; none: they are ingested already."""
    settle_seconds: int = 0
    """How long a file must not have been written to be ingested."""
    pages: bool = False
    """Whether the pages follow."""
    credits: Path | None = None
    """The folder of grants; None: there is no ledger."""
    at_first_open: bool = False
    """Whether lines that are dated into closed dates count on the first open one."""
    destination: Destination | None = None
    """Where in object storage reports are brought at the end; None: nowhere."""
    arrivals: Arrivals = field(default_factory=Arrivals)
    """What was ingested so far."""
    outcomes: list[DateOutcome] = field(default_factory=list)
    """What became of each date so far."""

    @cached_property
    def run_dir(self) -> RunDir:
        """Where this run's steps leave their files; gone when the home is unlocked."""
        return RunDir(self.home.scratch / f"stage-{self.run_id}")

    @cached_property
    def ledger(self) -> ByGrants:
        """The ledger by the folder of grants that the run names."""
        return ByGrants(self.home, self.credits, self.at_first_open)

    @property
    def how(self) -> IngestOptions:
        """How the run reads logs."""
        return replace(
            self.reading,
            limits=self.limits,
            progress=lambda detail: self.progress("intake", detail),
            door=self.engine.door if self.reading.stays else None,
        )

    @property
    def work(self) -> BoundedWork:
        """How the run works over its dates."""
        return BoundedWork(
            self.limits,
            self.home.path,
            self.home.scratch,
            self.progress,
            self.run_dir.fail,
            lambda day, error: too_much(day, self.logs_of([day])[day], error),
        )

    def open_inbox(self, inbox: Inbox) -> KeptSource | None:
        """Return the source that reads an inbox; what another one had read is mapped anew first."""
        warnings = inboxes.not_mapped_anew(self.home, inbox)
        source, mapped = inboxes.open_inbox(self.home, inbox, self.settings, self.how)
        self.arrivals += Arrivals(warnings=warnings, mapped=mapped)
        self.forget_receipts()
        return source

    def take_in(
        self,
        logs: Iterable[Path | str],
        place: Place | Path | None = None,
        source: KeptSource | None = None,
    ) -> Arrivals:
        """Ingest new logs of a bucket or a folder, in which links may lead about, by its source."""
        how = replace(self.how, source=source)
        found = ingestion.take_in(self.home, logs, self.settings, how, place)
        self.arrivals += found
        self.forget_receipts()
        return found

    def ingest(self, inbox: Inbox) -> tuple[InboxContents, Arrivals]:
        """Ingest what is new in an inbox; returns what lies there, and what came of it."""
        source = self.open_inbox(inbox)
        found = inbox_scan.scan(inbox.path, self.home, source)
        names = found.names
        if self.settle_seconds:
            names = [name for name in names if inbox_scan.is_settled(name, self.settle_seconds)]
        return found, self.take_in(names, inbox_scan.place_of(found), source)

    def publish_stale(
        self, stale: Sequence[Stale], until: float, publisher: Publisher | None = None
    ) -> tuple[list[DateOutcome], list[date]]:
        """Bring stale dates up to date, batch by batch: a year does not wait for its last date. Return
        what became of them, and those that were left for the next run, since this instant
        (`time.monotonic`) had passed. `publisher` runs the steps, where the run itself does not."""
        publish = publisher or Run.publish_range
        outcomes: list[DateOutcome] = []
        waiting: list[date] = []
        rows = {found.day: found.rows for found in stale}
        ranges = [of for batch in batches(rows, ROWS_AT_ONCE) for of in contiguous(batch)]
        whole = Progress(sum(rows.values()), "row")
        show = self.progress
        if len(ranges) > 1:
            self.progress = lambda step, detail: show(step, f"{detail} ({whole})")
        try:
            for first, last in ranges:
                days = [day for day in rows if first <= day <= last]
                if time.monotonic() > until:
                    waiting += days
                else:
                    outcomes += publish(self, first, last)
                    whole.done += sum(rows[day] for day in days)
        finally:
            self.progress = show
        return outcomes, waiting

    def publish_range(self, first: date, last: date) -> list[DateOutcome]:
        """Bring a range of dates up to date, the last one included, and then balances; EngineLost where
        the engine stays lost. Returns what became of the dates."""
        days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
        retried(lambda: self.reduce(days))
        self.price(days)
        self.check(days)
        outcomes = self.publish(days)
        self.bring_ledger_up_to_date()
        return outcomes

    def reduce(self, days: Sequence[date]) -> dict[date, dict[str, int]]:
        """Reduce the dates' logs, or their stored lines where only prices changed; returns rows per
        outcome of each date."""
        self.require_whole()
        own_rules.require(self.settings)
        expectations.preload()
        self.run_dir.create()
        logs = self.logs_of(days)
        logs |= {day: [] for day in days if day not in logs and is_emptied(self.home.state(day))}
        reduced = reduce_all(self.work, self.inputs, logs, self.run_dir.path, self.engine)
        self.run_dir.note_failed(self.run_dir.failed() | reduced.failed)
        return reduced.outcomes

    def price(self, days: Sequence[date]) -> dict[date, Path]:
        """Price the dates' usage; returns the folders of those that were priced."""
        staged = self.run_dir.staged(days)
        if staged:
            self.progress("charges", counted(len(staged), "date"))
        self.run_dir.note_aliases(price_all(self.work, self.inputs, staged) if staged else {})
        return self.run_dir.staged(days)

    def check(self, days: Sequence[date]) -> dict[date, Verdict]:
        """Check what is staged; the verdict of each date is also left for `publish`."""
        staged = self.run_dir.staged(days)
        self.progress("checks", counted(len(staged), "date"))
        verdicts = check_all(self.work, self.inputs, staged)
        for day, verdict in verdicts.items():
            self.run_dir.note_verdict(day, verdict)
        return verdicts

    def publish(self, days: Sequence[date]) -> list[DateOutcome]:
        """Publish the dates that passed; the others keep their version in force."""
        before = len(self.outcomes)
        publish_all(self.work, self, self.run_dir, days, self.outcomes.append)
        failures.note(self.home, self.outcomes[before:])
        self.refresh()
        return self.outcomes[before:]

    def bring_ledger_up_to_date(self) -> Outcome:
        """Bring balances up to date with what is reported, where grants are named; CreditmillError
        where a check of them is broken: then nothing of them is published."""
        if self.credits is not None:
            self.require_whole()
        outcome = self.ledger.bring_up_to_date(self.limits, partial(self.progress, "ledger"))
        if outcome.is_new:
            self.refresh()
        return outcome

    def refresh(self, *, anew: bool = False) -> None:
        """Bring `credits.duckdb` up to date with what is published, and the pages where they
        follow; `anew` builds both again even where they seem to be. DamagedHome where something is
        lost: it would show a smaller bill."""
        presence.require_whole(self.home)
        catalog.refresh(self.inputs, self.limits, anew=anew)
        if self.pages:
            self.refresh_pages(anew=anew)

    def reduce_logs(self) -> None:
        """Reduce every log of which nothing was made yet, or whose rollups are damaged, and remove
        what nothing needs any more."""
        with self.work.connection() as con:
            reduced_logs.make_all(con, self.inputs)

    def refresh_pages(self, *, anew: bool = False) -> None:
        """Bring the pages up to date with `credits.duckdb`."""
        show = partial(self.progress, "pages")
        site.refresh(self.home, self.settings, self.limits, show, anew=anew)

    def deliver(self) -> Delivered | None:
        """Bring what is published to object storage, where a place is named and anything is published.
        CreditmillError where that fails: what is published here stays so."""
        if self.destination is None or not self.home.dates():
            return None
        return delivery.publish(self.home, *self.destination, partial(self.progress, "publish"))
