"""The commands that look and change nothing that is published: status, verify, quarantine,
rates."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.cli import advice, output
from pipelines.cli.rejected_view import show_rejections
from pricing_assets import flow, rates
from pricing_assets.analysis import conflicts, quarantine, quarantined, unpriced, what_if
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract import billing as contract
from pricing_assets.db import connection as duck
from pricing_assets.home import Home, closings
from pricing_assets.intake import inbox
from pricing_assets.intake import take_in as intake
from pricing_assets.report import corrections
from pricing_assets.verify import database, recompute, strays
from pricing_assets.verify import files as verify


def show_status(home: Home, as_json: bool) -> int:
    """One line per usage date: its version in force, and whether a run would change it.

    Exit code 1 as long as a rejected file lies in an inbox or a date is blocked, as of a run.
    """
    run = flow.Flow(home, home.terms())
    stale = {found.day: found for found in run.stale()}
    rejected = inbox.rejected_before(home)
    undated = [log for log in run.receipts if intake.is_mostly_undated(log, run.terms)]
    differences = what_if.of_prices(home, run.terms, run.rates, list(stale), run.receipts)
    held = quarantined.of_home(home, run.receipts)
    dates: list[dict[str, Any]] = []
    for day in sorted({*home.dates(), *stale}):
        current, blocked = home.current(day), home.blocked(day)
        closed = closings.is_closed(day, run.closed_through)
        state = "closed" if closed else "current"
        state = "stale" if day in stale else "blocked" if blocked else state
        totals = current.manifest["totals"] if current else {"events": 0, "credits": None}
        why = stale[day].why if day in stale else blocked["reason"] if blocked else ""
        dates.append(
            {
                "usage_date": day,
                "state": state,
                "closed": closed,
                "version": current.number if current else None,
                "events": totals["events"],
                "credits": totals["credits"],
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
                "terms": run.terms.__dict__,
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
        f"{output.harmless(home.path)}: {output.counted(len(run.receipts), 'log')}, time zone {run.terms.timezone}{through}"
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


def show_verify(
    home: Home,
    day: date | None,
    as_json: bool,
    again: bool = False,
    more_books: list[str] | None = None,
    limits: duck.Limits | None = None,
) -> int:
    """Every difference between what is published and what the manifests say; with `again`, also
    what the pinned logs, cards and settings give once more."""
    days = home.dates() if day is None else [day]
    if day is not None and day not in home.dates():
        raise ConfigurationError(
            f"{day} has no report in {home.path}; `creditmill status` lists them"
        )
    looked, found = verify.verify(home, days)
    found += list(database.records_agree(home, days))
    found += list(database.closings_agree(home))
    edited = list(database.settings_agree(home))
    found += edited
    if day is None and not found:
        found += list(database.totals_agree(home))
    ignored = strays.strays(home) if day is None else []
    moved = [*database.made_elsewhere(home), *verify.logs_gone(home)]
    made: list[recompute.Recomputed] = []
    if again and not edited:  # what they are made again by would be another home's
        made = list(recompute.recompute_dates(home, days, more_books or (), limits))
        found += [difference for one in made for difference in one.differences]
    if as_json:
        output.print_json(
            {
                "files": looked,
                "differences": [difference.__dict__ for difference in found],
                "ignored": [str(path) for path in ignored],
                "notes": moved,
                "recomputed": [
                    {
                        "usage_date": one.usage_date,
                        "version": one.version,
                        "compared": one.compared,
                        "files": one.files,
                        "differences": len(one.differences),
                    }
                    for one in made
                ],
            }
        )
        return int(bool(found))
    for difference in found:
        output.problem(f"{difference.path}: {difference.what}")
    for path in ignored:
        output.warn(f"{path}: no name of a home; nothing reads it")
    for note in moved:
        output.warn(note)
    if made:
        rows = [
            (
                one.usage_date,
                one.version or "blocked",
                one.files,
                one.compared,
                output.counted(len(one.differences), "difference") if one.differences else "equal",
            )
            for one in made
        ]
        columns = ("Date", "Version", "Files", "Compared", "Recomputed")
        output.OUT.print(output.table(columns, rows, right=columns[1:3]))
    said = "all as published" if not found else output.counted(len(found), "difference")
    output.OUT.print(
        f"{output.counted(len(days), 'date')}, {output.counted(looked, 'file')}: {said}."
    )
    return int(bool(found))


def show_quarantine(home: Home, day: date | None, as_json: bool) -> int:
    """Counts by date and reason, with an example each and how to mend it."""
    run = flow.Flow(home, home.terms())
    found = quarantine.reasons(home, run.rates, day)
    names = unpriced.find_unpriced(home, run.terms, run.rates)
    risks = quarantine.at_risk(home, None if day is None else [day])
    held = quarantined.of_home(home, run.receipts)
    if as_json:
        output.print_json(
            {
                "quarantined": held.as_json(),
                "at_risk": [risk.__dict__ for risk in risks],
                "quarantine": [{**row.__dict__, "mend": row.mend} for row in found],
                "unpriced": [name.as_json() for name in names],
            }
        )
        return 0
    if not found:
        output.OUT.print("No row is in quarantine.")
        return 0
    columns = ("Date", "Reason", "Rows", "Credits at stake", "File", "Row", "Example")
    rows = [
        (
            row.usage_date or "none",
            row.reason,
            output.number(row.rows),
            output.number(row.credits_at_stake),
            row.file_name,
            row.row_number,
            row.example,
        )
        for row in found
    ]
    output.OUT.print(output.table(columns, rows, right=("Rows", "Credits at stake", "Row")))
    if day is None:
        output.OUT.print(f"\n{held.said()}.")
    else:
        of_date = output.counted(held.by_date.get(day, 0), "row")
        output.OUT.print(
            f"\n{of_date} of {day} in quarantine; of all dates and of none: {held.rows:,}."
        )
    output.OUT.print("\nHow to fix it:")
    seen = {row.reason for row in found}
    mending = [
        (reason, contract.QUARANTINE[reason]) for reason in contract.QUARANTINE if reason in seen
    ]
    output.OUT.print(output.table(("Reason", "What to do"), mending))
    for conflict in conflicts.conflicts(home):
        for line in conflict.lines():
            output.OUT.print(output.harmless(line))
    if risks:
        _show_at_risk(risks)
    advice.show_advice(run, names, unpriced.LOOKED_AT, output.OUT)
    return 0


def _show_at_risk(risks: list[quarantine.AtRisk]) -> None:
    output.OUT.print("\nUsage without a price, between the cheapest and the dearest of its kind:")
    columns = (
        *("Date", "Billing type", "Brand", "Model", "Key mode", "Reason", "Quantities"),
        *("Least credits", "Most credits"),
    )
    rows = [
        (
            *(risk.usage_date, risk.billing_type, risk.brand, risk.model, risk.key_mode),
            *(risk.reason, risk.quantities),
            output.number(risk.least_credits),
            output.number(risk.most_credits),
        )
        for risk in risks
    ]
    output.OUT.print(output.table(columns, rows, right=columns[7:]))
    output.OUT.print()


def copy_book(folder: Path) -> int:
    """A copy of the built-in price list, to edit."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is there already; name a new folder")
    source = duck.data_folder(rates.BUILT_IN[0])
    try:
        shutil.copytree(source, folder, dirs_exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be written: {error}") from error
    output.OUT.print(f"{folder}: a copy of the price list; edit it, then")
    output.OUT.print(f"    creditmill rates check {folder}")
    output.OUT.print(f"    creditmill run --logs DIR --rates {folder}")
    return 0
