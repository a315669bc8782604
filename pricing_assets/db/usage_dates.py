"""Usage dates as DuckDB joins them. Which instants a date covers belongs to `contract.usage_dates`."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pricing_assets.contract.usage_dates import Piece
from pricing_assets.contract.usage_log import BLANKS

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def load_pieces(con: "duckdb.DuckDBPyConnection", pieces: list[Piece]) -> None:
    """Create `pieces`, one row per piece of a usage date, and set the blanks that ids are judged
    by."""
    import pyarrow as pa

    def instants(values: Iterable[datetime]) -> "pa.Array":
        return pa.array([value.replace(tzinfo=None) for value in values], pa.timestamp("us"))

    table = pa.table(
        {
            "utc_day": pa.array([piece.utc_day for piece in pieces], pa.date32()),
            "usage_date": pa.array([piece.usage_date for piece in pieces], pa.date32()),
            "span_from": instants(piece.span.start for piece in pieces),
            "span_to": instants(piece.span.end for piece in pieces),
            "rates_from": instants(piece.rates_from for piece in pieces),
        }
    )
    con.register("given_pieces", table)
    con.execute("create or replace temp table pieces as from given_pieces")
    con.unregister("given_pieces")
    con.execute("set variable blanks = $blanks", {"blanks": BLANKS})
