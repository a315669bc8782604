"""The difference of two cards: every price that changed, came or went.

What it would cost belongs to `what_if`.
"""

import os
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.rates.book import Book
from pricing_assets.rates.books import Rates, load
from pricing_assets.rates.card import Card


@dataclass(frozen=True)
class PriceChange:
    """One key of two cards; None: the card has no such row, `-` stays `-`."""

    service: str
    brand: str
    model: str
    key_mode: str
    meter: str
    old: str | None
    new: str | None
    change: Decimal | None

    @property
    def kind(self) -> str:
        """Return added, removed or changed."""
        return "added" if self.old is None else "removed" if self.new is None else "changed"


def find_card(where: str, rates: Rates | None) -> tuple[Book, Card]:
    """Return a card by its folder, by its book's folder (the newest card), or by its id in the
    books. ConfigurationError where it is none of these."""
    for book in rates.books if rates is not None else ():
        for card in book.cards:
            if card.id == where:
                return book, card
    path = Path(os.path.abspath(where))
    if (path / "card.toml").is_file():
        (book,) = load([path.parent]).books
        return book, next(card for card in book.cards if card.folder == path)
    if path.is_dir():
        (book,) = load([path]).books
        if book.cards:
            return book, max(book.cards, key=lambda card: card.order)
    raise ConfigurationError(
        f"{where!r} is not a card: give its folder, its book's folder or its id"
    )


def changed_prices(old: Card, new: Card) -> list[PriceChange]:
    """Return every key whose price after the own-key cap differs, in the order of the cards."""
    before, after = _prices(old), _prices(new)
    changes = []
    for key in dict.fromkeys((*before, *after)):
        one, other = before.get(key), after.get(key)
        if one is not None and other is not None and one[1] == other[1]:
            continue
        held = other if other is not None else one
        brand, model = held[0] if held is not None else ("", "")
        share = None
        if one and other and one[1] is not None and other[1] is not None and one[1] > 0:
            share = (other[1] / one[1] - 1).quantize(Decimal("0.0001"))
        changes.append(
            PriceChange(key[0], brand, model, key[3], key[4], _said(one), _said(other), share)
        )
    return changes


_Key = tuple[str, str, str, str, str]


def _prices(card: Card) -> dict[_Key, tuple[tuple[str, str], Decimal | None]]:
    alone = Book(card.book, (card,), (), "")
    return {
        (*price.name, price.key_mode, price.meter): ((price.brand, price.model), price.price)
        for price in alone.prices(card)
    }


def _said(held: tuple[tuple[str, str], Decimal | None] | None) -> str | None:
    if held is None:
        return None
    return "-" if held[1] is None else f"{held[1]:f}"
