"""The flow of one run over a home: the seven steps in order, handing over by files.

Each step is a method on the dates of the run; command, schedule and sensor all call these.
What a step computes belongs to its own package, when it runs to `pipelines`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pricing_assets.catalog import build as catalog
from pricing_assets.charges import price_dates
from pricing_assets.checks import RuleCrashed, Verdict, check_dates, expectations, own_rules
from pricing_assets.common.batching import batches, one_by_one
from pricing_assets.common.progress import Progress
from pricing_assets.common.text import counted
from pricing_assets.db import connection as duck
from pricing_assets.delivery import send as delivery
from pricing_assets.delivery.send import Delivered
from pricing_assets.home import Inputs, Reported, closings, effects, presence
from pricing_assets.home.manifests import AliasLine
from pricing_assets.intake import inbox_scan, inboxes
from pricing_assets.intake import take_in as ingestion
from pricing_assets.intake.arrivals import Arrivals, How
from pricing_assets.intake.inbox_contents import Found
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.intake.place import Place
from pricing_assets.intake.reader import Reader
from pricing_assets.ledger.by_grants import ByGrants
from pricing_assets.ledger.publish import Outcome
from pricing_assets.logs.parquet_footer import FileLimits
from pricing_assets.objects import Address
from pricing_assets.pages import build as site
from pricing_assets.report import DateOutcome, HomeView
from pricing_assets.report.manifest import describe
from pricing_assets.report.outcome import Plan, StagedDate
from pricing_assets.report.publish import apply, decide, explain
from pricing_assets.report.run_dir import RunDir
from pricing_assets.report.staleness import is_emptied
from pricing_assets.report.too_much import is_too_much, too_much
from pricing_assets.sources.kept import KeptSource
from pricing_assets.usage import extend, reduced_logs, restate
from pricing_assets.usage import reduce as usage
from pricing_assets.usage.engine import Engine
from pricing_assets.usage.restate import lines_of
from pricing_assets.usage.rollups import Rollups
from pricing_assets.usage.staging import Reduced

if TYPE_CHECKING:
    import duckdb

ROWS_AT_ONCE = 30_000_000
"""Dates are reduced together up to this many rows: one pass, in bounded memory."""
LINES_AT_ONCE = 3_000_000
"""Dates are priced and checked together up to this many lines."""
CHARGES_AT_ONCE = 3_000_000
"""Dates are compared with what was reported of them together up to this many charges of both."""

Result = TypeVar("Result")


@dataclass
class Run(HomeView):
    """One run over a locked home: the steps that bring its dates up to date.

    `inboxes` are the folders whose logs the run ingests (none: they are ingested already), `arrivals`
    what was ingested, `outcomes` what became of each date so far, `pages` whether the pages
    follow, `credits` the folder of grants (None: there is no ledger), `at_first_open` whether lines
    that are dated into closed dates count on the first open one, `reading_until` the instant
    (`time.monotonic`) after which no new log is read, `reader` the process that reads logs (None:
    one for each look), `publish_to` where in object storage reports are brought at the end, with the
    folder of exports `publish_exports` (None: nowhere, without), `stays` whether the bytes of new logs in
    object storage stay there, `settle_seconds` how long a file must not have been written to be ingested.
    """

    limits: duck.Limits = field(default_factory=duck.Limits)
    file_limits: FileLimits = field(default_factory=FileLimits)
    run_id: str = "run"
    progress: Callable[[str, str], None] = lambda step, detail: None
    engine: Engine = field(default_factory=Rollups)
    inboxes: Sequence[Inbox] = ()
    arrivals: Arrivals = field(default_factory=Arrivals)
    outcomes: list[DateOutcome] = field(default_factory=list)
    pages: bool = False
    reading_until: float = math.inf
    reader: Reader | None = None
    credits: Path | None = None
    at_first_open: bool = False
    publish_to: Address | None = None
    publish_exports: Path | None = None
    stays: bool = False
    settle_seconds: int = 0

    @cached_property
    def run_dir(self) -> RunDir:
        """Where this run's steps leave their files; gone when the home is unlocked."""
        return RunDir(self.home.scratch / f"stage-{self.run_id}")

    @property
    def how(self) -> How:
        """How the run reads logs."""
        return How(
            limits=self.limits,
            progress=lambda detail: self.progress("intake", detail),
            file_limits=self.file_limits,
            until=self.reading_until,
            reader=self.reader,
            stays=self.stays,
            door=self.engine.door if self.stays else None,
        )

    def open_inbox(self, inbox: Inbox) -> KeptSource | None:
        """Return the source that reads an inbox; what another one had read is mapped anew first."""
        source = inboxes.open_inbox(self.home, inbox, self.settings, self.how)
        self.forget_receipts()
        return source

    def take_in(
        self,
        logs: Iterable[Path | str],
        place: Place | Path | None = None,
        source: KeptSource | None = None,
    ) -> Arrivals:
        """Ingest new logs of a bucket or a folder, in which links may lead about, by its source."""
        found = ingestion.take_in(
            self.home, logs, self.settings, replace(self.how, source=source), place
        )
        self.arrivals += found
        self.forget_receipts()
        return found

    def require_checks(self) -> None:
        """Raise ConfigurationError where a team's own rule cannot be run, before anything is made."""
        own_rules.require(self.settings)

    def ingest(self, inbox: Inbox) -> tuple[Found, Arrivals]:
        """Ingest what is new in an inbox; returns what lies there, and what came of it."""
        source = self.open_inbox(inbox)
        found = inbox_scan.scan(inbox.path, self.home, source)
        names = found.names
        if self.settle_seconds:
            names = [name for name in names if inbox_scan.is_settled(name, self.settle_seconds)]
        return found, self.take_in(names, inbox_scan.place_of(found), source)

    def reduce(self, days: Sequence[date]) -> dict[date, dict[str, int]]:
        """Reduce the dates' logs, or their stored lines where only prices changed; returns rows per
        outcome of each date."""
        self.require_whole()
        self.require_checks()
        expectations.preload()
        self.run_dir.create()
        by_date = self.logs_of(days)
        by_date |= {
            day: [] for day in days if day not in by_date and is_emptied(self.home.state(day))
        }
        versions = restate.restatable(self.home, by_date, self.rates, self.settings)
        reduced = self._staged(
            {day: lines_of(version) for day, version in versions.items()},
            LINES_AT_ONCE,
            ", from their stored lines",
            lambda batch: self._restated({day: versions[day] for day in batch}),
        )
        engine = self.engine
        if isinstance(engine, Rollups):
            extendable = extend.extendable(self.home, by_date, self.rates, self.settings)
            extendable = {day: extendable[day] for day in sorted(extendable.keys() - versions)}
            reduced |= self._staged(
                {day: lines_of(version) for day, version in extendable.items()},
                LINES_AT_ONCE,
                ", with what came since",
                lambda batch: self._extended({day: extendable[day] for day in batch}, engine),
            )
        failed = self.run_dir.failed()
        reduced |= self._staged(
            {
                day: sum(log.dates[day.isoformat()] for log in logs)
                for day, logs in by_date.items()
                if day not in reduced.stages and day not in failed
            },
            ROWS_AT_ONCE,
            "",
            self._reduced,
        )
        self.run_dir.note_failed(self.run_dir.failed() | reduced.failed)
        return reduced.outcomes

    def price(self, days: Sequence[date]) -> dict[date, Path]:
        """Price the dates' usage; returns the folders of those that were priced."""
        staged = self.run_dir.staged(days)
        aliases: dict[date, list[AliasLine]] = {}
        if staged:
            self.progress("charges", counted(len(staged), "date"))
            aliases = self._bounded(list(staged), self._price)
        self.run_dir.note_aliases(aliases)
        return self.run_dir.staged(days)

    def check(self, days: Sequence[date]) -> dict[date, Verdict]:
        """Check what is staged; the verdict of each date is also left for `publish`."""
        staged = self.run_dir.staged(days)
        self.progress("checks", counted(len(staged), "date"))

        def check_batch(batch: Sequence[date]) -> dict[date, Verdict]:
            with self._connection() as con:
                return check_dates(con, self.inputs, {day: staged[day] for day in batch})

        def check_each(batch: Sequence[date]) -> dict[date, Verdict]:
            try:
                return check_batch(batch)
            except RuleCrashed:  # on which of them?
                return {day: check_batch([day])[day] for day in batch}

        verdicts = self._bounded(list(staged), check_each)
        for day, verdict in verdicts.items():
            self.run_dir.note_verdict(day, verdict)
        return verdicts

    def publish(self, days: Sequence[date]) -> list[DateOutcome]:
        """Publish the dates that passed; the others keep their version in force."""
        inputs = self.inputs
        plans = self._explained(self._plans(inputs, days))
        failed = self.run_dir.failed()
        outcomes: list[DateOutcome] = []
        progress = Progress(len(days), "date")
        for day in progress.counting(days):
            outcome: DateOutcome | None = None
            if day in plans and day not in failed:
                self.progress("report", f"{day}, {progress}")
                lines = self.home.journal.lines
                try:
                    outcome = apply(inputs, plans[day], self.first_open)
                except Exception as error:
                    # What is written in the journal is for the next run to finish, before all else.
                    if not is_too_much(error) or self.home.journal.lines > lines:
                        raise
                    self._fail_too_much(day, error)
                    failed[day] = self.run_dir.failed()[day]
                    effects.forget_pending(self.home, day)
            if day in failed:
                current = self.home.current(day)
                number = current.number if current else None
                outcome = DateOutcome(day, "failed", version=number, reason=failed[day])
            if outcome is not None:
                outcomes.append(outcome)
                self.outcomes.append(outcome)  # at once: an error may end the run
        self.refresh()
        return outcomes

    @cached_property
    def ledger(self) -> ByGrants:
        """The ledger by the folder of grants that the run names."""
        return ByGrants(self.home, self.credits, self.at_first_open)

    def bring_ledger_up_to_date(self) -> Outcome:
        """Bring balances up to date with what is reported, where grants are named; CreditmillError
        where a check of them is broken: then nothing of them is published."""
        if self.credits is not None:
            self.require_whole()
        progress = partial(self.progress, "ledger")
        outcome = self.ledger.bring_up_to_date(self.limits, progress)
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
        with self._connection() as con:
            reduced_logs.make_all(con, self.inputs)

    def refresh_pages(self, *, anew: bool = False) -> None:
        """Bring the pages up to date with `credits.duckdb`."""
        show = partial(self.progress, "pages")
        site.refresh(self.home, self.settings, self.limits, show, anew=anew)

    def deliver(self) -> Delivered | None:
        """Bring what is published to object storage, where a place is named and anything is published.
        CreditmillError where that fails: what is published here stays so."""
        if self.publish_to is None or not self.home.dates():
            return None
        show = partial(self.progress, "publish")
        return delivery.publish(self.home, self.publish_to, self.publish_exports, show)

    def _staged(
        self,
        sizes: Mapping[date, int],
        most: int,
        how: str,
        stage: Callable[[Sequence[date]], Reduced],
    ) -> Reduced:
        """Return what `stage` makes of the dates, so many together that their sizes stay under `most`."""
        reduced = Reduced()

        def stage_batch(batch: Sequence[date]) -> dict[date, str]:
            nonlocal reduced
            self.progress("usage", f"{counted(len(batch), 'date')} from {batch[0]}{how}")
            reduced |= stage(batch)
            return {}

        for batch in batches(sizes, most):
            self._bounded(batch, stage_batch)
        return reduced

    def _restated(
        self, versions: Mapping[date, Reported], added: Mapping[date, Path] | None = None
    ) -> Reduced:
        with self._connection() as con:
            return restate.restate_dates(
                con, versions, self.rates, self.settings, self.run_dir.path, added
            )

    def _extended(self, versions: Mapping[date, Reported], engine: Rollups) -> Reduced:
        stage = self.run_dir.path / "added"
        with self._connection() as con:
            added = extend.reduce_added(con, self.inputs, versions, stage, engine)
        return self._restated({day: versions[day] for day in added}, added) if added else Reduced()

    def _reduced(self, days: Sequence[date]) -> Reduced:
        with self._connection() as con:
            return usage.reduce_dates(con, self.inputs, days, self.run_dir.path, self.engine)

    def _price(self, days: Sequence[date]) -> dict[date, list[AliasLine]]:
        """Price the dates together; where an amount is beyond every number, each one alone."""
        import duckdb

        def price(batch: Sequence[date]) -> dict[date, list[AliasLine]]:
            with self._connection() as con:
                staged = self.run_dir.staged(batch)
                return price_dates(con, staged, self.rates, self.settings.dimensions)

        def is_beyond(error: Exception) -> bool:
            return isinstance(error, duckdb.OutOfRangeException | duckdb.ConversionException)

        def fail(day: date, error: Exception) -> None:
            message = str(error).splitlines()[0]
            self.run_dir.fail(day, f"credits or dollars are more than 38 digits hold: {message}")

        return one_by_one(days, price, is_beyond, fail)

    def _plans(self, inputs: Inputs, days: Sequence[date]) -> dict[date, Plan]:
        """Decide what is to become of each staged date."""
        folders = self.run_dir.staged(days)
        verdicts = self.run_dir.verdicts(days)
        aliases = self.run_dir.aliases() if folders else {}

        def plan(batch: Sequence[date]) -> dict[date, Plan]:
            plans = {}
            for day in batch:
                logs = inputs.logs_by_date.get(day, [])
                contents = describe(day, folders[day], verdicts[day], logs, inputs, aliases[day])
                plans[day] = decide(
                    inputs,
                    self.home.state(day),
                    StagedDate(folders[day], logs, contents),
                    verdicts[day],
                    is_closed=closings.is_closed(day, self.closed_through),
                )
            return plans

        return self._bounded(list(folders), plan)

    def _explained(self, plans: dict[date, Plan]) -> dict[date, Plan]:
        """Return the plans, of which those that change a date say why."""
        sizes = {day: plan.charges for day, plan in plans.items() if plan.is_to_be_explained}
        explained: dict[date, Plan] = {}

        def explain_batch(batch: Sequence[date]) -> dict[date, Plan]:
            self.progress("report", f"what changed on {counted(len(batch), 'date')}")
            with self._connection() as con:
                chosen = [plans[day] for day in batch]
                return explain(con, chosen, self.settings.dimensions)

        for batch in batches(sizes, CHARGES_AT_ONCE):
            explained |= self._bounded(batch, explain_batch)
        return plans | explained

    def _connection(self) -> AbstractContextManager["duckdb.DuckDBPyConnection"]:
        """Return a connection that reads the home, bounded as the run is."""
        return duck.connection(self.limits, self.home.scratch, [self.home.path])

    def _bounded(
        self, days: Sequence[date], work: Callable[[Sequence[date]], dict[date, Result]]
    ) -> dict[date, Result]:
        """Return what `work` makes of dates together; where that takes more memory or temporary disk
        than there is, of each by itself. One that takes more alone fails by name."""
        return one_by_one(days, work, is_too_much, self._fail_too_much)

    def _fail_too_much(self, day: date, error: Exception) -> None:
        self.run_dir.fail(day, too_much(day, self.logs_of([day])[day], error))
