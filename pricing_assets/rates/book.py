"""Rate books: folders of dated price lists, which card of one is in force when, at what prices.

Rules over several books, and what a home makes of them, belong to `rates`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from pricing_assets.contract.billing import KEY_MODES, SERVICES
from pricing_assets.rates.agreements import FOREVER, Agreement, load_agreements
from pricing_assets.rates.aliases import Alias, load_aliases
from pricing_assets.rates.brands import BrandAlias, load_brands
from pricing_assets.rates.card import Card, read_card
from pricing_assets.rates.findings import Finding
from pricing_assets.rates.naming import NameLine, Naming
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
    line: int


@dataclass(frozen=True)
class Book:
    """A folder of rate cards and, for the whole book, the lines by which names stand for printed
    ones."""

    path: Path
    cards: tuple[Card, ...]
    aliases: tuple[Alias, ...]
    aliases_sha256: str
    agreements: tuple[Agreement, ...] = ()
    brands: tuple[BrandAlias, ...] = ()
    brands_sha256: str = ""

    @cached_property
    def naming(self) -> Naming:
        """Return the book's lines of names."""
        return Naming(self.aliases, self.brands)

    @property
    def name_lines(self) -> tuple[NameLine, ...]:
        """Return the lines by which names stand for printed ones, of models, then of brands."""
        return *self.aliases, *self.brands

    @property
    def names_sha256(self) -> list[str]:
        """Return the SHA-256 of each file of names that the book has."""
        return [sha256 for sha256 in (self.aliases_sha256, self.brands_sha256) if sha256]

    def find(self, card: Card, name: Name, at: datetime) -> Name | None:
        """Return the name that the card prints for a logged one (folded) at an instant (UTC); None
        where it prints none."""
        return self.naming.find(name, card.printed, at)

    def named(self, card: Card, model: str, brand: str | None, at: datetime) -> set[Name]:
        """Return the printed names, of all services, that a folded model stands for at an instant
        (UTC), of one brand (folded) or of any that the book knows."""
        brands = {name[:2] for name in card.printed} | {line.name[:2] for line in self.aliases}
        brands |= {line.logged for line in self.brands}
        found = {
            self.find(card, (service, of_brand, model), at)
            for service, of_brand in brands
            if brand in (None, of_brand)
        }
        return {name for name in found if name is not None}

    def in_force(self) -> list[InForce]:
        """Return every interval of this book in which one card is in force, in order."""
        last: dict[datetime, Card] = {}
        for card in sorted(self.cards, key=lambda card: card.order):
            last[card.effective_from] = card
        starts = [*sorted(last), FOREVER]
        return [InForce(last[start], start, end) for start, end in pairwise(starts)]

    def prices(self, card: Card) -> list[Price]:
        """Return the card's prices, under the names that it prints, per key mode that usage can
        have."""
        by_name: dict[Name, dict[tuple[str, str], Rate]] = defaultdict(dict)
        for rate in card.rates:
            by_name[rate.name][rate.key_mode, rate.meter] = rate
        prices: list[Price] = []
        for name, rates in by_name.items():
            prices += _prices_of(card, name, rates)
        return prices


def _prices_of(card: Card, name: Name, rates: dict[tuple[str, str], Rate]) -> Iterable[Price]:
    service = SERVICES[name[0]]
    modes = KEY_MODES if service.reads_key_mode else ("any",)
    brand, model = card.printed[name]
    for mode in modes:
        printed = {meter: meter for _, meter in rates}
        for meter in [meter for meter in printed if "@" not in meter]:
            for tier in card.tiers_at_standard_price:
                printed.setdefault(f"{meter}@{tier}", meter)
        for meter, row in printed.items():
            rate = rates.get((mode, row)) or rates.get(("any", row))
            if rate is None:
                continue
            price = rate.credits
            cap = card.cap(service.name, meter) if mode == "own" else None
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
                line=rate.line,
            )


@dataclass(frozen=True)
class Learned:
    """When a home's reports came to know lines of names (by their fields) and agreements (by id)
    that they had gone without before; what is not named here was known from the start."""

    aliases: Mapping[tuple[str, ...], datetime]
    agreements: Mapping[str, datetime]


def known(book: Book, instant: datetime, learned: Learned) -> Book:
    """Return the book without what was published, or learned of, after the instant."""

    def is_known(line: NameLine) -> bool:
        return learned.aliases.get(line.fields, instant) <= instant

    return replace(
        book,
        cards=tuple(card for card in book.cards if card.published_at <= instant),
        aliases=tuple(filter(is_known, book.aliases)),
        brands=tuple(filter(is_known, book.brands)),
        agreements=tuple(
            agreement
            for agreement in book.agreements
            if learned.agreements.get(agreement.id, instant) <= instant
        ),
    )


def read_book(path: Path, findings: list[Finding]) -> Book | None:
    """Return one book; None where there is no such folder. `findings` name each rule that is
    broken. Hidden folders, such as `.git`, are not cards."""
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
    brands, brands_sha256 = load_brands(path / "brands.csv", findings)
    return Book(path, tuple(cards), aliases, sha256, agreements, brands, brands_sha256)
