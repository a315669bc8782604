"""Lines x prices: from stored lines alone a date is priced again, under any prices that are loaded.

What is done with the charges of a date belongs to `price`.
"""

from typing import TYPE_CHECKING

from pricing_assets.db.relations import make_table
from pricing_assets.rates.resolution import agree_prices, answer
from pricing_assets.usage.stored_lines import view_rated_lines

if TYPE_CHECKING:
    import duckdb


def rate_lines(con: "duckdb.DuckDBPyConnection") -> None:
    """Create `rated_lines` (a view) and `charges` from `lines`, under the prices that are
    loaded."""
    con.execute("create or replace temp view line_keys as from lines")
    answer(con)
    view_rated_lines(con)
    price_lines(con)


def price_lines(con: "duckdb.DuckDBPyConnection") -> None:
    """Create `charges` from `rated_lines`, and `agreed`: the agreements that they go by."""
    agree_prices(con)
    make_table(con, "charges/usage_to_price", "usage_sums")
    make_table(con, "charges/applicable_agreements", "agreed")
    make_table(con, "charges/charges")
