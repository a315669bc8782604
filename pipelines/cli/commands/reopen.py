"""`creditmill reopen`: closed dates, open again."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import hints, output
from pipelines.cli.options import HomeOption, named_home, settings_of
from pipelines.runs import run_of
from pricing_assets.home import closings
from pricing_assets.pages import build as pages


def command(
    *,
    first: Annotated[date, Parameter(name="--from", help="This date and all after it reopen.")],
    reason: Annotated[str, Parameter(help="Why; it stays in the record.")],
    home: HomeOption = None,
) -> int:
    """Reopen closed dates.

    For example:
        creditmill reopen --from 2026-02-01 --reason "a log came late"

    The next run makes a version of each that holds what was booked for it in
    `corrections`.
    """
    settings = settings_of(home=home)
    found = named_home(settings).require()
    with found.lock():
        run = replace(
            run_of(settings, found, found.settings()), pages=pages.index_file(found).exists()
        )
        run.require_whole()
        act = closings.reopen(found, first, reason)
        run.refresh()
    again = [
        day for day in found.dates() if day >= first and found.reported(day) != found.current(day)
    ]
    output.OUT.print(f"Open from {first} on, by {output.harmless(act.who)}.")
    if again:
        run_again = output.harmless(hints.command("run", found.path))
        output.say(
            f"{output.counted(len(again), 'date has', 'dates have')} corrections;"
            f" [bold]{run_again}[/] makes a version of each that holds them,"
            " and reverses the corrections"
        )
    return 0
