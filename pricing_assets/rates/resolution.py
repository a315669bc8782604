"""The price of each line, or the reason why there is none.

What a price is belongs to `relations`, what it costs to `charges`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pricing_assets.contract.names import fold
from pricing_assets.db.relations import make_table, register

if TYPE_CHECKING:
    import duckdb


def load_names(con: "duckdb.DuckDBPyConnection", logged: Iterable[tuple[str, str, str]]) -> None:
    """Create the relation `names`: one row per logged service, brand and model, the latter two also
    folded, in Python and once for each name."""
    import polars as pl

    register(
        con,
        "names",
        pl.DataFrame(
            [(*name, fold(name[1]), fold(name[2])) for name in logged],
            schema=dict.fromkeys(
                ("service", "brand", "model", "brand_key", "model_key"), pl.String
            ),
            orient="row",
        ),
    )


def resolve_names(con: "duckdb.DuckDBPyConnection") -> None:
    """Create `resolved_names`: one row per name and instant of `name_requests` that a card in force
    holds, with the printed name."""
    logged = con.sql("select distinct service, line_brand, line_model from name_requests")
    load_names(con, logged.fetchall())
    make_table(con, "rates/resolved_names")


def answer(con: "duckdb.DuckDBPyConnection") -> None:
    """Create `price_resolutions`: one row per price that `line_keys` ask for, with the price in
    credits per unit, or the reason why there is none."""
    make_table(con, "rates/price_requests")
    con.execute(
        "create or replace temp view name_requests as"
        " select distinct rates_from, service, line_brand, line_model from price_requests"
    )
    resolve_names(con)
    make_table(con, "rates/price_resolutions")


def agree_prices(con: "duckdb.DuckDBPyConnection") -> None:
    """Create `agreed_prices`: one row per agreement and price that it is about."""
    make_table(con, "rates/agreed_prices")
