"""Rate books: dated, complete, immutable price lists, read as decimal text and checked at load.

Which price is in force when belongs here; what usage costs belongs to `charges`.
"""

import hashlib
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from pricing_assets import duck
from pricing_assets.agreements import FOREVER, Agreement, load_agreements, ties
from pricing_assets.contract import KEY_MODES, PER, SERVICES, STORAGE_MODEL
from pricing_assets.dates import spans
from pricing_assets.errors import ConfigurationError, RateBookError
from pricing_assets.names import Finding, csv_rows, fold

RATE_COLUMNS = ("service", "brand", "model", "key_mode", "meter", "credits", "per")
ALIAS_COLUMNS = ("service", "brand", "alias", "model")
_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_LOOSE = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_USD = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")

Name = tuple[str, str, str]
"""(service, folded brand, folded model)."""


@dataclass(frozen=True)
class Rate:
    """One line of `rates.csv`; `credits` None is the printed `-`: not offered."""

    line: int
    service: str
    brand: str
    model: str
    key_mode: str
    meter: str
    credits: Decimal | None
    per: int

    @property
    def name(self) -> Name:
        """The name as it is compared."""
        return self.service, fold(self.brand), fold(self.model)


@dataclass(frozen=True)
class Card:
    """One complete, dated price list; `caps` are credits per `per` units, by (service, meter)."""

    book: Path
    folder: Path
    id: str
    effective_from: datetime
    published_at: datetime
    source: str
    usd_per_credit: Decimal
    caps: dict[tuple[str, str], Decimal]
    rates: tuple[Rate, ...]
    sha256: str
    printed: dict[Name, tuple[str, str]] = field(default_factory=dict)

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """The greatest of these that has begun is in force."""
        return self.effective_from, self.published_at, self.id


@dataclass(frozen=True)
class Alias:
    """One line of `aliases.csv`."""

    line: int
    service: str
    brand: str
    alias: str
    model: str

    @property
    def fields(self) -> tuple[str, str, str, str]:
        """The line's fields, as they are written."""
        return self.service, self.brand, self.alias, self.model

    @property
    def name(self) -> Name:
        """The logged name as it is compared."""
        return self.service, fold(self.brand), fold(self.alias)

    @property
    def target(self) -> Name:
        """The printed name that it stands for."""
        return self.service, fold(self.brand), fold(self.model)


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
        for cut in self.cuts():
            if any(span.start < cut < span.end for span in covered):
                parts.append(cut.isoformat())
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
    aliases, sha256 = _load_aliases(path / "aliases.csv", findings)
    return Book(path, tuple(cards), aliases, sha256, agreements)


def read_card(book: Path, folder: Path, findings: list[Finding]) -> Card | None:
    """One card; None where it breaks a rule, which `findings` then names."""
    before = len(findings)
    toml, rates_csv = folder / "card.toml", folder / "rates.csv"
    for file in (toml, rates_csv):
        if not file.is_file():
            findings.append(
                Finding(file, None, "missing_file", "missing; a card is card.toml and rates.csv")
            )
    if len(findings) > before:
        return None
    head = _read_toml(toml, findings)
    rates = _read_rates(rates_csv, findings)
    if len(findings) > before or head is None:
        return None
    digest = hashlib.sha256()
    for file in (toml, rates_csv):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    printed: dict[Name, tuple[str, str]] = {}
    for rate in rates:
        printed.setdefault(rate.name, (rate.brand, rate.model))
    return Card(
        book=book,
        folder=folder,
        rates=tuple(rates),
        sha256=digest.hexdigest(),
        printed=printed,
        **head,
    )


def _read_toml(file: Path, findings: list[Finding]) -> dict[str, Any] | None:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        findings.append(Finding(file, None, "bad_toml", f"not valid TOML: {error}"))
        return None
    before = len(findings)

    def wrong(key: str, what: str, rule: str = "bad_key") -> None:
        if rule == "bad_key" and key not in raw:
            rule = "missing_key"
        findings.append(Finding(file, None, rule, what, key))

    known = {"id", "effective_from", "published_at", "source", "usd_per_credit", "own_key_cap"}
    for key in sorted(set(raw) - known):
        wrong(key, f"unknown key {key!r}; a card has {', '.join(sorted(known))}", "unknown_key")
    card_id = raw.get("id")
    if not isinstance(card_id, str) or not card_id.strip():
        wrong("id", "id must be a non-blank text")
    instants = {}
    for key in ("effective_from", "published_at"):
        value = raw.get(key)
        if not isinstance(value, datetime) or value.tzinfo is None:
            wrong(key, f"{key} must be an instant with an offset, like 2026-02-01T00:00:00Z")
        else:
            try:
                instants[key] = value.astimezone(UTC)
            except OverflowError:
                wrong(key, f"{key} must lie between the years 1 and 9999 in UTC")
    source = raw.get("source", "")
    if not isinstance(source, str):
        wrong("source", "source must be a text")
    usd = raw.get("usd_per_credit")
    if not isinstance(usd, str) or not _USD.fullmatch(usd):
        wrong(
            "usd_per_credit",
            'usd_per_credit must be a decimal in quotes with at most 2 decimals, like "0.01"',
        )
    caps: dict[tuple[str, str], Decimal] = {}
    cap_table = raw.get("own_key_cap", {})
    if not isinstance(cap_table, dict):
        wrong(
            "own_key_cap",
            "own_key_cap must be a table of services, like [own_key_cap.llm]",
            "bad_cap",
        )
        cap_table = {}
    for service, meters in cap_table.items():
        table = f"own_key_cap.{service}"
        if service not in SERVICES or not SERVICES[service].reads_key_mode:
            wrong(table, f"{table}: no service with key modes is named so", "bad_cap")
            continue
        if not isinstance(meters, dict):
            wrong(table, f"{table} must be a table of meters", "bad_cap")
            continue
        for meter, text in meters.items():
            cap = f"{table}.{meter}"
            if meter not in SERVICES[service].meters or meter not in PER:
                wrong(cap, f"{cap}: {service} has no price for such a meter", "bad_cap")
            elif not isinstance(text, str) or not _PRICE.fullmatch(text):
                wrong(cap, f'{cap} must be a decimal in quotes, like "0.01"', "bad_cap")
            else:
                caps[service, meter] = Decimal(text)
    if len(findings) > before:
        return None
    return {
        "id": card_id,
        **instants,
        "source": source,
        "usd_per_credit": Decimal(str(usd)),
        "caps": caps,
    }


