"""The flow of one run over a home: the six steps in order, handing over by files.

Each step is a method on the dates of the run; command, schedule and sensor all call these.
What a step computes belongs to its own module, when it runs to `pipelines`.
"""

import math
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pricing_assets import rates
from pricing_assets.catalog import build as catalog
from pricing_assets.charges import price as charges
from pricing_assets.checks import expectations
from pricing_assets.checks import run as checks
from pricing_assets.common import files, resources
from pricing_assets.common.batching import batches
from pricing_assets.common.clock import now
from pricing_assets.common.errors import DateFailed
from pricing_assets.contract import usage_dates
from pricing_assets.db import connection as duck
from pricing_assets.home import Home, Receipt, closings, presence, recount, used_prices, withdrawals
from pricing_assets.home.journal import receipt_entry
from pricing_assets.home.settings import Terms
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.receipts import Rules
from pricing_assets.logs.parquet_footer import FileLimits
from pricing_assets.pages import build as pages
from pricing_assets.report import corrections
from pricing_assets.report import manifest as manifests
from pricing_assets.report import publish as report
from pricing_assets.report import staleness as stale
from pricing_assets.usage import reduce as usage
from pricing_assets.usage import restate
from pricing_assets.verify import restoring

ROWS_AT_ONCE = 30_000_000
"""Dates are reduced together up to this many rows: one pass, in bounded memory."""
LINES_AT_ONCE = 3_000_000
"""Dates are priced and checked together up to this many lines."""

Result = TypeVar("Result")


