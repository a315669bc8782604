"""`creditmill repeats`: ids that came again on another usage date."""

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import (
    From,
    HomeOption,
    Json,
    To,
    named_home,
    require_order,
    settings_of,
)
from pipelines.settings import Settings
from pricing_assets.analysis import repeats
from pricing_assets.home import presence
from pricing_assets.report import HomeView


def command(
    *,
    within: Annotated[int, Parameter(help="Days between the two uses, at most.")] = 7,
    first: From = None,
    last: To = None,
    out: Annotated[
        Path | None, Parameter(help="Write every repeat to this .csv or .parquet file.")
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show event ids that an organization used again on another usage date.

    For example:
        creditmill repeats --within 3 --out repeats.csv

    Copies on one date are charged once. The same id on another date is another
    event, and is charged: this names both rows and the credits charged again, so
    that you find a sender that repeats itself. No outcome changes.
    """
    require_order(first, last)
    return show_repeats(settings_of(home=home), within, (first, last), out, as_json=json)


MOST_REPEATS = 20


def show_repeats(
    settings: Settings,
    within: int,
    between: tuple[date | None, date | None],
    out: Path | None,
    *,
    as_json: bool,
) -> int:
    """Show ids that came again on another date, those that charged most credits again first."""
    home = named_home(settings).require()
    presence.require_whole(home)
    run = HomeView(home, home.settings())
    found = repeats.repeats(run.inputs, within, between, settings.limits(), out)
    if as_json:
        output.print_json(
            {
                "within": within,
                "repeats": found.count,
                "credits_at_stake": found.credits_at_stake,
                "shown": [one.__dict__ for one in found.shown],
            }
        )
        return 0
    days = output.counted(within, "day")
    if not found.count:
        output.OUT.print(f"No id was used again within {days}.")
        return 0
    columns = ("Organization", "Event", "Date", "File", "Row", "Again on", "File", "Row")
    rows = [
        (
            *(one.org_id, one.event_id, one.first_date, one.first_file_name, one.first_row),
            *(one.usage_date, one.file_name, one.row_number, one.outcome),
            output.number(one.credits_at_stake),
        )
        for one in found.shown[:MOST_REPEATS]
    ]
    heads = (*columns, "Outcome", "Charged again")
    output.OUT.print(output.table(heads, rows, right=("Row", "Charged again")))
    if found.count > len(rows):
        output.say(f"and {found.count - len(rows):,} more; --out FILE.csv writes them all")
    output.OUT.print(
        f"{output.counted(found.count, 'id')} used again within {days},"
        f" {output.number(found.credits_at_stake)} credits charged again; no outcome is changed."
    )
    if out is not None:
        output.say(f"every repeat: {out}")
    return 0
