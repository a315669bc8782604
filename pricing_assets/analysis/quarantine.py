"""Quarantine, explained: rows by reason with an example, credits at risk, and how to fix it.

Reads `credits.duckdb`, the versions and the books; decides nothing. What would price a name without
a price belongs to `unpriced`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets.contract.outcomes import QUARANTINE
from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.relations import make_table
from pricing_assets.db.statements import statement
from pricing_assets.home import Blocked, Home, WholeDate
from pricing_assets.rates import Rates
from pricing_assets.rates.relations import load_boundaries, load_contract, load_prices
from pricing_assets.rates.resolution import resolve_names

if TYPE_CHECKING:
    import duckdb


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
    def fix(self) -> str:
        """What to do about it."""
        return QUARANTINE[self.reason]


@contextmanager
def opened(home: Home, rates: Rates) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Open a connection with `quarantine` as published, `billing_types` and `prices`."""
    with duck.connection(within=[home.path]) as con:
        duck.attach_catalog(con, home.catalog, home.path)
        con.execute("create temp view quarantine as from catalog.quarantine")
        load_contract(con)
        load_prices(con, rates)
        yield con


def reasons(home: Home, rates: Rates, day: date | None = None) -> list[Reason]:
    """Return quarantined rows by date and reason, of one date or of all."""
    with opened(home, rates) as con:
        load_boundaries(con, rates)
        make_table(con, "analysis/quarantined_names", "name_requests")
        resolve_names(con)
        found = [
            Reason(*row) for row in con.sql(statement("analysis/quarantine_reasons")).fetchall()
        ]
    order = {reason: place for place, reason in enumerate(QUARANTINE)}
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
    """Return usage without a price of the given dates (None: of all), most credits first."""
    versions = last_attempts(home, days)
    if not versions:
        return []
    folders = [version.folder for version in versions.values()]
    with duck.connection(within=folders) as con:
        scan_parquet(con, [folder / "at_risk.parquet" for folder in folders]).create_view("at_risk")
        return [AtRisk(*row) for row in con.sql(statement("analysis/at_risk_by_name")).fetchall()]


def last_attempts(home: Home, days: Sequence[date] | None = None) -> dict[date, WholeDate]:
    """Return what quarantine shows of each date (None: of all): its blocked attempt where there is
    one, else its last correction, else its version in force."""
    found: dict[date, WholeDate] = {}
    for day in home.dates() if days is None else days:
        if home.blocked(day) is not None:
            found[day] = Blocked(day, 0, home.blocked_folder(day))
        elif (reported := home.reported(day)) is not None:
            found[day] = reported
    return found
