"""Usage as stored lines show it, and how much of it books have a price for.

Rated or not, every line counts; no event is read and nothing is charged here.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property

from pricing_assets.contract import billing as contract
from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.relations import scan_stored
from pricing_assets.db.statements import statement
from pricing_assets.home import Home
from pricing_assets.rates import Rates
from pricing_assets.rates.book import Book, InForce, Price
from pricing_assets.rates.rates_csv import Name, name_of

_Force = tuple[Book, InForce, dict[tuple[Name, str, str], Price]]
"""A book, its card in force, and the prices of that card by name, key mode and meter."""

Key = tuple[str, Name, str]
"""(billing type, name, key mode)."""


@dataclass(frozen=True)
class Observed:
    """Rows of one date, interval of constant prices, billing type, logged name and set of meters."""

    usage_date: date
    rates_from: datetime
    billing_type: str
    brand: str
    model: str
    key_mode: str
    measured: int
    events: int

    @property
    def service(self) -> str:
        """Return the service that prices the billing type."""
        return contract.BILLING_TYPES[self.billing_type]

    @cached_property
    def name(self) -> Name:
        """Return the name as it is compared."""
        return name_of(self.service, self.brand, self.model)

    @property
    def key(self) -> Key:
        """Return what a price is looked up for."""
        return self.billing_type, self.name, self.key_mode

    def meters(self) -> list[str]:
        """Return the meters that need a price: those above zero; all zero: the first that was
        given."""
        codes = {
            meter: self.measured // 4 ** contract.METER[meter].digit % 4
            for meter in contract.SERVICES[self.service].meters
        }
        measured = [meter for meter, code in codes.items() if code]
        return [meter for meter in measured if codes[meter] == 2] or measured[:1]


@dataclass
class UnpricedRow:
    """One observed billing type, name, key mode and reason without a price; brand and model as
    most of its events spell them."""

    billing_type: str
    brand: str
    model: str
    key_mode: str
    reason: str
    events: int = 0
    dates: set[date] = field(default_factory=set)


@dataclass(frozen=True)
class Coverage:
    """How many observed names (billing type, brand, model, key mode) and events have a price.

    Spellings that cards do not tell apart are one name.
    """

    names: int
    priced_names: int
    events: int
    priced_events: int
    unpriced: list[UnpricedRow]

    @staticmethod
    def share(part: int, whole: int) -> Decimal:
        """Return a share in percent, with 2 decimals, cut so that only all of it is 100."""
        return Decimal(10_000 * part // whole if whole else 10_000).scaleb(-2)


def observed(home: Home) -> list[Observed]:
    """Return what versions in force are made of; of a blocked date, what was attempted."""
    folders = []
    for day in home.dates():
        current = home.current(day)
        if home.blocked(day) is not None:
            folders.append(home.blocked_folder(day))
        elif current is not None:
            folders.append(current.folder)
    if not folders:
        return []
    with duck.connection(within=[home.path]) as con:
        paths = [folder / "lines.parquet" for folder in folders]
        scan_stored(con, tables.stored("lines", ()), paths).create_view("lines")
        rows = con.sql(statement("lint/observed_usage")).fetchall()
    return [
        Observed(usage_date, rates_from.replace(tzinfo=UTC), *rest)
        for usage_date, rates_from, *rest in rows
    ]


def cover(rates: Rates, usage: list[Observed]) -> Coverage:
    """Hold the usage against the prices in force at its instants."""
    forces = [
        (
            book,
            force,
            {(price.name, price.key_mode, price.meter): price for price in book.prices(force.card)},
        )
        for book, force in rates.in_force()
    ]
    spelled: dict[Key, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in usage:
        spelled[row.key][row.brand, row.model] += row.events
    unpriced: dict[Key, dict[str, UnpricedRow]] = defaultdict(dict)
    for row in usage:
        reason = _reason(row, forces)
        if reason is not None:
            ((names, _),) = spelled[row.key].most_common(1)
            entry = unpriced[row.key].setdefault(
                reason, UnpricedRow(row.billing_type, *names, row.key_mode, reason)
            )
            entry.events += row.events
            entry.dates.add(row.usage_date)
    lacking = [entry for by_reason in unpriced.values() for entry in by_reason.values()]
    events = sum(row.events for row in usage)
    return Coverage(
        names=len(spelled),
        priced_names=len(spelled) - len(unpriced),
        events=events,
        priced_events=events - sum(entry.events for entry in lacking),
        unpriced=sorted(
            lacking, key=lambda entry: (-entry.events, entry.billing_type, entry.brand, entry.model)
        ),
    )


def _reason(row: Observed, forces: list[_Force]) -> str | None:
    """Return why the row has no price, as outcomes name it; None where it has one."""
    at = row.rates_from
    held = [
        (book.find(force.card, row.name, at), prices)
        for book, force, prices in forces
        if force.valid_from <= at < force.valid_to
    ]
    if not held:
        return "no_rate_card"
    for meter in row.meters():
        keys = [
            (prices, (name, row.key_mode, contract.PRICED_AS[meter]))
            for name, prices in held
            if name is not None
        ]
        price = next((prices[key] for prices, key in keys if key in prices), None)
        if price is None:
            return "no_rate"
        if price.price is None:
            return "not_offered"
    return None
