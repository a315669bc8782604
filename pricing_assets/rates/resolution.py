"""The price of each line, or the reason why there is none.

What a price is belongs to `relations`, what it costs to `charges`.
"""

from typing import TYPE_CHECKING

from pricing_assets.contract.names import fold
from pricing_assets.db.relations import make_table, register

if TYPE_CHECKING:
    import duckdb


def load_names(con: "duckdb.DuckDBPyConnection") -> None:
    """The relation `names`: logged names, folded in Python once per distinct name."""
    import polars as pl

    logged = con.sql("select distinct service, line_brand, line_model from asks").fetchall()
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


def answer(con: "duckdb.DuckDBPyConnection") -> None:
    """What every price that `line_keys` ask for is answered with: the relation `answers`."""
    make_table(con, "rates/price_requests", "asks")
    load_names(con)
    make_table(con, "rates/price_resolutions", "answers")
