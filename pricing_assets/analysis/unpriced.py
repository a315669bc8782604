"""Logged names without a price: how much is at risk, and what would price each.

Lines of names where a printed name is the same model, else lines of an extra book; for the nearest name
the user is only asked. What they would charge belongs to `alias_charges`, how it is shown to
`pipelines.cli.advice`.
"""

import difflib
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from pricing_assets.analysis.alias_charges import Proposal, charges_of, with_lines
from pricing_assets.analysis.quarantine import AtRisk, at_risk, last_attempts, opened
from pricing_assets.analysis.unpriced_name import Offered, Unpriced, plain
from pricing_assets.common.decimals import exact_sum
from pricing_assets.contract import billing as contract
from pricing_assets.contract.names import fold
from pricing_assets.db.statements import statement
from pricing_assets.home import Home
from pricing_assets.home.settings import HomeSettings
from pricing_assets.rates import Rates
from pricing_assets.rates.aliases import Alias
from pricing_assets.rates.book import Book, InForce
from pricing_assets.rates.brands import BrandAlias
from pricing_assets.rates.patterns import is_one_name
from pricing_assets.rates.rates_csv import Name, name_of
from pricing_assets.rates.readings import Reading, price_of, readings, with_brand

NEAR = 0.65
"""How alike two names must be, from 0 to 1, to be asked about."""
LOOKED_AT = 100
"""Names with most rows that are held against the printed ones; of the others only rows are counted."""


@dataclass(frozen=True)
class _Force:
    """A card in force, its book, and what each name that it prints costs."""

    book: Book
    force: InForce
    prices: dict[Name, Hashable]


def find_unpriced(
    home: Home, settings: HomeSettings, rates: Rates, *, doubtful: bool = False
) -> list[Unpriced]:
    """Return one per name without a price, most rows first, each with what would price it; with
    `doubtful` also with what else it may mean, and what that would charge."""
    with opened(home, rates) as con:
        names = _folded(con.sql(statement("analysis/unpriced_names")).fetchall())
        query = "select distinct usage_date from quarantine where reason = 'no_rate'"
        days = sorted(day for (day,) in con.sql(query).fetchall())
    if not names:
        return []
    names = _with_risk(names, at_risk(home, days))
    forces = [
        _Force(book, force, {name: price_of(force.card, name) for name in force.card.printed})
        for book, force in rates.in_force()
    ]
    found = [_looked_up(name, forces) for name in names[:LOOKED_AT]] + names[LOOKED_AT:]
    if not doubtful:
        found = [replace(name, doubtful=()) for name in found]
    asked = [one.proposal for name in found for one in _readings_of(name)]
    charged = charges_of(home, settings, rates, last_attempts(home, days), asked) if asked else {}

    def charging(one: Offered) -> Offered | None:
        charges = charged.get(one.proposal)
        return None if charges is None else replace(one, charges=charges)

    return [
        replace(
            name,
            offer=None if name.offer is None else charging(name.offer),
            doubtful=tuple(one for each in name.doubtful if (one := charging(each)) is not None),
        )
        for name in found
    ]


def _readings_of(name: Unpriced) -> list[Offered]:
    return [*([] if name.offer is None else [name.offer]), *name.doubtful]


def _folded(
    rows: Iterable[tuple[str, str, str, list[str], int, datetime, datetime]],
) -> list[Unpriced]:
    """Return one per name as it is compared, with the spelling of most rows."""
    found: dict[Name, Unpriced] = {}
    for service, brand, model, key_modes, count, first, last in rows:
        unpriced = Unpriced(service, brand, model, tuple(key_modes or ()), count, first, last)
        one = found.setdefault(unpriced.name, unpriced)
        if one is not unpriced:
            found[unpriced.name] = replace(
                one,
                key_modes=tuple(sorted({*one.key_modes, *unpriced.key_modes})),
                rows=one.rows + count,
                first_used=min(one.first_used, first),
                last_used=max(one.last_used, last),
            )
    return sorted(found.values(), key=lambda name: (-name.rows, name.name))


