"""Quarantine, explained: rows by reason with an example, credits at stake, and how to mend it.

Reads `credits.duckdb` and the books; decides nothing.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets import contract, duck
from pricing_assets.home import Home
from pricing_assets.names import fold
from pricing_assets.rates import Rates
from pricing_assets.rating import load_contract, load_prices, register

if TYPE_CHECKING:
    import duckdb

NEAR = 0.5
"""How alike two names must be, from 0 to 1, to be offered as an alias."""


@dataclass(frozen=True)
class Reason:
    """The quarantined rows of one usage date (None: of no date) and reason."""

    usage_date: date | None
    reason: str
    rows: int
    credits_at_stake: Decimal | None
    file_name: str
    row_number: int
    example: str

    @property
    def mend(self) -> str:
        """What to do about it."""
        return contract.QUARANTINE[self.reason]


@dataclass(frozen=True)
class Unpriced:
    """A logged name that no card in force prints, and what would price it: a line of the book's
    aliases where a printed name is near, else lines of an extra book."""

    service: str
    brand: str
    model: str
    rows: int
    first_used: datetime
    nearest: str | None
    aliases_file: str | None
    alias_line: str | None
    rate_lines: tuple[str, ...]

    def said(self) -> str:
        """The name, its rows and the nearest printed one."""
        nearest = f"; nearest printed name: {self.nearest}" if self.nearest else ""
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        return f"no price for {self.service} {self.brand!r} {self.model!r}, {rows}{nearest}"


def advice(names: Sequence[Unpriced]) -> list[str]:
    """The exact lines to write, and where: aliases first, then one extra book for the rest."""
    lines: list[str] = []
    files = dict.fromkeys(name.aliases_file for name in names if name.aliases_file)
    for file in files:
        lines.append(f"append to {file}:")
        lines += [f"    {name.alias_line}" for name in names if name.aliases_file == file]
    rest = [name for name in names if name.alias_line is None]
    if rest:
        since = f"{min(name.first_used for name in rest):%Y-%m-%d}"
        lines += [
            f"or add a book, with its price for each PRICE, and give it as one more --rates"
            f" (--restate the first time): extra_rates/{since}/card.toml",
            f'    id = "extra-{since}"',
            f"    effective_from = {since}T00:00:00Z",
            f"    published_at = {since}T00:00:00Z",
            '    usd_per_credit = "0.01"',
            f"and extra_rates/{since}/rates.csv",
            "    service,brand,model,key_mode,meter,credits,per",
            *(f"    {line}" for name in rest for line in name.rate_lines),
        ]
    return lines


@contextmanager
def _catalog(home: Home, rates: Rates) -> Iterator["duckdb.DuckDBPyConnection"]:
    with duck.connection(within=[home.path]) as con:
        duck.attach_catalog(con, home.catalog, home.path)
        con.execute("create temp view quarantine as from catalog.quarantine")
        load_contract(con)
        load_prices(con, rates)
        yield con


def reasons(home: Home, rates: Rates, day: date | None = None) -> list[Reason]:
    """Quarantined rows by date and reason, of one date or of all."""
    with _catalog(home, rates) as con:
        logged = con.sql(
            "select distinct service, coalesce(brand, ''), coalesce(model, '') from quarantine"
            " inner join billing_types using (billing_type) where service <> 'storage'"
        ).fetchall()
        logged.append(("storage", "", contract.STORAGE_MODEL))
        import polars as pl

        register(
            con,
            "names",
            pl.DataFrame(
                [(*name, fold(name[1]), fold(name[2])) for name in logged],
                schema=dict.fromkeys(
                    ("service", "brand", "model", "brand_key", "model_key"), pl.String
                ),
                orient="row",
            ),
        )
        found = [Reason(*row) for row in con.sql(duck.statement("at_stake")).fetchall()]
    order = {reason: place for place, reason in enumerate(contract.QUARANTINE)}
    kept = [reason for reason in found if day is None or reason.usage_date == day]
    return sorted(kept, key=lambda row: (row.usage_date or date.max, order[row.reason]))


@dataclass(frozen=True)
class AtRisk:
    """Usage of one name without a price, and the credits between the cheapest and the dearest
    price of its service and key mode; None where that service has no price at all."""

    usage_date: date
    billing_type: str
    brand: str
    model: str
    key_mode: str
    reason: str
    quantities: str
    least_credits: Decimal | None
    most_credits: Decimal | None


def at_risk(home: Home, days: Sequence[date] | None = None) -> list[AtRisk]:
    """Usage without a price of the given dates (None: of all), most credits first."""
    with duck.connection(within=[home.path]) as con:
        duck.attach_catalog(con, home.catalog, home.path)
        con.execute("create temp view at_risk as from catalog.at_risk")
        found = con.sql(duck.statement("at_risk_by_name")).fetchall()
    risks = [AtRisk(*row) for row in found]
    return [risk for risk in risks if days is None or risk.usage_date in days]


def unpriced(home: Home, rates: Rates) -> list[Unpriced]:
    """Names without a price, most rows first, each with the line or book that would price it."""
    with _catalog(home, rates) as con:
        names = con.sql(duck.statement("unpriced_names")).fetchall()
        printed = con.sql(
            "select distinct book, service, brand, model from prices where not is_alias"
            " order by all"
        ).fetchall()
    made = []
    for service, brand, model, key_modes, rows, first_used in names:
        near = _nearest(service, brand, model, printed)
        book, nearest = near if near is not None else (None, None)
        made.append(
            Unpriced(
                service,
                brand,
                model,
                rows,
                first_used,
                nearest,
                f"{book}/aliases.csv" if book else None,
                _csv_line(service, brand, model, nearest) if nearest else None,
                _rate_lines(service, brand, model, key_modes),
            )
        )
    return made


def _nearest(
    service: str, brand: str, model: str, printed: list[tuple[str, str, str, str]]
) -> tuple[str, str] | None:
    """The book and the printed name of the same service and brand that is most alike."""
    best, found = NEAR, None
    for book, of_service, of_brand, name in printed:
        if of_service == service and fold(of_brand) == fold(brand) and fold(model):
            alike = _likeness(fold(model), fold(name))
            if alike > best:
                best, found = alike, (book, name)
    return found


def _likeness(one: str, other: str) -> float:
    def sorted_words(name: str) -> str:
        return " ".join(sorted(re.split(r"[^0-9a-z]+", name)))

    plain = difflib.SequenceMatcher(None, one, other).ratio()
    words = difflib.SequenceMatcher(None, sorted_words(one), sorted_words(other)).ratio()
    return max(plain, words)


def _csv_line(*fields: str) -> str:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(fields)
    return text.getvalue()


def _rate_lines(service: str, brand: str, model: str, key_modes: list[str]) -> tuple[str, ...]:
    """Lines of `rates.csv` for one name, with `PRICE` where the price belongs."""
    known = contract.SERVICES[service]
    return tuple(
        _csv_line(service, brand, model, mode, meter, "PRICE", str(contract.PER[meter]))
        for mode in (key_modes if known.reads_key_mode else ["any"])
        for meter in known.meters
        if meter in contract.PER
    )
