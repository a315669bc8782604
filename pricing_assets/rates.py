"""Rate books: dated, complete, immutable price lists, read as decimal text and checked at load.

Which price is in force when belongs here; what usage costs belongs to `charges`.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from pricing_assets import duck
from pricing_assets.agreements import FOREVER, Agreement, load_agreements, ties
from pricing_assets.contract import KEY_MODES, SERVICES
from pricing_assets.dates import spans
from pricing_assets.errors import ConfigurationError, RateBookError
from pricing_assets.names import Finding
from pricing_assets.rate_card import (
    Alias,
    Card,
    Name,
    Rate,
    load_aliases,
    read_card,
)


@dataclass(frozen=True)
class InForce:
    """A card and the interval in which its book goes by it."""

    card: Card
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True)
class Price:
    """What one meter of one name costs in one key mode under a card; null prices: not offered."""

    name: Name
    brand: str
    model: str
    key_mode: str
    meter: str
    per: int
    list_price: Decimal | None
    price: Decimal | None
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
        """Every interval of this book in which one card is in force, in order."""
        last: dict[datetime, Card] = {}
        for card in sorted(self.cards, key=lambda card: card.order):
            last[card.effective_from] = card
        starts = [*sorted(last), FOREVER]
        return [InForce(last[start], start, end) for start, end in pairwise(starts)]

    def prices(self, card: Card) -> list[Price]:
        """The card's prices per key mode that usage can have, names and aliases both."""
        by_name: dict[Name, dict[tuple[str, str], Rate]] = defaultdict(dict)
        for rate in card.rates:
            by_name[rate.name][rate.key_mode, rate.meter] = rate
        made: list[Price] = []
        for name, rates in by_name.items():
            made += _prices_of(card, name, name, rates)
        for alias in self.aliases:
            if alias.name not in by_name and alias.target in by_name:
                made += _prices_of(card, alias.name, alias.target, by_name[alias.target])
        return made


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
            cap = card.caps.get((service.name, meter))
            if mode == "own" and price is not None and cap is not None:
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
                is_alias=name != target,
                line=rate.line,
            )


@dataclass(frozen=True)
class Learned:
    """When a home's reports came to know aliases (by line) and agreements (by id) that they had
    gone without before; what is not named here was known from the start."""

    aliases: Mapping[tuple[str, ...], datetime]
    agreements: Mapping[str, datetime]


def _known(book: Book, instant: datetime, learned: Learned) -> Book:
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


@dataclass(frozen=True)
class Rates:
    """The books a home goes by."""

    books: tuple[Book, ...]

    def agreements(self) -> list[Agreement]:
        """Every agreed price of the books."""
        return [agreement for book in self.books for agreement in book.agreements]

    def cuts(self) -> list[datetime]:
        """Every instant at which a known card takes effect, or an agreement begins or ends."""
        instants = {card.effective_from for book in self.books for card in book.cards}
        for agreement in self.agreements():
            instants |= {agreement.valid_from, agreement.valid_to} - {FOREVER}
        return sorted(instants)

    def cuts_on(self, day: date, zone: str) -> list[str]:
        """The cuts inside a usage date, in ISO format: its lines are cut there."""
        covered = spans(day, zone)
        return [
            cut.isoformat()
            for cut in self.cuts()
            if any(span.start < cut < span.end for span in covered)
        ]

    def known_at(self, instant: datetime, learned: Learned) -> "Rates":
        """The same books, without the cards that were published after the instant, and without
        the aliases and agreements that reports learned of after it."""
        return Rates(tuple(_known(book, instant, learned) for book in self.books))

    def agreements_on(self, day: date, zone: str) -> list[Agreement]:
        """The agreements that hold at some instant of a usage date."""
        return [
            agreement
            for agreement in self.agreements()
            if any(
                agreement.valid_from < span.end and span.start < agreement.valid_to
                for span in spans(day, zone)
            )
        ]

    @cached_property
    def _forces(self) -> list[tuple[Book, InForce]]:
        return [(book, held) for book in self.books for held in book.in_force()]

    def in_force(self) -> list[tuple[Book, InForce]]:
        """Every book's intervals."""
        return self._forces

    def cards_on(self, day: date, zone: str) -> list[Card]:
        """The cards in force at some instant of a usage date, by id."""
        covered = spans(day, zone)
        held = {
            force.card.id: force.card
            for _, force in self.in_force()
            for span in covered
            if force.valid_from < span.end and span.start < force.valid_to
        }
        return [held[card_id] for card_id in sorted(held)]

    def digest_on(self, day: date, zone: str) -> str:
        """What of the books a usage date's report hangs on: cards, aliases, cuts inside it."""
        parts: list[str] = []
        covered = spans(day, zone)
        for book, force in self.in_force():
            card = force.card
            for span in covered:
                start, end = max(force.valid_from, span.start), min(force.valid_to, span.end)
                if start < end:
                    parts.append(
                        f"{card.id} {card.sha256} {book.aliases_sha256}"
                        f" {start.isoformat()} {end.isoformat()}"
                    )
        parts += [
            f"{agreement.id} {agreement.sha256}" for agreement in self.agreements_on(day, zone)
        ]
        parts.sort()
        parts += self.cuts_on(day, zone)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def load(books: Sequence[Path]) -> Rates:
    """Read and check whole books; RateBookError names every file, line and rule broken."""
    rates, findings = read(books)
    if findings:
        raise RateBookError([str(finding) for finding in findings])
    return rates


