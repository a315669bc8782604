"""`creditmill rates new`: a new card from one that is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from pipelines import settings
from pipelines.cli import output
from pipelines.cli.options import Json
from pricing_assets import rates
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.rates import new_card as cards
from pricing_assets.rates.new_card import CardRequest, NewCard
from pricing_assets.rates.price_changes import AppliedLine
from pricing_assets.rates.rates_csv import Rate


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class About:
    """What the new card says of itself, as typed."""

    effective: Annotated[
        str | None,
        Parameter(help="The instant from which it applies, like 2026-03-01T00:00:00Z."),
    ] = None
    published: Annotated[
        str | None, Parameter(help="The instant at which it became known. [default: now]")
    ] = None
    id: Annotated[str | None, Parameter(help="The card's id. [default: VERSION]")] = None
    source: Annotated[str | None, Parameter(help="Where the prices come from.")] = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Edits:
    """The prices that change, as a file."""

    changes: Annotated[
        Path | None, Parameter(help="A .csv or .xlsx of changed prices to apply.")
    ] = None
    allow_new: Annotated[
        bool, Parameter(negative="", help="Add listed prices that the card does not have.")
    ] = False


ABOUT, EDITS = About(), Edits()


def command(
    version: str,
    /,
    *,
    source_card: Annotated[
        str, Parameter(name="--from", help="The card to copy: its id in the book, or its folder.")
    ],
    about: About = ABOUT,
    edits: Edits = EDITS,
    book: Annotated[
        Path | None, Parameter(help="The rate book. [default: the card's, else that of a run]")
    ] = None,
    json: Json = False,
) -> int:
    """Copy a card as a new one, with a list of changed prices applied.

    For example:
        creditmill rates new 2026-03-01 --from 2026-02-01 --book my_rates \\
            --effective 2026-03-01T00:00:00Z --changes march.csv

    The new card is complete, and yours to edit.

    Parameters
    ----------
    version
        The folder of the new card in the book; must not exist yet.
    """
    instants = cards.instants(about.effective, about.published)
    wanted = CardRequest(
        version, *instants, about.id, about.source, edits.changes, allow_new=edits.allow_new
    )
    return new_card(book, settings.load().rates, source_card, wanted, as_json=json)


def new_card(
    book: Path | None,
    books: Sequence[str] | None,
    source: str,
    wanted: CardRequest,
    *,
    as_json: bool,
) -> int:
    """Write a complete card to edit, and say what its list of changed prices did."""
    folder = _book_of(book, books, source)
    outcome = cards.make(folder, source, wanted)
    if as_json:
        output.print_json(_made(outcome))
        return 0
    if outcome.applied:
        columns = ("Line", "Did", "Service", "Brand", "Model", "Key mode", "Meter", "Before", "Now")
        rows = [tuple(_did(one).values()) for one in outcome.applied]
        output.OUT.print(output.table(columns, rows, right=("Line", "Before", "Now")))
    card = outcome.card
    prices = output.counted(len(card.rates), "price")
    if outcome.applied:
        prices += (
            f", {outcome.count('changed'):,} changed, {outcome.count('added'):,} added,"
            f" {outcome.kept:,} as in {outcome.source.id!r}"
        )
    if same := outcome.count("same"):
        output.warn(f"{same:,} of the listed prices changed nothing: the card already has them")
    sentence = f"{card.folder}: card {card.id!r}, from {card.effective_from.isoformat()}: {prices}"
    output.OUT.print(output.harmless(sentence))
    output.OUT.print(f"    creditmill rates check {output.harmless(folder)}", soft_wrap=True)
    return 0


def _book_of(book: Path | None, books: Sequence[str] | None, source: str) -> Path:
    """Return the book that the new card goes into; it must be a folder of the user's."""
    if book is not None:
        folder = book
    elif (Path(source) / "card.toml").is_file():
        folder = Path(source).parent
    elif books is not None and len(books) > 1:
        raise ConfigurationError(f"there are books {', '.join(books)}; name one with --book")
    else:
        folder = Path((books or rates.BUILT_IN[:1])[0])
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder} is not a folder of rate cards; name yours with --book, or start one with"
            f" `creditmill rates init {folder.name}`"
        )
    return folder


def _did(one: AppliedLine) -> dict[str, Any]:
    rate = one.rate
    return {
        "line": one.line,
        "did": one.did,
        "service": rate.service,
        "brand": rate.brand,
        "model": rate.model,
        "key_mode": rate.key_mode,
        "meter": rate.meter,
        "before": "" if one.before is None else _price(one.before),
        "now": _price(rate),
    }


def _price(rate: Rate) -> str:
    return "-" if rate.credits is None else f"{rate.credits:f}"


def _made(outcome: NewCard) -> dict[str, Any]:
    return {
        "folder": str(outcome.card.folder),
        "id": outcome.card.id,
        "effective_from": outcome.card.effective_from,
        "published_at": outcome.card.published_at,
        "from": outcome.source.id,
        "prices": len(outcome.card.rates),
        "changed": outcome.count("changed"),
        "added": outcome.count("added"),
        "kept": outcome.kept,
        "changes": [_did(one) for one in outcome.applied],
    }
