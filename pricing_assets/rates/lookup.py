"""Lookup of a logged name without a price: the lines of names that would price it, or why none can.

Where a printed name is the same model a line is offered; for the nearest name the user is only asked.
"""

import difflib
import re
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations

from pricing_assets.common.visible_text import is_unseen
from pricing_assets.contract.names import fold
from pricing_assets.rates.aliases import Alias
from pricing_assets.rates.book import Book, InForce
from pricing_assets.rates.books import Rates
from pricing_assets.rates.brands import BrandAlias
from pricing_assets.rates.naming import ALWAYS, NameLine, file_of, naming_of
from pricing_assets.rates.offers import Offered, Proposal, with_lines
from pricing_assets.rates.patterns import is_one_name
from pricing_assets.rates.rates_csv import Name, name_of
from pricing_assets.rates.readings import Reading, price_of, readings, with_brand

NEAR = 0.65
"""How alike two names must be, from 0 to 1, to be asked about."""
LOOKED_AT = 5_000
"""Names with most rows that are held against the printed ones, a millisecond or two each; of the others
only rows are counted, and that they were not looked at."""


@dataclass(frozen=True)
class Force:
    """A card in force, its book, and what each name that it prints costs."""

    book: Book
    force: InForce
    prices: dict[Name, Hashable]


@dataclass(frozen=True)
class LoggedName:
    """A service, brand and model as logged, the first and the last instant of their use (UTC), and the
    key modes of it."""

    service: str
    brand: str
    model: str
    used: tuple[datetime, datetime]
    key_modes: tuple[str, ...] = ()

    @property
    def name(self) -> Name:
        """The name as it is compared."""
        return name_of(self.service, self.brand, self.model)


@dataclass(frozen=True)
class NameLookup:
    """What is known of a logged name without a price.

    `offer` is made where a printed name is the same model beyond doubt; `doubtful` are what else it
    may mean. `nearest` is only alike. `with_brand` are the printed names that one without a brand is
    with one. `held` says which card holds the name at another time or in another key mode, `by_book`
    (without lines) which name it stands for there: no line can be added then.
    """

    nearest: str | None = None
    offer: Offered | None = None
    doubtful: tuple[Offered, ...] = ()
    with_brand: tuple[tuple[str, str], ...] = ()
    held: str | None = None
    by_book: Proposal | None = None


def forces_of(rates: Rates) -> list[Force]:
    """Return every interval of the books in which a card is in force."""
    return [
        Force(book, force, {name: price_of(force.card, name) for name in force.card.printed})
        for book, force in rates.in_force()
    ]


def look_up(logged: LoggedName, forces: Sequence[Force]) -> NameLookup:
    """Return what would price a logged name."""
    first, last = logged.used
    since = first.replace(hour=0, minute=0, second=0, microsecond=0)
    books = {one.book.path: one.book for one in forces}
    targets = {path: book.naming.targets(logged.name) for path, book in books.items()}
    for one in forces:
        may_be = one.force.valid_to > since and not targets[one.book.path].isdisjoint(one.prices)
        if may_be and one.book.naming.ever(logged.name, one.prices):
            target = one.book.naming.find(logged.name, one.prices, last)
            by_book = target and Proposal(str(one.book.path), logged.name, target)
            return NameLookup(held=_held(logged, one), by_book=by_book)
    used = [one for one in forces if one.force.valid_from <= last and one.force.valid_to > first]
    spelled: dict[str, str] = {}
    printed: dict[tuple[str, str], dict[str, Hashable]] = {}
    for one in used:
        for key, (brand, model) in one.force.card.printed.items():
            of_brand = key[0], spelled.setdefault(key[1], brand)
            printed.setdefault(of_brand, {})[model] = one.prices[key]
    found = readings(logged.service, logged.brand, logged.model, printed)
    of_brand = (logged.service, spelled.get(fold(logged.brand), ""))
    nearest = found[0].model if found else _nearest(logged.model, printed.get(of_brand, {}))
    offers = [offer for one in found if (offer := _offer(logged, one, used)) is not None]
    certain = [offer for offer in offers if not offer.reading.doubt]
    if len(found) == 1 and certain:
        return NameLookup(nearest, certain[0])
    of_brands = with_brand(logged.service, logged.brand, logged.model, printed)
    return NameLookup(nearest, doubtful=tuple(offers), with_brand=of_brands)


