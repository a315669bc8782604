"""Commands that close periods and hand them on."""

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli.options import HomeOption, Json, home_of, settings_of


def close(
    *,
    through: Annotated[date, Parameter(help="The last date to close.")],
    reason: Annotated[str, Parameter(help="Why; it stays in the record.")],
    home: HomeOption = None,
) -> int:
    """Close dates: their reports change no more, what comes later is booked in `corrections`.

    Every date through the given one must be up to date, neither stale nor blocked.
    """
    from pipelines.cli.commands.close import close_dates

    return close_dates(home_of(home), through, reason)


def reopen(
    *,
    first: Annotated[date, Parameter(name="--from", help="This date and all after it reopen.")],
    reason: Annotated[str, Parameter(help="Why; it stays in the record.")],
    home: HomeOption = None,
) -> int:
    """Reopen closed dates: the next run makes versions that hold what was booked for them."""
    from pipelines.cli.commands.close import reopen_dates

    return reopen_dates(home_of(home), first, reason)


def closings(*, home: HomeOption = None, json: Json = False) -> int:
    """Show who closed or reopened dates, when and why."""
    from pipelines.cli.commands.close import show_closings

    return show_closings(home_of(home), json)


def export(
    *periods: str,
    to: Annotated[Path | None, Parameter(help="The folder to hand periods on in.")] = None,
    excel: Annotated[
        bool,
        Parameter(negative="", help="CSV for Excel, too, in which no text can run as a formula."),
    ] = False,
    duckdb: Annotated[
        Path | None,
        Parameter(help="Instead: a new database file that holds all rows itself, no views."),
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Write what is published as files to hand on: months or dates for finance, or a database.

    `creditmill export 2026-02 --to out` writes out/2026-02/0001: daily usage, charges and
    corrections, FOCUS 1.2, a statement per organization, and last manifest.json, which says that
    all is there. Again, it writes a new revision only where something changed.

    Parameters
    ----------
    periods
        Months like 2026-02, or dates like 2026-02-03.
    """
    from pipelines.cli.commands.export import export as hand_on

    return hand_on(settings_of(home=home), periods, to, excel, duckdb, json)
