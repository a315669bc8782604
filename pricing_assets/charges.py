"""Charges: usage of one meter x one price = credits, exactly, and their daily sums.

Only staged usage and prices are read here, never a log.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets import contract, duck
from pricing_assets.rates import Rates
from pricing_assets.usage import load_contract, load_prices, make_table

if TYPE_CHECKING:
    import duckdb

TABLES = ("charges", "daily_usage")


def rate_dates(
    con: "duckdb.DuckDBPyConnection",
    stages: Mapping[date, Path],
    rates: Rates,
    dimensions: tuple[str, ...],
) -> None:
    """Price each date's staged usage; writes charges and daily_usage as Parquet and CSV."""
    load_contract(con)
    load_prices(con, rates)
    load_staged(con, "usage", list(stages.values()), dimensions)
    for name in TABLES:
        make_table(con, name)
    for day, folder in stages.items():
        for name in TABLES:
            for suffix in ("parquet", "csv"):
                duck.write(
                    con,
                    contract.stored(name, dimensions),
                    f"({duck.statement(f'stored/{name}')})",
                    folder / f"{name}.{suffix}",
                    dimensions,
                    usage_date=day,
                )


def load_staged(
    con: "duckdb.DuckDBPyConnection",
    name: str,
    folders: Sequence[Path],
    dimensions: tuple[str, ...],
) -> None:
    """A table of all the dates' Parquet of this name, with the dimensions packed again."""
    from duckdb import ColumnExpression, FunctionExpression

    read = duck.scan(con, [folder / f"{name}.parquet" for folder in folders])
    packed = FunctionExpression(
        "struct_pack", *(ColumnExpression(dimension) for dimension in dimensions)
    ).alias("dimensions")
    kept = [
        ColumnExpression(column.name)
        for column in contract.stored(name, dimensions).columns
        if column.name not in dimensions
    ]
    read.select(*kept, packed).create_view(f"staged_{name}")
    con.execute(f"create or replace temp table {name} as from staged_{name}")
