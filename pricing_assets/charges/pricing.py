"""Lines x prices: from stored lines alone a date is priced again, under any prices that are loaded.

What is done with the charges of a date belongs to `price`.
"""

from typing import TYPE_CHECKING

from pricing_assets.db.relations import make_table
from pricing_assets.db.statements import statement
from pricing_assets.rates.resolution import answer

if TYPE_CHECKING:
    import duckdb


def rate_lines(con: "duckdb.DuckDBPyConnection") -> None:
    """From `lines`: `rated_lines` (a view) and `charges`, under the prices that are loaded."""
    con.execute("create or replace temp view line_keys as from lines")
    answer(con)
    con.execute(f"create or replace temp view rated_lines as {statement('usage/rated_lines')}")
    price_lines(con)


def price_lines(con: "duckdb.DuckDBPyConnection") -> None:
    """From `rated_lines`: `charges`, and `agreed`, the agreements that they go by."""
    make_table(con, "rates/agreed_prices")
    make_table(con, "charges/usage_to_price", "usage_sums")
    make_table(con, "charges/applicable_agreements", "agreed")
    make_table(con, "charges/charges")
