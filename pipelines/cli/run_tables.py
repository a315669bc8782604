"""The tables that a run prints at its end: its dates, what was booked, and what organizations used.

What went wrong, and what to do next, belongs to `run_summary`.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from rich.text import Text

from pipelines.cli import output
from pricing_assets.analysis import totals
from pricing_assets.common.decimals import exact_sum
from pricing_assets.home import Home
from pricing_assets.report import DateOutcome

TOP = 10
NOT_PUBLISHED = ("blocked", "failed")
"""States of dates whose amounts are nobody's usage: a run does not show them."""


def show_dates(outcomes: Sequence[DateOutcome]) -> None:
    """Print one row per date of the run."""
    rows = [
        (
            outcome.day,
            output.with_quarantine(
                outcome.state,
                outcome.quarantined,
                outcome.events + outcome.excluded + outcome.quarantined,
            ),
            outcome.version or "",
            output.number(None if outcome.state in NOT_PUBLISHED else outcome.events),
            output.number(None if outcome.state in NOT_PUBLISHED else outcome.credits),
            output.signed(outcome.difference),
            output.number(outcome.excluded),
            output.number(outcome.quarantined),
            outcome.reason,
        )
        for outcome in outcomes
    ]
    columns = (
        *("Date", "State", "Version", "Events", "Credits"),
        *("Difference", "Excluded", "Quarantined", "Why"),
    )
    output.OUT.print(output.table(columns, rows, right=columns[2:8]))


def show_corrections(outcomes: Sequence[DateOutcome], first_open: date) -> None:
    """Print what was booked for closed dates, if anything was."""
    booked = [outcome for outcome in outcomes if outcome.state == "corrected"]
    if booked:
        total = exact_sum(outcome.difference or Decimal(0) for outcome in booked)
        output.OUT.print(
            f"\nBooked on {first_open} for {output.counted(len(booked), 'closed date')}:"
            f" {output.signed(total)} credits, in the table corrections."
        )


def show_organizations(home: Home, outcomes: Sequence[DateOutcome]) -> None:
    """Print what organizations used on the dates that the run published, most credits first."""
    published = [outcome.day for outcome in outcomes if outcome.state == "published"]
    if not published:
        return
    rows = totals.by_organization(home, published)
    if not rows:
        return
    most = rows[0].credits or Decimal(1)
    shown = [
        (
            row.name,
            output.number(row.count),
            output.number(row.credits),
            output.bar(row.credits / most),
        )
        for row in rows[:TOP]
    ]
    if len(rows) > TOP:
        shown.append(_sum_of(rows[TOP:], f"{len(rows) - TOP:,} more"))
    shown.append(_sum_of(rows, "Total"))
    output.OUT.print()
    columns = ("Organization", "Events", "Credits", "")
    output.OUT.print(output.table(columns, shown, right=columns[1:3]))


def _sum_of(rows: Sequence[totals.Total], name: str) -> tuple[str, str, str, Text]:
    """Return one row that sums up several organizations."""
    return (
        name,
        output.number(sum(row.count for row in rows)),
        output.number(exact_sum(row.credits for row in rows)),
        output.bar(Decimal(0)),
    )
