"""`creditmill what-if`: stored usage under other prices."""

from typing import Annotated

from cyclopts import Parameter

from pipelines.cli.comparison_view import show_comparison
from pipelines.cli.options import CHOSEN, Chosen, HomeOption, Json, Out, home_of
from pricing_assets import rates
from pricing_assets.analysis import what_if
from pricing_assets.home import presence
from pricing_assets.home.targets import require_out
from pricing_assets.report import HomeView, corrections


def command(
    books: Annotated[list[str], Parameter(help="Rate books to use instead.", negative="")],
    /,
    *,
    chosen: Chosen = CHOSEN,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Price stored usage by other rate books: credits now, then, difference.

    For example:
        creditmill what-if my_rates --from 2026-02-01 --to 2026-02-28 --by model

    These books replace those of the home that price the same names. No log is
    read, nothing is published.
    """
    view = HomeView(found := home_of(home), found.settings())
    presence.require_whole(found)
    require_out(found, out, books)
    hypothetical = what_if.replaced(view.rates, rates.load_named(books))
    versions = what_if.versions_in_force(found, chosen.first, chosen.last)
    by = chosen.by or ["org_id"]
    compared = what_if.compare(found, view.settings, versions, hypothetical, by)
    about = {"books": [str(book.path) for book in hypothetical.books]}
    booked = corrections.booked_credits(found, versions)
    return show_comparison(compared, about, booked, out, as_json=json)
