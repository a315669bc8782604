"""Rate books: folders of dated price lists, which card of one is in force when, at what prices.

Rules over several books, and what a home makes of them, belong to `rates`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from pricing_assets.contract.billing import KEY_MODES, SERVICES
from pricing_assets.rates.agreements import FOREVER, Agreement, load_agreements
from pricing_assets.rates.aliases import Alias, load_aliases
from pricing_assets.rates.card import Card, read_card
from pricing_assets.rates.findings import Finding
from pricing_assets.rates.rates_csv import Name, Rate


@dataclass(frozen=True)
class InForce:
    """A card and the interval in which its book goes by it."""

    card: Card
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True)
class Price:
    """What one meter of one name costs in one key mode under a card; null prices: not offered, a
    null cap: none."""

    name: Name
    brand: str
    model: str
    key_mode: str
    meter: str
    per: int
    list_price: Decimal | None
    price: Decimal | None
    cap: Decimal | None
    is_alias: bool
    line: int


@dataclass(frozen=True)
class Book:
    """A folder of rate cards and, for the whole book, its aliases."""

    path: Path
    cards: tuple[Card, ...]
    aliases: tuple[Alias, ...]
    aliases_sha256: str
    agreements: tuple[Agreement, ...] = ()

    def in_force(self) -> list[InForce]:
        """Return every interval of this book in which one card is in force, in order."""
        last: dict[datetime, Card] = {}
        for card in sorted(self.cards, key=lambda card: card.order):
            last[card.effective_from] = card
        starts = [*sorted(last), FOREVER]
        return [InForce(last[start], start, end) for start, end in pairwise(starts)]

    def prices(self, card: Card) -> list[Price]:
        """Return the card's prices per key mode that usage can have, names and aliases both."""
        by_name: dict[Name, dict[tuple[str, str], Rate]] = defaultdict(dict)
        for rate in card.rates:
            by_name[rate.name][rate.key_mode, rate.meter] = rate
        prices: list[Price] = []
        for name, rates in by_name.items():
            prices += _prices_of(card, name, name, rates)
        for alias in self.aliases:
            if alias.name not in by_name and alias.target in by_name:
                prices += _prices_of(card, alias.name, alias.target, by_name[alias.target])
        return prices


def _prices_of(
    card: Card, name: Name, target: Name, rates: dict[tuple[str, str], Rate]
) -> Iterable[Price]:
    service = SERVICES[name[0]]
    modes = KEY_MODES if service.reads_key_mode else ("any",)
    brand, model = card.printed[target]
    for mode in modes:
        for meter in {meter: None for _, meter in rates}:
            rate = rates.get((mode, meter)) or rates.get(("any", meter))
            if rate is None:
                continue
            price = rate.credits
            cap = card.caps.get((service.name, meter)) if mode == "own" else None
            if price is not None and cap is not None:
                price = min(price, cap)
            yield Price(
                name,
                brand,
                model,
                mode,
                meter,
                rate.per,
                rate.credits,
                price,
                cap,
                is_alias=name != target,
                line=rate.line,
            )


@dataclass(frozen=True)
class Learned:
    """When a home's reports came to know aliases (by line) and agreements (by id) that they had
    gone without before; what is not named here was known from the start."""

    aliases: Mapping[tuple[str, ...], datetime]
    agreements: Mapping[str, datetime]


def known(book: Book, instant: datetime, learned: Learned) -> Book:
    """Return the book without what was published, or learned of, after the instant."""
    aliases = tuple(
        alias for alias in book.aliases if learned.aliases.get(alias.fields, instant) <= instant
    )
    return replace(
        book,
        cards=tuple(card for card in book.cards if card.published_at <= instant),
        aliases=aliases,
        agreements=tuple(
            agreement
            for agreement in book.agreements
            if learned.agreements.get(agreement.id, instant) <= instant
        ),
    )


def read_book(path: Path, findings: list[Finding]) -> Book | None:
    """Return one book; None where there is no such folder. `findings` name each rule that is
    broken. Hidden folders, such as `.git`, are no cards."""
    if not path.is_dir():
        findings.append(
            Finding(path, None, "missing_book", "this folder of rate cards does not exist")
        )
        return None
    cards = []
    for folder in sorted(path.iterdir()):
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        if (folder / "card.toml").exists() or (folder / "rates.csv").exists():
            card = read_card(path, folder, findings)
            if card is not None:
                cards.append(card)
    agreements = load_agreements(path / "agreements.csv", findings)
    if not cards and not agreements and not findings:
        findings.append(
            Finding(
                path,
                None,
                "empty_book",
                "no rate card here; a book holds VERSION/card.toml and rates.csv",
            )
        )
    aliases, sha256 = load_aliases(path / "aliases.csv", findings)
    return Book(path, tuple(cards), aliases, sha256, agreements)
