"""What FOCUS rows need to know of grants: the dollars of their credits, and the list price of one.

How the rows are made is in `sql/finance/focus`.
"""

from bisect import bisect_right
from fractions import Fraction
from typing import TYPE_CHECKING

from pricing_assets.db.relations import register
from pricing_assets.finance.period import ExportSource

if TYPE_CHECKING:
    import duckdb


def register_grants(con: "duckdb.DuckDBPyConnection") -> None:
    """Create `focus_grants`: one row per grant, with dollars / credits in lowest terms as `usd` and
    `credits`, so that products of them stay small."""
    import polars as pl

    rows = con.sql("select grant_id, kind, usd_paid, credits from known_grants").fetchall()
    parts = [Fraction(usd) / Fraction(amount) for _, _, usd, amount in rows]
    whole = pl.Decimal(38, 0)
    frame = pl.DataFrame(
        {
            "grant_id": [row[0] for row in rows],
            "kind": [row[1] for row in rows],
            "usd": [part.numerator for part in parts],
            "credits": [part.denominator for part in parts],
        },
        schema={"grant_id": pl.String, "kind": pl.String, "usd": whole, "credits": whole},
    )
    register(con, "focus_grants_in_decimals", frame)
    con.execute(
        "create or replace temp table focus_grants as select * replace"
        " (cast(usd as hugeint) as usd, cast(credits as hugeint) as credits)"
        " from focus_grants_in_decimals"
    )


def register_prices(con: "duckdb.DuckDBPyConnection", source: ExportSource) -> None:
    """Create `focus_credit_prices`: one row per date on which credits are bought or taken back, with
    the dollars of a credit by the newest rate card of that date, or of the nearest date with one."""
    import polars as pl

    days = sorted(
        {
            day
            for (day,) in con.sql(
                "select effective_date from known_grants union select usage_date from known_voids"
            ).fetchall()
        }
    )
    known = sorted(source.credit_prices)
    prices = [
        source.credit_prices[known[max(bisect_right(known, day) - 1, 0)]] if known else None
        for day in days
    ]
    register(
        con,
        "focus_credit_prices",
        pl.DataFrame(
            {"day": days, "usd_per_credit": prices},
            schema={"day": pl.Date, "usd_per_credit": pl.Decimal(18, 9)},
        ),
    )