@dataclass
class Flow:
    """One run over a locked home; `stage` is where its steps leave files for each other.

    `inbox` is the folder whose logs the run takes in (None: they are taken in already),
    `arrivals` what was taken in last, `published` what became of each date so far, `pages` whether
    the pages follow, `reading_until` the instant (`time.monotonic`) after which no new log is read.
    """

    home: Home
    terms: Terms
    limits: duck.Limits = field(default_factory=duck.Limits)
    file_limits: FileLimits = field(default_factory=FileLimits)
    run_id: str = "run"
    progress: Callable[[str, str], None] = lambda step, detail: None
    engine: usage.Engine = field(default_factory=usage.DuckDB)
    inbox: Path | None = None
    arrivals: intake.Arrivals = field(default_factory=intake.Arrivals)
    published: list[report.Published] = field(default_factory=list)
    pages: bool = False
    reading_until: float = math.inf

    @cached_property
    def rates(self) -> rates.Rates:
        """The home's books, read and checked."""
        return rates.load([rates.book_folder(name) for name in self.terms.books])

    @cached_property
    def receipts(self) -> list[Receipt]:
        """Every log taken in so far."""
        return self.home.all_receipts()

    @property
    def stage(self) -> Path:
        """Where this run's steps leave their files; gone when the home is unlocked."""
        return self.home.scratch / f"stage-{self.run_id}"

    def logs_of(self, days: Iterable[date]) -> dict[date, list[Receipt]]:
        """The logs of each of the dates that has any."""
        by_date = stale.logs_by_date(self.receipts)
        return {day: by_date[day] for day in days if day in by_date}

    def intake(self, logs: Iterable[Path], folder: Path | None = None) -> intake.Arrivals:
        """Take in new logs of the folder, in which links may lead about."""
        self.arrivals = intake.take_in(
            self.home,
            logs,
            self.terms,
            self.limits,
            lambda detail: self.progress("intake", detail),
            inbox_folder=folder,
            file_limits=self.file_limits,
            until=self.reading_until,
        )
        self.__dict__.pop("receipts", None)
        return self.arrivals

    def ingest_anew(self, log: str, reason: str) -> withdrawals.Withdrawal:
        """Ingest a withdrawn log anew, as if it came at this instant."""
        record = withdrawals.require_withdrawn(self.home, log)
        rules = Rules(self.terms.timezone, self.terms.dimensions, self.limits, self.file_limits)
        path = Path(log)
        restoring.require_bytes(self.home, record, rules, path if path.is_file() else None)
        again = restoring.examine_again(self.home, record, rules, now(), self.home.scratch)
        again = intake.keep_undated(self.home, again, self.home.scratch)
        acts = withdrawals.restore_entries(self.home, again, reason)
        self.home.commit([*acts, receipt_entry(again.record())])
        if again.undated_sha256 is None:
            self.home.undated(again.file).unlink(missing_ok=True)
        self.__dict__.pop("receipts", None)
        return withdrawals.acts(self.home)[-1]

    def require_whole(self) -> None:
        """Raise DamagedHome where what the journal names is not there, RateBookError where a price
        that was used is in no book any more."""
        presence.require_whole(self.home)
        used_prices.check_used(self.home, self.rates)

    def stale(self, first: date | None = None, last: date | None = None) -> list[stale.Stale]:
        """Dates to bring up to date, of those between the two; dates that the zone's rules changed
        go together. RateBookError where a card was changed in place after reports had used it, or
        is gone; DamagedHome where anything is."""
        self.require_whole()
        recount.refuse_closed(self.home, self.terms)
        stale.check_pinned(self.home, self.rates)
        return [
            found
            for found in stale.stale_dates(self.home, self.receipts, self.rates, self.terms)
            if found.moved
            or ((first is None or found.day >= first) and (last is None or found.day <= last))
        ]

    def usage(self, days: Sequence[date]) -> dict[date, dict[str, int]]:
        """Reduce the dates' logs, or their stored lines where only prices changed; gives rows per
        outcome of each date."""
        self.require_whole()
        by_date = self.logs_of(days)
        self.stage.mkdir(parents=True, exist_ok=True)
        expectations.preload()
        made = usage.Reduced()
        by_date |= {
            day: [] for day in days if day not in by_date and stale.is_emptied(self.home, day)
        }
        versions = restate.restatable(self.home, by_date, self.rates, self.terms)
        lines = {day: restate.lines_of(version) for day, version in versions.items()}
        self._write_failed({})

        def restate_dates(batch: Sequence[date]) -> dict[date, str]:
            self.progress("usage", f"{len(batch)} dates from {batch[0]}, from their stored lines")
            with duck.connection(self.limits, self.home.scratch, [self.home.path]) as con:
                nonlocal made
                made |= restate.restate_dates(
                    con, {day: versions[day] for day in batch}, self.rates, self.terms, self.stage
                )
            return {}

        def reduce_dates(batch: Sequence[date]) -> dict[date, str]:
            self.progress("usage", f"{len(batch)} dates from {batch[0]}")
            with duck.connection(self.limits, self.home.scratch, [self.home.path]) as con:
                nonlocal made
                made |= usage.reduce_dates(
                    con,
                    self.home,
                    self.receipts,
                    batch,
                    self.rates,
                    self.terms,
                    self.stage,
                    self.engine,
                )
            return {}

        for batch in batches(lines, LINES_AT_ONCE):
            self._bounded(batch, restate_dates)
        failed = self.failed()
        rows = {
            day: sum(log.dates[day.isoformat()] for log in logs)
            for day, logs in by_date.items()
            if day not in made.stages and day not in failed
        }
        for batch in batches(rows, ROWS_AT_ONCE):
            self._bounded(batch, reduce_dates)
        self._write_failed(self.failed() | made.failed)
        return made.outcomes

    def _bounded(
        self, days: Sequence[date], work: Callable[[Sequence[date]], dict[date, Result]]
    ) -> dict[date, Result]:
        """Return what `work` makes of dates together; where they take more than there is, of each
        by itself. One that takes more alone fails by name, and holds no other up."""
        try:
            return work(days)
        except Exception as error:
            if not resources.is_out_of_memory(error):
                raise
            if len(days) > 1:
                alone = [self._bounded([day], work) for day in days]
                return {day: result for one in alone for day, result in one.items()}
            self._fail(days[0], self._too_much(days[0], error))
            return {}

    def _too_much(self, day: date, error: BaseException) -> str:
        """Return why a date failed that takes more than there is, with its largest log."""
        log = max(self.logs_of([day])[day], key=lambda one: one.dates[day.isoformat()])
        return (
            "it takes more memory or temporary disk than there is"
            f" ({str(error).splitlines()[0]}): give it more (memory_limit), or look at its largest"
            f" log, {log.shown_name} with {log.dates[day.isoformat()]:,} rows"
        )

    def _fail(self, day: date, why: str) -> None:
        """Record why a date cannot be published, and take away what is staged of it."""
        shutil.rmtree(self.stage / f"usage_date={day.isoformat()}", ignore_errors=True)
        self._write_failed(self.failed() | {day: why})

    def _write_failed(self, failed: Mapping[date, str]) -> None:
        said = {day.isoformat(): why for day, why in failed.items()}
        (self.stage / "failed.json").write_bytes(files.to_json(said))

    def staged(self, days: Sequence[date]) -> dict[date, Path]:
        """The dates that the steps before left files of; DateFailed where none was run."""
        if not self.stage.is_dir():
            raise DateFailed(
                "nothing is staged in this run; materialize all six assets together"
                " (the job `daily`), from `intake` to `report`"
            )
        folders = {day: self.stage / f"usage_date={day.isoformat()}" for day in days}
        return {day: folder for day, folder in folders.items() if folder.is_dir()}

    def failed(self) -> dict[date, str]:
        """Dates that the reduction could not finish, and why."""
        raw: dict[str, str] = files.read_json(self.stage / "failed.json")
        return {date.fromisoformat(day): why for day, why in raw.items()}

    def charges(self, days: Sequence[date]) -> dict[date, Path]:
        """Price the dates' usage."""
        stages = self.staged(days)
        aliases: dict[date, list[list[str]]] = {}
        if stages:
            self.progress("charges", f"{len(stages)} dates")
            aliases = self._bounded(list(stages), self._rate)
        lines = {day.isoformat(): used for day, used in aliases.items()}
        (self.stage / "aliases.json").write_bytes(files.to_json(lines))
        return self.staged(days)

    def _rate(self, days: Sequence[date]) -> dict[date, list[list[str]]]:
        """Price the dates together; where an amount is beyond every number, each one alone."""
        import duckdb

        try:
            with duck.connection(self.limits, self.home.scratch, [self.home.path]) as con:
                return charges.rate_dates(con, self.staged(days), self.rates, self.terms.dimensions)
        except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
            if len(days) > 1:
                alone = [self._rate([day]) for day in days]
                return {day: lines for one in alone for day, lines in one.items()}
            said = str(error).splitlines()[0]
            self._fail(days[0], f"credits or dollars are more than 38 digits hold: {said}")
            return {}

    def verdicts(self, days: Sequence[date]) -> dict[date, checks.Verdict]:
        """What `checks` said of each of the dates."""
        said = {day: self._verdict_file(day) for day in days}
        return {
            day: checks.Verdict(**files.read_json(file))
            for day, file in said.items()
            if file.is_file()
        }

    def _verdict_file(self, day: date) -> Path:
        return self.stage / f"verdict-{day.isoformat()}.json"

    def checks(self, days: Sequence[date]) -> dict[date, checks.Verdict]:
        """Judge what is staged; the verdict of each date is also left for `report`."""
        stages = self.staged(days)
        self.progress("checks", f"{len(stages)} dates")

        def check_dates(batch: Sequence[date]) -> dict[date, checks.Verdict]:
            folders = {day: stages[day] for day in batch}
            with duck.connection(self.limits, self.home.scratch, [self.home.path]) as con:
                return checks.check_dates(
                    con, self.home, self.receipts, folders, self.rates, self.terms
                )

        verdicts = self._bounded(list(stages), check_dates)
        for day, verdict in verdicts.items():
            self._verdict_file(day).write_bytes(files.to_json(asdict(verdict)))
        return verdicts

    def report(self, days: Sequence[date]) -> list[report.Published]:
        """Publish the dates that passed; the others keep their version in force."""
        stages = self.staged(days)
        failed = self.failed()
        verdicts = self.verdicts(days)
        aliases = files.read_json(self.stage / "aliases.json") if stages else {}
        published: list[report.Published] = []
        for day in days:
            if day in stages:
                self.progress("report", day.isoformat())
                lines = aliases[day.isoformat()]
                try:
                    published.append(_report(self, day, stages[day], verdicts[day], lines))
                except Exception as error:
                    if not resources.is_out_of_memory(error):
                        raise
                    failed[day] = self._too_much(day, error)
            if day in failed:
                current = self.home.current(day)
                number = current.number if current else None
                published.append(
                    report.Published(day, "failed", version=number, reason=failed[day])
                )
        self.published += published
        self.refresh()
        return published

    @cached_property
    def closed_through(self) -> date | None:
        """The last closed date when the run began."""
        return closings.closed_through(self.home)

    @property
    def first_open(self) -> date:
        """The earliest usage date not closed when the run began: what corrections are booked on."""
        return (
            self.closed_through + timedelta(days=1)
            if self.closed_through
            else usage_dates.FIRST_DATE
        )

    def refresh(self, anew: bool = False) -> None:
        """Bring `credits.duckdb` up to date with what is published, and the pages where they
        follow; `anew` builds both again even where they seem to be. DamagedHome where something is
        lost: it would show a smaller bill."""
        presence.require_whole(self.home)
        catalog.refresh(self.home, self.receipts, self.rates, self.terms, self.limits, anew)
        if self.pages:
            self.refresh_pages(anew)

    def refresh_pages(self, anew: bool = False) -> None:
        """Bring the pages up to date with `credits.duckdb`."""
        self.progress("pages", str(self.home.pages))
        pages.refresh(self.home, self.terms, self.limits, anew)


def _report(
    run: Flow, day: date, stage: Path, verdict: checks.Verdict, aliases: list[list[str]]
) -> report.Published:
    """A version of an open date, or a correction of a closed one, where it passed."""
    place, terms, logs = run.home, run.terms, run.logs_of([day]).get(day, [])
    manifest = manifests.describe(day, stage, verdict, logs, run.rates, terms, aliases)
    made = report.examined(place, day, stage, verdict, manifest)
    if not verdict.passed:
        return made
    told = (place, day, stage, made, manifest, logs, run.rates, terms)
    if closings.is_closed(day, run.closed_through):
        corrections.book(*told, run.first_open)
    else:
        report.publish(
            *told,
            lambda number: corrections.take_back(place, day, number, run.first_open, terms),
        )
    return made
