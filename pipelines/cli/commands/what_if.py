"""`creditmill what-if`: stored usage under other prices."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli.comparison_view import show_comparison
from pipelines.cli.options import By, From, HomeOption, Json, Out, To, home_of
from pricing_assets import rates
from pricing_assets.analysis import what_if
from pricing_assets.home import Home
from pricing_assets.report import HomeView, corrections


def command(
    books: Annotated[list[str], Parameter(help="Rate books to use instead.", negative="")],
    /,
    *,
    first: From = None,
    last: To = None,
    by: By = None,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Price stored usage again under other prices: credits now, credits then, difference.

    The given books replace those of the home that price the same names; no log is read, nothing
    is published.
    """
    return show_what_if(home_of(home), books, first, last, by or ["org_id"], out, json)


def show_what_if(
    home: Home,
    books: Sequence[str],
    first: date | None,
    last: date | None,
    by: Sequence[str],
    out: Path | None,
    as_json: bool,
) -> int:
    """Credits now and then, by groups, if these books had been in force."""
    run = HomeView(home, home.settings())
    given = rates.load_named(books)
    then = what_if.replaced(run.rates, given)
    versions = what_if.versions_in_force(home, first, last)
    found = what_if.compare(home, run.settings, versions, then, by)
    told = {"books": [str(book.path) for book in then.books]}
    return show_comparison(found, told, corrections.standing(home, versions), out, as_json)
