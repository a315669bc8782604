"""Totals of usage as a run and Dagster show them: by organization, by billing type, by date.

Where the tables come from belongs to `charges` and `report`; how a total looks, to `pipelines`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.statements import statement
from pricing_assets.home import Home, Version


@dataclass(frozen=True)
class Total:
    """Events, or charges, of a name, and their credits: Decimal(38, 9)."""

    name: str
    count: int
    credits: Decimal


@dataclass(frozen=True)
class DateTotals:
    """Totals of one usage date, the most credits first."""

    organizations: list[Total]
    billing_types: list[Total]


def by_organization(home: Home, days: Sequence[date]) -> list[Total]:
    """Return events and credits of each organization on published dates, the most credits first."""
    with duck.open_catalog(home.catalog, home.path) as con:
        found = con.execute(statement("analysis/totals/organizations"), {"days": list(days)})
        return [Total(*row) for row in found.fetchall()]


def of_versions(
    home: Home, versions: Mapping[date, Version], most: int, limits: duck.Limits | None = None
) -> dict[date, DateTotals]:
    """Return the totals of each date's version, with at most so many organizations of each."""
    totals = {day: DateTotals([], []) for day in versions}
    if not versions:
        return totals
    with duck.connection(limits, home.scratch, [home.path]) as con:
        files = [version.folder / "daily_usage.parquet" for version in versions.values()]
        scan_parquet(con, files).create_view("daily_usage")
        named = con.sql(statement("analysis/totals/organizations_of_dates"), params={"most": most})
        for day, *row in named.fetchall():
            totals[day].organizations.append(Total(*row))
        for day, *row in con.sql(statement("analysis/totals/billing_types_of_dates")).fetchall():
            totals[day].billing_types.append(Total(*row))
    return totals


def of_charges(
    home: Home, staged: Mapping[date, Path], limits: duck.Limits | None = None
) -> dict[date, tuple[int, Decimal]]:
    """Return how many charges each staged date has, and their credits."""
    totals = dict.fromkeys(staged, (0, Decimal(0)))
    if not staged:
        return totals
    with duck.connection(limits, home.scratch, [home.path]) as con:
        files = [folder / "charges.parquet" for folder in staged.values()]
        scan_parquet(con, files).create_view("charges")
        found = con.sql(statement("analysis/totals/charges_of_dates")).fetchall()
    return totals | {day: (charges, credits) for day, charges, credits in found}
