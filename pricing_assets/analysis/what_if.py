"""What if: stored usage under other prices.

Reads the lines and charges of versions in force, never a log or an event. Publishes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets.analysis import known
from pricing_assets.analysis.comparison import Group, PriceComparison
from pricing_assets.charges.pricing import rate_lines
from pricing_assets.common.decimals import exact_sum
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract.outcomes import NO_PRICE_REASONS
from pricing_assets.contract.usage_dates import EPOCH, spans
from pricing_assets.db import connection as duck
from pricing_assets.db.io import quoted
from pricing_assets.db.relations import load_stored
from pricing_assets.home import Home, Inputs, Version, holding
from pricing_assets.home.settings import HomeSettings
from pricing_assets.home.zone_rules import covers_others
from pricing_assets.rates import Rates
from pricing_assets.rates.agreements import FOREVER
from pricing_assets.rates.book import Book
from pricing_assets.rates.card import Card
from pricing_assets.rates.rates_csv import Name
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.usage.stored_lines import load_lines

if TYPE_CHECKING:
    import duckdb

KEYS = (
    "usage_date",
    "org_id",
    "billing_type",
    "brand",
    "model",
    "key_mode",
    "meter",
    "rate_card",
    "agreement",
)
"""What charges can be summed by, beside the dimensions."""


def versions_in_force(
    home: Home, first: date | None = None, last: date | None = None
) -> dict[date, Version]:
    """Return the version in force of every date between the two that has one; ConfigurationError
    where one of the two is given, and no date between them has."""
    found = {day: version for day in home.dates() if (version := home.current(day))}
    known.require_any(found, first, last)
    return {day: found[day] for day in known.between(found, first, last)}


def replaced(books: Rates, others: Rates) -> Rates:
    """Return the books, with those that hold a name of the other books replaced by these."""
    names = _names(others)
    kept = [book for book in books.books if not (_names(Rates((book,))) & names)]
    only_agreements = [book for book in others.books if not book.cards and book.agreements]
    if only_agreements and len(only_agreements) == len(others.books):
        kept = [book for book in books.books if not book.agreements or book.cards]
    return Rates((*others.books, *kept))


def _names(rates: Rates) -> set[Name]:
    return {
        name
        for book in rates.books
        for card in book.cards
        for name in book.naming.names(card.printed)
    }


def always(book: Book, card: Card) -> Rates:
    """Return one card as if it had been in force all the time."""
    ever = replace(card, effective_from=EPOCH, published_at=EPOCH)
    return Rates((replace(book, cards=(ever,)),))


def uncut(rates: Rates, versions: Mapping[date, Version], zone: str) -> list[str]:
    """Return dates whose stored lines are not cut where these prices change, in words."""
    boundaries = []
    for day, version in versions.items():
        known = set(version.manifest.cuts)
        for cut in rates.price_boundaries():
            inside = any(span.start < cut < span.end for span in spans(day, zone))
            if inside and cut != FOREVER and cut.isoformat() not in known:
                boundaries.append(f"{day} at {cut.isoformat()}")
    return boundaries


def of_prices(inputs: Inputs, days: Sequence[date]) -> dict[date, Decimal]:
    """Return what changed prices alone would make of published dates: the difference in credits.

    Dates with late usage, or with lines that are not cut where a price changes, are left out:
    only a run can tell.
    """
    home, rates, settings = inputs.home, inputs.rates, inputs.settings
    versions = {}
    for day in days:
        version = home.current(day)
        if version is None:
            continue
        known = version.manifest.logs
        now = {log.file for log in inputs.logs_by_date.get(day, ())}
        if covers_others(version.manifest, day, settings):
            continue
        if known == now and not uncut(rates, {day: version}, settings.timezone):
            versions[day] = version
    if not versions:
        return {}
    found = compare(home, settings, versions, rates, ["usage_date"])
    return dict.fromkeys(versions, Decimal("0.000000000")) | {
        group.keys[0]: group.difference for group in found.groups
    }


@contextmanager
def compared(
    home: Home,
    settings: HomeSettings,
    versions: Mapping[date, Version],
    then: Rates,
    now: Rates | None = None,
    limits: duck.Limits | None = None,
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Open a connection with `charges_now` and `charges_then` of the dates, and unpriced events.

    Now is what is published, or what `now` gives. ConfigurationError names the dates whose lines
    would have to be read from logs again, because a price changes inside them.
    """
    for rates in (then, now):
        missing = uncut(rates, versions, settings.timezone) if rates is not None else []
        if missing:
            raise ConfigurationError(
                "stored lines are not cut where a price changes inside a date: "
                + ", ".join(missing[:5])
                + "; let the card take effect at a date's beginning, or leave the dates out"
            )
    folders = [version.folder for version in versions.values()]
    with duck.connection(limits, holding.spill(home), folders) as con:
        load_contract(con)
        load_lines(con, folders, settings.dimensions)
        if now is None:
            load_stored(con, "charges", folders, settings.dimensions, "charges_now")
            unpriced = sum(
                rows
                for version in versions.values()
                for name, rows in version.manifest.outcomes.items()
                if name in NO_PRICE_REASONS
            )
            con.execute(
                "create temp table unpriced_now as select $rows as events", {"rows": unpriced}
            )
        else:
            load_prices(con, now)
            _rate(con, "now")
        load_prices(con, then)
        _rate(con, "then")
        yield con