def read(books: Sequence[Path]) -> tuple[Rates, list[Finding]]:
    """What of the books can be read, and every rule that they break."""
    findings: list[Finding] = []
    held: list[Book] = []
    for path in books:
        book = _load_book(path, findings)
        if book is not None:
            held.append(book)
    ids: dict[str, Card] = {}
    for book in held:
        for card in book.cards:
            if card.id in ids:
                findings.append(
                    Finding(
                        card.folder / "card.toml",
                        None,
                        "id_not_unique",
                        f"id {card.id!r} is also the id of {ids[card.id].folder};"
                        " an id names one card over all books",
                        "id",
                    )
                )
            ids.setdefault(card.id, card)
    rates = Rates(tuple(held))
    if not findings:
        findings += _double_priced(rates)
    findings += ties(rates.agreements())
    return rates, findings


def _double_priced(rates: Rates) -> Iterable[Finding]:
    """Names that cards of two books hold at one instant."""
    forces = rates.in_force()
    names: dict[str, set[Name]] = {}
    for book, force in forces:
        if force.card.id not in names:
            names[force.card.id] = {price.name for price in book.prices(force.card)}
    for index, (book, force) in enumerate(forces):
        for other_book, other in forces[index + 1 :]:
            if book is other_book or max(force.valid_from, other.valid_from) >= min(
                force.valid_to, other.valid_to
            ):
                continue
            both = sorted(names[force.card.id] & names[other.card.id])
            for service, brand, model in both[:5]:
                since = max(force.valid_from, other.valid_from).isoformat()
                yield Finding(
                    force.card.folder,
                    None,
                    "priced_by_two_books",
                    f"{service} {brand!r} {model!r} is also held by"
                    f" {other.card.folder} from {since}; one book must price it, not two",
                )


def _load_book(path: Path, findings: list[Finding]) -> Book | None:
    if not path.is_dir():
        findings.append(
            Finding(path, None, "missing_book", "there is no such folder of rate cards")
        )
        return None
    cards = []
    for folder in sorted(item for item in path.iterdir() if item.is_dir()):
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


BUILT_IN = ("pricing_assets/rate_cards", "sample_data/rate_cards")
"""Books that travel with the code; a home names them so, wherever the code is installed."""


def book_folder(name: str) -> Path:
    """The folder of a book that a home or a user names; ConfigurationError where there is none."""
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if name in BUILT_IN:
        return duck.data_folder(name)
    raise ConfigurationError(
        f"rate book {name!r} is no folder; give --rates a folder of rate cards"
    )


def book_name(path: Path) -> str:
    """How a home names a book: as built in, or by its absolute path."""
    resolved = path.resolve()
    for name in BUILT_IN:
        if resolved == duck.data_folder(name).resolve():
            return name
    return str(resolved)
