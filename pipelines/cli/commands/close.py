"""The commands about what stays and what changes: close, reopen, closings, diff.

What they decide and compute is in `closings` and `diff`.
"""

from datetime import date
from pathlib import Path

from pipelines.cli import output
from pricing_assets import flow
from pricing_assets.analysis import diff
from pricing_assets.contract import billing as contract
from pricing_assets.home import Home, closings
from pricing_assets.pages import build as pages
from pricing_assets.report import changes as changed


def close_dates(home: Home, through: date, reason: str) -> int:
    """Close every date through this one."""
    with home.lock():
        run = flow.Flow(home, home.terms(), pages=pages.index_file(home).exists())
        unfinished = [(found.day, f"stale ({found.why})") for found in run.stale()]
        stale = {day for day, _ in unfinished}
        unfinished += [
            (day, f"blocked ({attempt['reason']})")
            for day in home.dates()
            if day not in stale and (attempt := home.blocked(day)) is not None
        ]
        act = closings.close(home, through, reason, sorted(unfinished))
        run.refresh()
    output.OUT.print(
        f"Closed through {act.closed_through} by {output.harmless(act.who)}: reports of these dates"
        " change no more; what comes later is booked in corrections."
    )
    return 0


def reopen_dates(home: Home, first: date, reason: str) -> int:
    """Reopen this date and every date after it."""
    with home.lock():
        run = flow.Flow(home, home.terms(), pages=pages.index_file(home).exists())
        run.require_whole()
        act = closings.reopen(home, first, reason)
        run.refresh()
    again = [
        day for day in home.dates() if day >= first and home.reported(day) != home.current(day)
    ]
    output.OUT.print(f"Open from {first} on, by {output.harmless(act.who)}.")
    if again:
        dates = "1 date has" if len(again) == 1 else f"{len(again):,} dates have"
        output.say(
            f"{dates} corrections; [bold]creditmill run[/] makes a version of each that holds them,"
            " and takes back what was booked"
        )
    return 0


def show_closings(home: Home, as_json: bool) -> int:
    """Who closed or reopened dates, when and why."""
    done = closings.acts(home)
    if as_json:
        output.print_json({"closings": [act.__dict__ for act in done]})
        return 0
    if not done:
        output.OUT.print("No date was ever closed.")
        return 0
    rows = [
        (act.number, act.act, act.day, act.closed_through, act.who, act.at[:19], act.reason)
        for act in done
    ]
    columns = ("Nr", "Act", "Date", "Closed through", "By", "At (UTC)", "Reason")
    output.OUT.print(output.table(columns, rows, right=columns[:1]))
    return 0


def show_diff(
    home: Home, day: date, before: str | None, after: str | None, out: Path | None, as_json: bool
) -> int:
    """What made a date's credits change, by cause and by organization."""
    found = diff.compare(home, day, before, after, out)
    if as_json:
        output.print_json(
            {
                **{key: value for key, value in found.__dict__.items() if key != "causes"},
                "difference": found.difference,
                "causes": [
                    {key: value for key, value in part.__dict__.items() if key != "org_id"}
                    for part in found.causes
                ],
                "organizations": [part.__dict__ for part in found.organizations],
            }
        )
        return 0
    output.OUT.print(
        f"{day}, version {found.before} to {found.after}: {output.number(found.before_credits)} to"
        f" {output.number(found.after_credits)} credits, {output.signed(found.difference)}"
    )
    if not found.causes:
        output.OUT.print("No charge changed.")
        return 0
    total = (
        *("Total", "", output.signed(found.difference)),
        output.signed(contract.exact_sum(part.usd for part in found.causes)),
    )
    columns = ("Cause", "Charges", "Credits", "USD", "What it means")
    rows = [
        (
            *(part.cause, output.number(part.charges), output.signed(part.credits)),
            *(output.signed(part.usd), changed.CAUSES[part.cause]),
        )
        for part in found.causes
    ]
    output.OUT.print(output.table(columns, [*rows, (*total, "")], right=columns[1:4]))
    output.OUT.print()
    columns = ("Organization", "Cause", "Charges", "Credits", "USD")
    rows = [
        (
            *(part.org_id or "", part.cause, output.number(part.charges)),
            *(output.signed(part.credits), output.signed(part.usd)),
        )
        for part in found.organizations
    ]
    output.OUT.print(output.table(columns, rows, right=columns[2:]))
    if out is not None:
        output.say(f"every change: {out}")
    return 0
