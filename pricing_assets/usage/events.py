"""Events: the rows of logs on given dates, as the relation `events`.

How a log becomes a relation belongs to `logs`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pricing_assets.contract import usage_dates
from pricing_assets.db.statements import statement
from pricing_assets.home import Home, Receipt, derived
from pricing_assets.home.settings import HomeSettings
from pricing_assets.logs.relation import relation_of

if TYPE_CHECKING:
    import duckdb


def load_events(
    con: "duckdb.DuckDBPyConnection",
    home: Home,
    logs: Sequence[Receipt],
    pieces: Sequence[usage_dates.Piece],
    settings: HomeSettings,
) -> None:
    """Create the view `events`: every row of the logs on these dates."""
    derived.ensure(home, logs)
    sources = [derived.stored(home, log) for log in logs]
    first = min(piece.span.start for piece in pieces)
    last = max(piece.span.end for piece in pieces)
    view_dated(con, relation_of(con, sources, settings.dimensions, (first, last)), pieces)
    con.execute(f"create or replace temp view events as {statement('usage/log_rows')}")


def view_dated(
    con: "duckdb.DuckDBPyConnection",
    logged: "duckdb.DuckDBPyRelation",
    pieces: Sequence[usage_dates.Piece],
) -> None:
    """Create the view `dated`: rows of the pieces' dates, each with its date and interval."""
    import duckdb
    from duckdb import ConstantExpression, StarExpression

    if len(pieces) > 1:
        logged.create_view("logged")
        con.execute(f"create or replace temp view dated as {statement('usage/dated_rows')}")
        return
    # One piece is all there is: the common case, and a tenth cheaper without a join.
    ((day, since),) = ((piece.usage_date, piece.rates_from) for piece in pieces)
    logged.select(
        StarExpression(),
        ConstantExpression(day).cast(duckdb.dtype("DATE")).alias("usage_date"),
        ConstantExpression(since.replace(tzinfo=None))
        .cast(duckdb.dtype("TIMESTAMP"))
        .alias("rates_from"),
    ).create_view("dated_alike")
    # A temporary view goes before one that a relation makes: two of one name would be the first.
    con.execute("create or replace temp view dated as from dated_alike")
