"""How many rows logs have on each usage date. What rows are belongs to `relation`."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from pricing_assets.db.statements import statement

if TYPE_CHECKING:
    import duckdb


def rows_by_usage_date(
    con: "duckdb.DuckDBPyConnection", future_after: datetime
) -> list[tuple[str, date, int]]:
    """Return one (file, usage date, rows) per log of the relation `arrived` and usage date of the
    relation `pieces`, of rows at or before `future_after`, a naive instant of UTC."""
    return con.sql(
        statement("logs/rows_by_usage_date"), params={"future_after": future_after}
    ).fetchall()