def can_be_written(brand: str, model: str) -> bool:
    """Return whether a line of text can hold a name so that it can be pasted."""
    text = plain(brand) + plain(model)
    unseen = any(is_unseen(char) for char in text)
    return bool(fold(model)) and not unseen and len(text) <= 300


def plain(name: str) -> str:
    """Return a name as a line holds it: it matches what it is of, without blanks that nobody
    sees."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def _offer(logged: LoggedName, reading: Reading, used: Sequence[Force]) -> Offered | None:
    """Return a reading with the lines that make it hold; None where no line can, or where a line of
    the book says otherwise of the name."""
    target = name_of(logged.service, reading.brand, reading.model)
    held = next(one for one in used if target in one.prices)
    naming = held.book.naming
    if not can_be_written(logged.brand, logged.model) or not is_one_name(plain(logged.model)):
        return None
    brand = BrandAlias(0, logged.service, plain(logged.brand), reading.brand)
    crosses = brand.logged != brand.target
    of_brand = reading.brand if crosses else brand.alias
    alias = Alias(0, logged.service, of_brand, plain(logged.model), reading.model)
    about = [line for line in naming.aliases if line.name == alias.name]
    if any(line.target != target for line in about) or (crosses and not fold(brand.alias)):
        return None
    known = any((one.logged, one.target) == (brand.logged, brand.target) for one in naming.brands)
    proposal = Proposal(
        str(held.book.path),
        logged.name,
        target,
        None if about or fold(logged.model) == fold(reading.model) else alias,
        brand if crosses and not known else None,
    )
    if proposal.alias is None and proposal.brand is None:
        return None
    # tried on, since other lines of the book, or of the same brand, may stand in the way
    tried = with_lines(held.book, proposal).naming
    works = tried.find(logged.name, held.prices, max(held.force.valid_from, logged.used[0]))
    return Offered(reading, proposal) if works == target else None


def _held(logged: LoggedName, held: Force) -> str:
    """Return which card holds the name, why that is not a price, and what to do."""
    first, card = logged.used[0], held.force.card
    if held.force.valid_from > first:
        why = f"prints it from {held.force.valid_from:%Y-%m-%d %H:%M} UTC on"
    elif held.book.naming.find(logged.name, held.prices, first) is None:
        lines = [f"line {one.line} of {file_of(one.fields)}" for one in _later_lines(logged, held)]
        return (
            f"card {card.id!r} prints it, by lines of names that hold from a later instant on; append"
            f" {' and '.join(lines) or 'these'} once more, with a valid_from of {_spelled(first)} or before"
        )
    else:
        modes = " or ".join(repr(mode) for mode in logged.key_modes)
        why = f"prints it, but not for key mode {modes} and what was used"
    return f"card {card.id!r} {why}; add what is missing in a new card (`creditmill rates new`)"


def _later_lines(logged: LoggedName, held: Force) -> Sequence[NameLine]:
    """Return the lines of names that would price a name at its first use if they held then already."""
    naming, first = held.book.naming, logged.used[0]
    may_be = naming.targets(logged.name)
    brands = {name[:2] for name in may_be}
    aliases = [line for line in naming.aliases if line.target in may_be]
    crossing = [line for line in naming.brands if line.target in brands]
    lines: list[NameLine] = [*aliases, *crossing]
    later = [line for line in lines if (line.valid_from or ALWAYS) > first]
    for some in (*combinations(later, 1), *combinations(later, 2)):
        earlier = [replace(line, since=_spelled(first)) for line in some]
        also = naming_of(line.fields for line in (*naming.aliases, *naming.brands, *earlier))
        if also.find(logged.name, held.prices, first) is not None:
            return some
    return ()


def _spelled(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _nearest(model: str, printed: Iterable[str]) -> str | None:
    """Return the printed name that is most alike; None where none is."""
    best, found = NEAR, None
    for name in printed if fold(model) else ():
        alike = _likeness(fold(model), fold(name))
        if alike > best:
            best, found = alike, name
    return found


def _likeness(one: str, other: str) -> float:
    def sorted_words(name: str) -> str:
        return " ".join(sorted(re.split(r"[\W_]+", name)))

    plain = difflib.SequenceMatcher(None, one, other).ratio()
    words = difflib.SequenceMatcher(None, sorted_words(one), sorted_words(other)).ratio()
    return max(plain, words)
