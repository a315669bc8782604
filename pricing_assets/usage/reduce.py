"""Usage: reduce the logs of usage dates to lines, and decide every row's outcome.

One scan sums all rows; only rows that may not count are looked at by themselves, and those of one
file that are all alike together. Credits are not computed here.
"""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.db.relations import make_table
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home.inputs import Inputs
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.rates.resolution import answer
from pricing_assets.usage.engine import DuckDB, Engine
from pricing_assets.usage.staging import Reduced, staged, write_date

if TYPE_CHECKING:
    import duckdb


def reduce_dates(
    con: "duckdb.DuckDBPyConnection",
    inputs: Inputs,
    days: Sequence[date],
    stage: Path,
    engine: Engine | None = None,
    only: Collection[str] | None = None,
) -> Reduced:
    """Reduce all rows of the dates, and write each date's tables under `stage`; those of the logs
    `only` (by SHA-256), where they are named."""
    rates, settings = inputs.rates, inputs.settings
    isodays = {day.isoformat() for day in days}
    logs = [
        receipt
        for receipt in inputs.receipts
        if isodays & receipt.dates.keys() and (only is None or receipt.file in only)
    ]
    engine = engine or DuckDB()
    pieces = rates.pieces(days, settings.timezone)
    if not logs or not pieces:  # all their rows lie on other dates now
        return Reduced(
            {day: write_date(con, day, settings.dimensions, stage, is_empty=True) for day in days}
        )
    load_pieces(con, pieces)
    load_contract(con)
    load_prices(con, rates)
    engine.open(con, inputs, logs, pieces)
    reduce_events(con, engine)
    for name in ("usage", "account", "snapshots"):
        make_table(con, f"usage/{name}")
    make_quarantined(con)
    classed = {day for (day,) in con.sql(statement("usage/dates_with_classes")).fetchall()}
    con.execute("drop table decided_rows; drop table classified_rollups")
    return staged(con, days, settings.dimensions, stage, classed)


def reduce_events(
    con: "duckdb.DuckDBPyConnection", engine: Engine, *, one_by_one: bool = False
) -> None:
    """Create, from the engine's events and the prices, `lines` and `rated_lines`, `classified_rollups`
    (the rules that each rollup breaks, and its key), and `outcomes`, which holds every row that is not
    rated: those of one file that are all alike as one row with their number, or each by itself."""
    engine.rollups(con)
    make_table(con, "usage/classified_rollups")
    con.execute("drop table rollups")
    con.execute(
        "create or replace temp view line_keys as from classified_rollups where reason is null"
    )
    answer(con)
    make_table(con, "usage/candidate_lines")
    engine.candidate_rows(con)
    con.execute(
        f"create or replace temp table candidate_groups as {statement('usage/candidate_groups')}",
        {"one_by_one": one_by_one},
    )
    make_table(con, "usage/decided_rows")
    for name in ("lines", "rated_lines", "outcomes"):
        make_table(con, f"usage/{name}")


def make_quarantined(con: "duckdb.DuckDBPyConnection") -> None:
    """Create the view `quarantined_rows`, from `outcomes`. Only where several rows that are all alike
    ended in quarantine, where each is listed, are the logs read for them once more."""
    several = con.sql(
        "select count(*) from outcomes where rows > 1 and is_quarantined(outcome)"
    ).fetchall()
    if several == [(0,)]:
        con.execute(
            "create temp table quarantined_copies (file text, first_row bigint, row_number bigint)"
        )
    else:
        make_table(con, "usage/quarantined_copies")
    con.execute(
        f"create or replace temp view quarantined_rows as {statement('usage/quarantined_rows')}"
    )