def _read_rates(file: Path, findings: list[Finding]) -> list[Rate]:
    rates: list[Rate] = []
    seen: dict[tuple[Name, str, str], int] = {}
    for line, row in csv_rows(file, RATE_COLUMNS, findings):
        faults = [Finding(file, line, rule, what) for rule, what in rate_faults(row)]
        if faults:
            findings += faults
            continue
        service, brand, model, key_mode, meter, text, per = row
        price = None if text == "-" else Decimal(text)
        rate = Rate(line, service, brand, model, key_mode, meter, price, int(per))
        key = rate.name, key_mode, meter
        if key in seen:
            findings.append(
                Finding(
                    file,
                    line,
                    "duplicate_key",
                    "the same service, brand, model, key mode and meter"
                    f" as line {seen[key]}; a key has one price",
                )
            )
            continue
        seen[key] = line
        rates.append(rate)
    return rates


def rate_faults(row: list[str]) -> Iterable[tuple[str, str]]:
    """Rule and message of everything wrong with one line of `rates.csv`."""
    service_name, brand, model, key_mode, meter, text, per = row
    service = SERVICES.get(service_name)
    if service is None:
        yield "unknown_service", f"unknown service {service_name!r}; one of {', '.join(SERVICES)}"
        return
    if service_name == "storage":
        if fold(brand) or fold(model) != fold(STORAGE_MODEL):
            yield "storage_name", f"storage is brand empty, model {STORAGE_MODEL!r}"
    elif not fold(model):
        yield "blank_name", "model is blank"
    modes = (*KEY_MODES, "any") if service.reads_key_mode else ("any",)
    if key_mode not in modes:
        yield (
            "unknown_key_mode",
            f"key_mode {key_mode!r} must be {' or '.join(modes)} for {service_name}",
        )
    if meter not in service.meters or meter not in PER:
        priced = [name for name in service.meters if name in PER]
        yield (
            "unknown_meter",
            f"meter {meter!r} is not priced for {service_name}; {' or '.join(priced)}",
        )
    elif per != str(PER[meter]):
        others = [other for other, units in PER.items() if str(units) == per]
        mixed_up = f"; {per} is the unit of {', '.join(others)}" if others else ""
        yield "wrong_per", f"per {per!r} must be {PER[meter]} for {meter}{mixed_up}"
    if text != "-":
        yield from _price_faults(text)


def _price_faults(text: str) -> Iterable[tuple[str, str]]:
    """Rule and message where a text is no price."""
    if _PRICE.fullmatch(text):
        return
    if _LOOSE.fullmatch(text):
        rule = "negative_price" if text.startswith("-") else "too_precise_price"
    else:
        rule = "bad_price"
    yield (
        rule,
        f"credits {text!r} must be '-' or a plain decimal >= 0"
        " with at most 9 digits before and 9 after the point",
    )


def _load_aliases(file: Path, findings: list[Finding]) -> tuple[tuple[Alias, ...], str]:
    if not file.exists():
        return (), ""
    aliases: list[Alias] = []
    seen: dict[Name, Alias] = {}
    for line, (service, brand, alias, model) in csv_rows(file, ALIAS_COLUMNS, findings):
        if service not in SERVICES:
            findings.append(Finding(file, line, "unknown_service", f"unknown service {service!r}"))
            continue
        if not fold(alias) or not fold(model):
            findings.append(Finding(file, line, "blank_name", "alias and model must not be blank"))
            continue
        made = Alias(line, service, brand, alias, model)
        first = seen.setdefault(made.name, made)
        if first.target != made.target:
            findings.append(
                Finding(
                    file,
                    line,
                    "alias_conflict",
                    f"alias {alias!r} already names {first.model!r} in line"
                    f" {first.line}; an alias names one model",
                )
            )
        elif first is made:
            aliases.append(made)
    return tuple(aliases), hashlib.sha256(file.read_bytes()).hexdigest()


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
