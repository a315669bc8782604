"""Charges: usage of one meter x one price = credits, exactly, and their daily sums.

Only staged lines and prices are read here, never a log.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.charges.pricing import rate_lines
from pricing_assets.common.batching import one_by_one
from pricing_assets.contract import tables
from pricing_assets.db.bounded_work import BoundedWork
from pricing_assets.db.io import write_both, write_table
from pricing_assets.db.relations import load_stored, make_table
from pricing_assets.db.statements import statement
from pricing_assets.home import Inputs
from pricing_assets.home.manifests import AliasLine
from pricing_assets.rates import Rates
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.usage.stored_lines import load_lines

if TYPE_CHECKING:
    import duckdb

WRITERS: Mapping[str, Callable[..., None]] = {
    "charges": write_both,
    "daily_usage": write_both,
    "own_key": write_table,
    "at_risk": write_table,
}
"""How each table of a date is written: as Parquet, or as Parquet and CSV."""
FILES = (
    *(f"{name}.parquet" for name in WRITERS),
    *(f"{name}.csv" for name, write in WRITERS.items() if write is write_both),
)


def price_all(
    work: BoundedWork, inputs: Inputs, date_dirs: Mapping[date, Path]
) -> dict[date, list[AliasLine]]:
    """Price the dates together, as `price_dates` does; one that takes more memory or disk than there
    is, or of which an amount is beyond every number, fails by name in `work`."""
    import duckdb

    def price(batch: Sequence[date]) -> dict[date, list[AliasLine]]:
        folders = {day: date_dirs[day] for day in batch}
        with work.connection() as con:
            return price_dates(con, folders, inputs.rates, inputs.settings.dimensions)

    def is_beyond(error: Exception) -> bool:
        return isinstance(error, duckdb.OutOfRangeException | duckdb.ConversionException)

    def fail(day: date, error: Exception) -> None:
        message = str(error).splitlines()[0]
        work.fail(day, f"credits or dollars are more than 38 digits hold: {message}")

    def price_or_fail(batch: Sequence[date]) -> dict[date, list[AliasLine]]:
        return one_by_one(batch, price, is_beyond, fail)

    return work.together(list(date_dirs), price_or_fail)


def price_dates(
    con: "duckdb.DuckDBPyConnection",
    date_dirs: Mapping[date, Path],
    rates: Rates,
    dimensions: tuple[str, ...],
) -> dict[date, list[AliasLine]]:
    """Price each date's staged lines; writes charges and daily_usage as Parquet and CSV, and what
    own-key usage would have cost and what rows without a price may cost as Parquet.

    Gives the lines of names, by their fields, that each date's prices depend on.
    """
    folders = list(date_dirs.values())
    load_contract(con)
    load_prices(con, rates)
    load_lines(con, folders, dimensions)
    load_stored(con, "usage", folders, dimensions, "usage")
    rate_lines(con)
    make_table(con, "charges/daily_usage")
    make_table(con, "charges/own_key")
    make_table(con, "charges/unpriced_quantities", "line_quantities")
    make_table(con, "charges/at_risk")
    for day, folder in date_dirs.items():
        for name, write in WRITERS.items():
            write(
                con,
                tables.stored(name, dimensions),
                f"({statement(f'charges/stored/{name}')})",
                folder / f"{name}.parquet",
                dimensions,
                usage_date=day,
            )
    return used_aliases(con, date_dirs, rates)


def used_aliases(
    con: "duckdb.DuckDBPyConnection", days: Iterable[date], rates: Rates
) -> dict[date, list[AliasLine]]:
    """Return the fields of the lines, as the books hold them, through which logged names found a
    price."""
    used: dict[date, list[AliasLine]] = {day: [] for day in days}
    for day, place in con.sql(statement("charges/used_aliases")).fetchall():
        line = rates.name_lines[place].fields
        if line not in used[day]:
            used[day].append(line)
    return used
