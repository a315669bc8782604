"""Relations from frames, statements and stored files. No rule of the contract belongs here."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.contract import tables
from pricing_assets.contract.table_columns import Table
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.statements import run, statement

if TYPE_CHECKING:
    import duckdb


def register(con: "duckdb.DuckDBPyConnection", name: str, frame: object) -> None:
    """Copy a frame into a temporary table of this name."""
    con.register(f"given_{name}", frame)
    con.execute(f"create or replace temp table {name} as from given_{name}")
    con.unregister(f"given_{name}")


def make_table(con: "duckdb.DuckDBPyConnection", name: str, table: str = "") -> None:
    """Run `sql/NAME.sql` into a temporary table, of its last name if not of another."""
    table = table or name.rpartition("/")[2]
    run(con, f"create or replace temp table {table} as {statement(name)}")


def scan_stored(
    con: "duckdb.DuckDBPyConnection", table: Table, files: Sequence[Path]
) -> "duckdb.DuckDBPyRelation":
    """Return a lazy scan of Parquet files of one table, also of those that were stored without
    columns of token classes."""
    if not table.classes:
        return scan_parquet(con, files)
    from duckdb import SQLExpression, StarExpression

    read = scan_parquet(con, files, by_name=True)
    held = [name for name in table.filled if name in read.columns]
    return read.select(
        StarExpression(exclude=held),
        *(
            SQLExpression(f"coalesce({name}, {nothing})" if name in held else nothing).alias(name)
            for name, nothing in table.filled.items()
        ),
    )


def load_stored(
    con: "duckdb.DuckDBPyConnection",
    name: str,
    folders: Sequence[Path],
    dimensions: tuple[str, ...],
    view: str,
) -> None:
    """Create a view of all the folders' Parquet of this name, with the dimensions packed again."""
    from duckdb import ColumnExpression, FunctionExpression

    table = tables.stored(name, dimensions)
    read = scan_stored(con, table, [folder / f"{name}.parquet" for folder in folders])
    packed = FunctionExpression(
        "struct_pack", *(ColumnExpression(dimension) for dimension in dimensions)
    ).alias("dimensions")
    kept = [
        ColumnExpression(column.name) for column in table.columns if column.name not in dimensions
    ]
    read.select(*kept, packed).create_view(view)
