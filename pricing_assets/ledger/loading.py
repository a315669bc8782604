"""Tables of the ledger as relations: stored Parquet, with the dimensions packed as statements take them.

What they hold belongs to `contract.ledger_tables`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.contract.ledger_tables import ledger_tables
from pricing_assets.contract.table_columns import Table
from pricing_assets.db.io import no_rows, scan_parquet

if TYPE_CHECKING:
    import duckdb


def load_table(
    con: "duckdb.DuckDBPyConnection",
    table: Table,
    files: Sequence[Path],
    dimensions: tuple[str, ...],
    view: str,
) -> None:
    """Create a view of all rows of these files of one table; of none where there is no file."""
    from duckdb import ColumnExpression, FunctionExpression

    names = [column.name for column in table.columns]
    packed = tuple(name for name in dimensions if name in names)
    if not files:
        con.execute(f"create or replace temp view {view} as {no_rows(table, packed)}")
        return
    kept = [ColumnExpression(name) for name in names if name not in packed]
    if packed:
        struct = FunctionExpression("struct_pack", *map(ColumnExpression, packed))
        kept.append(struct.alias("dimensions"))
    scan_parquet(con, files).select(*kept).create_view(view)


def load_ledger(
    con: "duckdb.DuckDBPyConnection",
    folders: Sequence[Path],
    dimensions: tuple[str, ...],
    view: str,
) -> None:
    """Create a view of the entries of the folders' dates."""
    files = [folder / "ledger.parquet" for folder in folders]
    load_table(con, ledger_tables(dimensions)["ledger"], files, dimensions, view)
