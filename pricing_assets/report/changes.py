"""Changes: why a date's charges are not what they were, per charge and cause, without remainder.

The stored files of two states of each date are compared, many dates at once; no log and no rate
book is read, nothing is decided here.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import files
from pricing_assets.contract import tables
from pricing_assets.db.io import write_both
from pricing_assets.db.relations import make_table
from pricing_assets.db.statements import statement
from pricing_assets.home.manifests import CauseSums, Output
from pricing_assets.rates.relations import load_contract
from pricing_assets.report.sides import (
    load_cards,
    load_compared,
    load_names,
    load_quarantine,
    register_files,
    view_stored,
)
from pricing_assets.report.states import StatePair

if TYPE_CHECKING:
    import duckdb

NAMES = ("changes.csv", "changes.parquet")
"""What every version after the first carries beside its outputs."""
CAUSES = {
    "late_usage": "usage of files that were not there before",
    "withdrawn": "usage taken back: its log was withdrawn, or its id came again with other contents",
    "mapping": "the same logs, read differently by their source",
    "quarantine": "rows that lost their price, or found one",
    "price_change": "the same usage under other prices or printed names",
    "names": "the same usage under another printed name, by an alias, a pattern or a brand",
    "agreement_or_cap": "the same usage under another agreement or own-key cap",
    "rules": "rules of the code or of the time zone changed",
}
"""The causes, in the order in which they are taken one after the other."""


def output(file: Path) -> Output:
    """Return what a manifest says of a written table."""
    import pyarrow.parquet as pq

    rows = pq.read_metadata(file.with_suffix(".parquet")).num_rows
    return Output(files.sha256_of(file), file.stat().st_size, rows)


def write(
    con: "duckdb.DuckDBPyConnection",
    compared: Mapping[Path, StatePair],
    dimensions: tuple[str, ...],
) -> dict[date, dict[str, CauseSums]]:
    """Write `changes.*` of dates, each into the folder named; returns their sums by cause."""
    table = tables.stored("changes", dimensions)
    compare(con, list(compared.values()), dimensions)
    of_date = "(select * from changes where usage_date = $usage_date)"
    for target, one in compared.items():
        file = target / "changes.parquet"
        write_both(con, table, of_date, file, dimensions, usage_date=one.usage_date)
    sums: dict[date, dict[str, CauseSums]] = {one.usage_date: {} for one in compared.values()}
    for day, cause, credits, usd in _sums(con):
        sums[day][cause] = CauseSums(credits, usd)
    return sums


def _sums(con: "duckdb.DuckDBPyConnection") -> list[tuple[date, str, Decimal, Decimal]]:
    """Return credits and dollars by date and cause, in the causes' order."""
    sums = con.sql(
        "select usage_date, cause, sum(credits), sum(usd) from changes group by usage_date, cause"
    ).fetchall()
    order = list(CAUSES)
    return sorted(sums, key=lambda row: order.index(row[1]))


def compare(
    con: "duckdb.DuckDBPyConnection", compared: Sequence[StatePair], dimensions: tuple[str, ...]
) -> None:
    """Create the relation `changes`: one row per charge and cause of its difference, of all dates."""
    load_contract(con)
    load_compared(con, compared)
    register_files(con, "mapped_anew", {one.usage_date: one.mapped_anew for one in compared})
    register_files(con, "old_files", {one.usage_date: sorted(one.old.files) for one in compared})
    for name, sides in (
        ("old", [one.old for one in compared]),
        ("new", [one.new for one in compared]),
    ):
        folders = [side.folder for side in sides if side.folder is not None]
        view_stored(con, "charges", folders, dimensions, f"{name}_charges")
        load_quarantine(con, folders, dimensions, f"{name}_quarantine")
        view_stored(con, "snapshots", folders, (), f"{name}_snapshots")
    load_cards(con, compared)
    make_table(con, "report/changes/changed_charges", "cells")
    make_table(con, "report/changes/known_row_changes", "known_rows")
    load_names(con, compared)
    make_table(con, "report/changes/unexplained_quantities", "rests")
    if any(one.has_other_prices for one in compared):
        # within one name of one organization first, then between names of one meter
        for pool in ("k_id", "g_id"):
            con.execute(f"create or replace temp view pools as select *, {pool} as pool from rests")
            con.execute(
                f"create or replace temp table moved as {statement('report/changes/moved_quantities')}"
            )
            con.execute("create or replace temp table rests as from moved")
    make_table(con, "report/changes/waterfall", "walk")
    make_table(con, "report/changes/changes")
