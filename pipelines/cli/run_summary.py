"""What a run says at its end: what happened to its files, dates and rows, and what to do next."""

import shlex
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.cli import advice, output
from pipelines.cli.inbox_view import InboxView, waits
from pricing_assets.analysis import conflicts, quarantined, totals, unpriced
from pricing_assets.common.clock import now
from pricing_assets.common.decimals import exact_sum
from pricing_assets.home import Home
from pricing_assets.lint import agreements
from pricing_assets.report import DateOutcome, HomeView

TOP = 10
NOT_PUBLISHED = ("blocked", "failed")
"""States of dates whose amounts are nobody's usage: a run does not show them."""
SHOWN = 20
"""Names without a price that a run shows; `creditmill quarantine` shows more."""


class Summary:
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
        first, last = between
        self.run, self.inbox, self.published = run, inbox, published
        self.waiting = waiting
        self.mostly_undated = inbox.arrivals.mostly_undated(run.settings)
        told = {made.day for made in published}
        self.still_blocked = [
            day
            for day in run.home.dates()
            if day not in told
            and (first is None or day >= first)
            and (last is None or day <= last)
            and run.home.blocked(day) is not None
        ]
        self.held = quarantined.of_home(run.home, run.receipts)
        # Quarantined rows that a strict run does not let pass.
        self.intolerable = self.held.between(first, last) if strict else 0
        self.unpriced: list[unpriced.Unpriced] = []
        if any(made.quarantined for made in published) or self.still_blocked:
            self.unpriced = unpriced.find_unpriced(run.home, run.settings, run.rates)

        days = [made.day for made in published]
        self.doubts = agreements.doubts(run.rates, run.home, days, now())

    @property
    def exit_code(self) -> int:
        """1 where something is rejected, blocked or failed, has no date, or waits; where the run is
        strict, also where a row is quarantined."""
        bad = [made for made in self.published if made.state in NOT_PUBLISHED]
        left = self.still_blocked or self.waiting or self.intolerable
        return int(bool(self.inbox.exit_code or bad or self.mostly_undated or left))

    def tell(self, *, as_json: bool) -> int:
        """Say it, and give the exit code."""
        if as_json:
            output.print_json(self.as_json())
            return self.exit_code
        self._dates()
        self._corrections()
        self._organizations()
        self._problems()
        self._next()
        return self.exit_code

    def as_json(self) -> dict[str, Any]:
        """All of it, for machines."""
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
                    "usage_date": made.day,
                    "state": made.state,
                    "version": made.version,
                    "events": made.events,
                    "credits": made.credits,
                    "difference": made.difference,
                    "quarantined": made.quarantined,
                    "settled": made.excluded,
                    "reason": made.reason,
                    "warnings": made.warnings,
                }
                for made in self.published
            ],
            "doubtful_agreements": self.doubts,
            "still_blocked": self.still_blocked,
            "quarantined": self.held.as_json(),
            "unpriced": [name.as_json() for name in self.unpriced],
        }

    def _dates(self) -> None:
        if not self.published:
            dates = self.run.home.dates()
            blocked = sum(self.run.home.blocked(day) is not None for day in dates)
            output.OUT.print(self.inbox.headline(len(dates), blocked, len(self.run.receipts)))
            return
        rows = [
            (
                made.day,
                output.with_quarantine(
                    made.state, made.quarantined, made.events + made.excluded + made.quarantined
                ),
                made.version or "",
                output.number(None if made.state in NOT_PUBLISHED else made.events),
                output.number(None if made.state in NOT_PUBLISHED else made.credits),
                output.signed(made.difference),
                output.number(made.excluded),
                output.number(made.quarantined),
                made.reason,
            )
            for made in self.published
        ]
        columns = (
            "Date",
            "State",
            "Version",
            "Events",
            "Credits",
            "Difference",
            "Excluded",
            "Quarantined",
            "Why",
        )
        output.OUT.print(output.table(columns, rows, right=columns[2:8]))

    def _corrections(self) -> None:
        booked = [made for made in self.published if made.state == "corrected"]
        if booked:
            total = exact_sum(made.difference or Decimal(0) for made in booked)
            dates = "1 closed date" if len(booked) == 1 else f"{len(booked):,} closed dates"
            output.OUT.print(
                f"\nBooked on {self.run.first_open} for {dates}: {output.signed(total)} credits,"
                " in the table corrections."
            )

    def _organizations(self) -> None:
        done = [made.day for made in self.published if made.state == "published"]
        if not done:
            return
        rows = totals.by_organization(self.run.home, done)
        if not rows:
            return
        most = rows[0].credits or Decimal(1)
        shown = [
            (
                one.name,
                output.number(one.count),
                output.number(one.credits),
                output.bar(one.credits / most),
            )
            for one in rows[:TOP]
        ]
        if len(rows) > TOP:
            rest = rows[TOP:]
            shown.append(
                (
                    f"{len(rest):,} more",
                    output.number(sum(one.count for one in rest)),
                    output.number(exact_sum(one.credits for one in rest)),
                    output.bar(Decimal(0)),
                )
            )
        shown.append(
            (
                "Total",
                output.number(sum(one.count for one in rows)),
                output.number(exact_sum(one.credits for one in rows)),
                output.bar(Decimal(0)),
            )
        )
        output.OUT.print()
        columns = ("Organization", "Events", "Credits", "")
        output.OUT.print(output.table(columns, shown, right=columns[1:3]))

    def _problems(self) -> None:
        self.inbox.tell()
        if self.waiting:
            output.problem(waits("date", self.waiting))
        for log in self.mostly_undated:
            rows = sum(log.undated.values())
            output.problem(
                f"{log.file_name}: {rows:,} of {output.counted(log.rows, 'row')} have no usage date"
            )
        for made in self.published:
            if made.state in NOT_PUBLISHED:
                kept = f"version {made.version} stays in force" if made.version else "not published"
                output.problem(f"{made.day} is {made.state}, {kept}: {made.reason}")
            for rule, examples in made.warnings.items():
                output.warn(f"{made.day} {rule}: {examples[0]}")
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
                " LOG --restore` ingests them again"
            )
        if any(made.quarantined for made in self.published):
            for conflict in conflicts.conflicts(self.run.home)[:5]:
                first, *rest = conflict.lines()
                output.warn(first)
                for line in rest:
                    output.say(output.harmless(line))

    def _next(self) -> None:
        place = self.run.home
        option = output.harmless(advice.home_option(place.path))
        excluded = sum(made.excluded for made in self.published)
        if excluded:
            output.say(
                f"  {output.counted(excluded, 'row')} excluded (duplicate, not billable, superseded)"
            )
        if self.intolerable:
            output.problem(f"{self.held.said()}; the run is strict: exit 1 until they are fixed")
        elif self.held.rows and (self.published or self.still_blocked):
            output.warn(self.held.said())
        if self.intolerable or (self.held.rows and (self.published or self.still_blocked)):
            output.say(f"  see why:  [bold]creditmill quarantine{option}[/]")
        if self.published:
            output.say(f"  picture:  [bold]creditmill open{option}[/]")
            tell_query(place)


def tell_query(home: Home) -> None:
    """Print the command that shows a table in DuckDB's command-line tool, as a shell takes it."""
    words = shlex.join(["duckdb", "-readonly", str(home.catalog), "from daily_usage"])
    output.ERR.print(f"  query:    [bold]{output.harmless(words)}[/]", soft_wrap=True)