def _with_risk(names: list[Unpriced], risks: list[AtRisk]) -> list[Unpriced]:
    """Return the names, each with the credits at risk over all dates that show it in quarantine."""
    least: dict[Name, list[Decimal]] = {}
    most: dict[Name, list[Decimal]] = {}
    for risk in risks:
        if risk.reason == "no_rate" and risk.least_credits is not None:
            service = contract.BILLING_TYPES[risk.billing_type]
            name = (service, fold(risk.brand), fold(risk.model))
            least.setdefault(name, []).append(risk.least_credits)
            most.setdefault(name, []).append(risk.most_credits or risk.least_credits)
    return [
        replace(
            name,
            least_credits=exact_sum(least[name.name]),
            most_credits=exact_sum(most[name.name]),
        )
        if name.name in least
        else name
        for name in names
    ]


def _looked_up(name: Unpriced, forces: Sequence[_Force]) -> Unpriced:
    """Return the name with what would price it."""
    first, last = name.used
    since = first.replace(hour=0, minute=0, second=0, microsecond=0)
    books = {one.book.path: one.book for one in forces}
    targets = {path: book.naming.targets(name.name) for path, book in books.items()}
    for one in forces:
        may_be = one.force.valid_to > since and not targets[one.book.path].isdisjoint(one.prices)
        if may_be and one.book.naming.ever(name.name, one.prices):
            return replace(name, held=_held(name, one.force))
    used = [one for one in forces if one.force.valid_from <= last and one.force.valid_to > first]
    spelled: dict[str, str] = {}
    printed: dict[tuple[str, str], dict[str, Hashable]] = {}
    for one in used:
        for key, (brand, model) in one.force.card.printed.items():
            of_brand = key[0], spelled.setdefault(key[1], brand)
            printed.setdefault(of_brand, {})[model] = one.prices[key]
    found = readings(name.service, name.brand, name.model, printed)
    of_brand = (name.service, spelled.get(fold(name.brand), ""))
    nearest = found[0].model if found else _nearest(name.model, printed.get(of_brand, {}))
    offers = [offer for one in found if (offer := _offer(name, one, used)) is not None]
    certain = [offer for offer in offers if not offer.reading.doubt]
    if len(found) == 1 and certain:
        return replace(name, nearest=nearest, offer=certain[0])
    of_brands = with_brand(name.service, name.brand, name.model, printed)
    return replace(name, nearest=nearest, doubtful=tuple(offers), with_brand=of_brands)


def _offer(name: Unpriced, reading: Reading, used: Sequence[_Force]) -> Offered | None:
    """Return a reading with the lines that make it hold; None where no line can, or where a line of
    the book is about the name already."""
    target = name_of(name.service, reading.brand, reading.model)
    held = next(one for one in used if target in one.prices)
    naming = held.book.naming
    if not name.can_be_written or not is_one_name(plain(name.model)):
        return None
    brand = BrandAlias(0, name.service, plain(name.brand), reading.brand)
    of_brand = reading.brand if brand.logged != brand.target else brand.alias
    alias = Alias(0, name.service, of_brand, plain(name.model), reading.model)
    if any(line.name == alias.name for line in naming.aliases):
        return None
    crosses = brand.logged != brand.target
    if crosses and not fold(brand.alias):
        return None
    known = any((one.logged, one.target) == (brand.logged, brand.target) for one in naming.brands)
    proposal = Proposal(
        str(held.book.path),
        name.name,
        target,
        None if fold(name.model) == fold(reading.model) else alias,
        brand if crosses and not known else None,
    )
    # tried on, since other lines of the book, or of the same brand, may stand in the way
    tried = with_lines(held.book, proposal).naming
    works = tried.find(name.name, held.prices, max(held.force.valid_from, name.used[0]))
    return Offered(reading, proposal) if works == target else None


def _held(name: Unpriced, held: InForce) -> str:
    """Return which card holds the name, and why that is not a price."""
    if held.valid_from > name.used[0]:
        return f"card {held.card.id!r} prints it from {held.valid_from:%Y-%m-%d %H:%M} UTC on"
    modes = " or ".join(repr(mode) for mode in name.key_modes)
    return f"card {held.card.id!r} prints it, but not for key mode {modes} and what was used"


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