def _rate(con: "duckdb.DuckDBPyConnection", when: str) -> None:
    rate_lines(con)
    con.execute(f"alter table charges rename to charges_{when}")
    con.execute(
        f"create temp table unpriced_{when} as"
        " select coalesce(sum(events), 0) as events from rated_lines where reason is not null"
    )


def key_columns(by: Sequence[str], dimensions: Sequence[str]) -> list[str]:
    """Return the grouping columns as SQL; only names of the contract and of settings come
    through. ConfigurationError where one is neither."""
    columns = []
    for name in by:
        if name in dimensions:
            columns.append(f"dimensions.{quoted(name)}")
        elif name in KEYS:
            columns.append(quoted(name))
        else:
            raise ConfigurationError(
                f"--by {name} is not a column of charges; give one of"
                f" {', '.join((*KEYS, *dimensions))}, and repeat --by for several"
            )
    return columns


def compare(
    home: Home,
    settings: HomeSettings,
    versions: Mapping[date, Version],
    then: Rates,
    by: Sequence[str],
    now: Rates | None = None,
) -> PriceComparison:
    """Return credits now and then by groups, largest difference first; the groups sum to the
    totals."""
    columns = key_columns(by, settings.dimensions)
    if not versions:
        zero = Decimal(0)
        return PriceComparison(tuple(by), [], zero, zero, 0, 0)
    with compared(home, settings, versions, then, now) as con:
        keys = ", ".join(f"{column} as key_{i}" for i, column in enumerate(columns))
        names = ", ".join(f"key_{i}" for i in range(len(columns)))
        rows = con.sql(
            f"select {names}, sum(now), sum(later), sum(later) - sum(now) from ("
            f" select {keys}, credits as now, cast(0 as decimal(38, 9)) as later from charges_now"
            f" union all select {keys}, cast(0 as decimal(38, 9)), credits from charges_then"
            f") as either group by {names} order by abs(sum(later) - sum(now)) desc, {names}"
        ).fetchall()
        unpriced = [
            int(con.sql(f"select events from unpriced_{when}").fetchall()[0][0])
            for when in ("now", "then")
        ]
    width = len(columns)
    groups = [Group(row[:width], *row[width:]) for row in rows]
    return PriceComparison(
        tuple(by),
        groups,
        exact_sum(group.now for group in groups),
        exact_sum(group.then for group in groups),
        *unpriced,
    )
