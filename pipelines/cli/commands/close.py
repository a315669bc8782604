"""`creditmill close`: dates whose reports never change again."""

from datetime import date
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, home_of
from pricing_assets import flow
from pricing_assets.home import Home, closings
from pricing_assets.pages import build as pages


def command(
    *,
    through: Annotated[date, Parameter(help="The last date to close.")],
    reason: Annotated[str, Parameter(help="Why; it stays in the record.")],
    home: HomeOption = None,
) -> int:
    """Close dates: their reports never change again; what comes later is booked in `corrections`.

    Every date through the given one must be up to date, neither stale nor blocked.
    """
    return close_dates(home_of(home), through, reason)


def close_dates(home: Home, through: date, reason: str) -> int:
    """Close every date through this one."""
    with home.lock():
        run = flow.Run(home, home.settings(), pages=pages.index_file(home).exists())
        unfinished = [(found.day, f"stale ({found.why})") for found in run.stale()]
        stale = {day for day, _ in unfinished}
        unfinished += [
            (day, f"blocked ({attempt.reason})")
            for day in home.dates()
            if day not in stale and (attempt := home.blocked(day)) is not None
        ]
        act = closings.close(home, through, reason, sorted(unfinished))
        run.refresh()
    output.OUT.print(
        f"Closed through {act.closed_through} by {output.harmless(act.who)}: reports of these dates"
        " never change again; what comes later is booked in corrections."
    )
    return 0
