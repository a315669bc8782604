"""`creditmill status`: every usage date, its version in force, and whether a run would change it."""

from decimal import Decimal
from typing import Any

from pipelines.cli import advice, output
from pipelines.cli.options import HomeOption, Json, home_of
from pipelines.cli.rejected_view import show_rejections
from pricing_assets.analysis import quarantined, what_if
from pricing_assets.home import Home, closings
from pricing_assets.intake import inbox
from pricing_assets.intake import take_in as intake
from pricing_assets.report import corrections
from pricing_assets.report.home_view import HomeView


def command(*, home: HomeOption = None, json: Json = False) -> int:
    """Show every usage date, what is stale and why, and rejected files (exit 1 while one is there)."""
    return show_status(home_of(home), json)


def show_status(home: Home, as_json: bool) -> int:
    """One line per usage date: its version in force, and whether a run would change it.

    Exit code 1 as long as a rejected file lies in an inbox or a date is blocked, as of a run.
    """
    run = HomeView(home, home.settings())
    stale = {found.day: found for found in run.stale()}
    rejected = inbox.rejected_before(home)
    undated = [log for log in run.receipts if intake.is_mostly_undated(log, run.settings)]
    differences = what_if.of_prices(home, run.settings, run.rates, list(stale), run.receipts)
    held = quarantined.of_home(home, run.receipts)
    dates: list[dict[str, Any]] = []
    for day in sorted({*home.dates(), *stale}):
        current, blocked = home.current(day), home.blocked(day)
        closed = closings.is_closed(day, run.closed_through)
        state = "closed" if closed else "current"
        state = "stale" if day in stale else "blocked" if blocked else state
        totals = current.manifest.totals if current else None
        why = stale[day].why if day in stale else blocked.reason if blocked else ""
        dates.append(
            {
                "usage_date": day,
                "state": state,
                "closed": closed,
                "version": current.number if current else None,
                "events": totals.events if totals else 0,
                "credits": f"{totals.credits:f}" if totals else None,
                "quarantined": held.by_date.get(day, 0),
                "rows": held.rows_of.get(day, 0),
                "corrections": corrections.sum_of(home, day),
                "credits_at_stake": differences.get(day),
                "why": why,
            }
        )
    is_blocked = any(home.blocked(found["usage_date"]) for found in dates)
    exit_code = int(bool(rejected) or is_blocked)
    if as_json:
        output.print_json(
            {
                "home": str(home.path),
                "terms": run.settings.__dict__,
                "closed_through": run.closed_through,
                "logs": len(run.receipts),
                "withdrawn": sorted(home.journal.named.withdrawn),
                "dates": dates,
                "quarantined": held.as_json(),
                "rejected": [rejection.__dict__ for rejection in rejected],
                "mostly_undated": [log.file_name for log in undated],
            }
        )
        return exit_code
    through = f", closed through {run.closed_through}" if run.closed_through else ""
    withdrawn = len(home.journal.named.withdrawn)
    through += f", {output.counted(withdrawn, 'log')} withdrawn" if withdrawn else ""
    output.say(
        f"{output.harmless(home.path)}: {output.counted(len(run.receipts), 'log')}, time zone {run.settings.timezone}{through}"
    )
    columns = (
        *("Date", "State", "Version", "Events", "Credits", "Corrections", "Quarantined"),
        *("At stake", "Why"),
    )
    rows = [
        (
            found["usage_date"],
            output.with_quarantine(found["state"], found["quarantined"], found["rows"]),
            found["version"] or "",
            output.number(found["events"]),
            "" if found["credits"] is None else output.number(Decimal(found["credits"])),
            output.signed(found["corrections"]),
            output.number(found["quarantined"]),
            output.signed(found["credits_at_stake"]),
            found["why"],
        )
        for found in dates
    ]
    output.OUT.print(output.table(columns, rows, right=columns[2:8]))
    show_rejections(rejected, still=True)
    if held.rows:
        output.warn(held.said())
    for log in undated:
        output.warn(f"{log.file_name}: most rows have no usage date")
    if stale:
        command = output.harmless(f"creditmill run{advice.home_option(home.path)}")
        many = "1 date is stale" if len(stale) == 1 else f"{len(stale):,} dates are stale"
        output.say(
            f"{many}; [bold]{command}[/] brings {'it' if len(stale) == 1 else 'them'} up to date"
        )
    return exit_code
