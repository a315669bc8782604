"""`creditmill rates`: check a rate book, and make a new card from one that is there.

Only options belong here; the rules are `pricing_assets.lint.linter`'s, the writing `pricing_assets.rates.new_card`'s.
"""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from pipelines.cli.options import By, From, HomeOption, Json, To, settings_of

app = App(name="rates", help="Check rate books, make new cards, and start a book of your own.")


@app.command(name="check")
def check(
    book: Path,
    /,
    *,
    home: Annotated[
        Path | None,
        Parameter(help="Hold the book against this home's published reports and usage, too."),
    ] = None,
    threshold: Annotated[
        str, Parameter(help="Name prices that change by a larger share from card to card.")
    ] = "0.5",
    json: Json = False,
) -> int:
    """Check a rate book; findings by file and line, with why they matter. Exit 1 on errors.

    Parameters
    ----------
    book
        The folder of rate cards.
    """
    from pipelines import settings
    from pipelines.cli.commands.rates_output import check_book

    beside = None if home is None else settings.load(home=home).open_home().require()
    return check_book(book, beside, threshold, json)


@app.command(name="new")
def new(
    version: str,
    /,
    *,
    source_card: Annotated[
        str, Parameter(name="--from", help="The card to copy: its id in the book, or its folder.")
    ],
    effective: Annotated[
        str | None,
        Parameter(help="The instant from which it applies, like 2026-03-01T00:00:00Z."),
    ] = None,
    published: Annotated[
        str | None, Parameter(help="The instant at which it became known. [default: now]")
    ] = None,
    changes: Annotated[
        Path | None, Parameter(help="A .csv or .xlsx of changed prices to apply.")
    ] = None,
    allow_new: Annotated[
        bool, Parameter(negative="", help="Add listed prices that the card does not have.")
    ] = False,
    book: Annotated[
        Path | None, Parameter(help="The rate book. [default: the card's, else that of a run]")
    ] = None,
    id: Annotated[str | None, Parameter(help="The card's id. [default: VERSION]")] = None,  # noqa: A002
    source: Annotated[str | None, Parameter(help="Where the prices come from.")] = None,
    json: Json = False,
) -> int:
    """Copy a card as a new complete card to edit, with a list of changed prices applied.

    Parameters
    ----------
    version
        The folder of the new card in the book; must not exist yet.
    """
    from pipelines import settings
    from pipelines.cli.commands.rates_output import new_card
    from pricing_assets.rates.new_card import Wanted, instants

    wanted = Wanted(version, *instants(effective, published), id, source, changes, allow_new)
    return new_card(book, settings.load().rates, source_card, wanted, json)


@app.command(name="diff")
def diff(
    old: str,
    new: str,
    /,
    *,
    first: From = None,
    last: To = None,
    by: By = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """List what differs between two cards, and what it makes of published usage.

    Parameters
    ----------
    old
        A card: its folder, its book's folder (the newest card), or its id in the home's books.
    new
        The other card, likewise.
    """
    from pipelines.cli.commands.what_if import show_diff

    place = settings_of(home=home).open_home()
    return show_diff(place, old, new, first, last, by or ["org_id", "billing_type"], json)


@app.command(name="init")
def init(folder: Path, /) -> int:
    """Copy the built-in price list into a new folder, to edit.

    Parameters
    ----------
    folder
        Where to; must not exist yet.
    """
    from pipelines.cli.commands.status import copy_book

    return copy_book(folder)
