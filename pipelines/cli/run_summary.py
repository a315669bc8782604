"""What a run says at its end: what happened to its files, dates and rows, and what to do next."""

import shlex
from collections.abc import Sequence
from datetime import date
from typing import Any

from pipelines.cli import advice, hints, output, run_tables
from pipelines.cli.inbox_view import InboxView, undated, waits
from pipelines.cli.run_tables import NOT_PUBLISHED
from pricing_assets.analysis import conflicts, known, quarantined, unpriced
from pricing_assets.analysis.unpriced_name import Unpriced
from pricing_assets.common.clock import now
from pricing_assets.home import Home
from pricing_assets.lint import agreements
from pricing_assets.report import DateOutcome, HomeView

SHOWN = 20
"""Names without a price that a run shows; `creditmill quarantine` shows more."""
LOOKED_AT = 100
"""Names that a run looks up: it does not wait for what more would charge; `names propose` does."""


class RunSummary:
    """What a run says at its end, for people and for machines."""

    def __init__(
        self,
        run: HomeView,
        inbox: InboxView,
        published: list[DateOutcome],
        between: tuple[date | None, date | None],
        waiting: Sequence[date] = (),
        *,
        strict: bool = False,
    ) -> None:
        first, last = self.between = between
        self.run, self.inbox, self.published = run, inbox, published
        self.waiting = waiting
        self.mostly_undated = inbox.arrivals.mostly_undated(run.settings)
        self.dates = known.between(run.home.dates(), first, last)
        decided = {outcome.day for outcome in published}
        self.still_blocked = [
            day for day in self.dates if day not in decided and run.home.blocked(day) is not None
        ]
        self.held = quarantined.of_home(run.home, run.receipts)
        # Quarantined rows that a strict run does not let pass.
        self.intolerable = self.held.between(first, last) if strict else 0
        self.unpriced: list[Unpriced] = []
        if any(outcome.quarantined for outcome in published) or self.still_blocked:
            self.unpriced = unpriced.find_unpriced(
                run.home, run.settings, run.rates, most=LOOKED_AT
            )

        days = [outcome.day for outcome in published]
        self.doubts = agreements.doubts(run.rates, run.home, days, now())

    @property
    def exit_code(self) -> int:
        """1 where something is rejected, blocked or failed, has no date, or waits; where the run is
        strict, also where a row is quarantined."""
        unpublished = [outcome for outcome in self.published if outcome.state in NOT_PUBLISHED]
        left = self.still_blocked or self.waiting or self.intolerable
        return int(bool(self.inbox.exit_code or unpublished or self.mostly_undated or left))

    def show(self, *, as_json: bool) -> int:
        """Print it, and return the exit code."""
        if as_json:
            output.print_json(self.as_json())
            return self.exit_code
        if self.published:
            run_tables.show_dates(self.published)
        else:
            dates, blocked = len(self.dates), len(self.still_blocked)
            output.OUT.print(self.inbox.headline(dates, blocked, len(self.run.receipts)))
            if not dates and self.between != (None, None):
                of_all = self.run.home.dates()
                output.warn(known.none_between(of_all, *self.between, "has logs"))
        run_tables.show_corrections(self.published, self.run.first_open)
        run_tables.show_organizations(self.run.home, self.published)
        self._problems()
        self._next()
        return self.exit_code

    def as_json(self) -> dict[str, Any]:
        """Return all of it, for machines."""
        return {
            "home": str(self.run.home.path),
            "exit_code": self.exit_code,
            "taken_in": [
                {"file": log.file, "file_name": log.file_name, "rows": log.rows}
                for log in self.inbox.arrivals.taken
            ],
            "redelivered": self.inbox.arrivals.redelivered,
            **self.inbox.as_json(),
            "waiting_dates": self.waiting,
            "mostly_undated": [log.file_name for log in self.mostly_undated],
            "dates": [
                {
                    "usage_date": outcome.day,
                    "state": outcome.state,
                    "version": outcome.version,
                    "events": outcome.events,
                    "credits": outcome.credits,
                    "difference": outcome.difference,
                    "quarantined": outcome.quarantined,
                    "excluded": outcome.excluded,
                    "reason": outcome.reason,
                    "warnings": outcome.warnings,
                }
                for outcome in self.published
            ],
            "doubtful_agreements": self.doubts,
            "still_blocked": self.still_blocked,
            "quarantined": self.held.as_json(),
            "unpriced": [name.as_json() for name in self.unpriced],
        }

    def _problems(self) -> None:
        self.inbox.tell()
        if self.waiting:
            output.problem(waits("date", self.waiting))
        for log in self.mostly_undated:
            output.problem(undated(log))
        for outcome in self.published:
            _tell_unpublished(outcome)
            for rule, examples in outcome.warnings.items():
                more = ", and more" if len(examples) > 1 else ""
                output.warn(f"{outcome.day} {rule}: {examples[0]}{more}")
        for doubt in self.doubts:
            output.warn(doubt)
        for day in self.still_blocked:
            attempt = self.run.home.blocked(day)
            output.problem(f"{day} is still blocked: {attempt and attempt.reason}")
        self._conflicts()
        advice.show_advice(self.run, self.unpriced, SHOWN)

    def _conflicts(self) -> None:
        for name in self.inbox.arrivals.healed:
            output.say(f"{output.harmless(name)}: the home had lost this log, and has it again")
        for name in self.inbox.arrivals.withdrawn:
            output.warn(
                f"{name}: not ingested, since its bytes were withdrawn; `creditmill withdraw"
                " LOG --restore --reason TEXT` ingests them again"
            )
        if any(outcome.quarantined for outcome in self.published):
            for conflict in conflicts.conflicts(self.run.home)[:5]:
                first, *rest = conflict.lines(hints.home_option(self.run.home.path))
                output.warn(first)
                for line in rest:
                    output.say(output.harmless(line))

    def _next(self) -> None:
        place = self.run.home
        option = output.harmless(hints.home_option(place.path))
        excluded = sum(outcome.excluded for outcome in self.published)
        if excluded:
            why = "duplicate, not billable, superseded"
            why += ", skipped by its source" if any(log.source for log in self.run.receipts) else ""
            output.say(f"  {output.counted(excluded, 'row')} excluded ({why})")
        if self.intolerable:
            output.problem(
                f"{self.held.sentence()}; the run is strict: exit 1 until they are fixed"
            )
        elif self.held.rows and (self.published or self.still_blocked):
            output.warn(self.held.sentence())
        if self.intolerable or (self.held.rows and (self.published or self.still_blocked)):
            output.say(f"  see why:  [bold]creditmill quarantine{option}[/]")
        if self.published:
            output.say(f"  picture:  [bold]creditmill open{option}[/]")
            if place.ledger.is_dir():
                output.say(f"  balances: [bold]creditmill balance{option}[/]")
            show_query(place)


def show_so_far(outcomes: Sequence[DateOutcome], *, as_json: bool) -> None:
    """Say what became of the dates of a run that an error ends; a machine's output has none of it."""
    if outcomes and not as_json:
        run_tables.show_dates(outcomes)
    for outcome in outcomes:
        _tell_unpublished(outcome)
        if as_json and outcome.state not in NOT_PUBLISHED:
            output.warn(f"{outcome.day} is {outcome.state}, version {outcome.version}")


def _tell_unpublished(outcome: DateOutcome) -> None:
    if outcome.state in NOT_PUBLISHED:
        kept = f"version {outcome.version} stays in force" if outcome.version else "not published"
        output.problem(f"{outcome.day} is {outcome.state}, {kept}: {outcome.reason}")


def show_query(home: Home) -> None:
    """Print the command that shows a table in DuckDB's command-line tool, as a shell takes it."""
    words = shlex.join(["duckdb", "-readonly", str(home.catalog), "from daily_usage"])
    output.ERR.print(f"  query:    [bold]{output.harmless(words)}[/]", soft_wrap=True)
