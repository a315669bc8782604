"""Changes: why a date's charges are not what they were, per charge and cause, without remainder.

Two versions' stored files are compared; no log and no rate book is read, nothing is decided here.
"""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import files
from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import write_table
from pricing_assets.db.relations import make_table
from pricing_assets.db.statements import statement
from pricing_assets.home import Reported
from pricing_assets.home.manifests import Contents, Output, Sums
from pricing_assets.rates.relations import load_contract
from pricing_assets.report.sides import (
    Side,
    aliases_of,
    load_cards,
    load_names,
    load_quarantine,
    register_texts,
    view_stored,
)

if TYPE_CHECKING:
    import duckdb

NAMES = ("changes.csv", "changes.parquet")
"""What every version after the first carries beside its outputs."""
CAUSES = {
    "late_usage": "usage of files that were not there before",
    "withdrawn": "usage taken back: its log was withdrawn, or its id came again with other contents",
    "mapping": "the same logs, read otherwise by their source",
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
    before: Reported | None, folder: Path, contents: Contents, dimensions: tuple[str, ...]
) -> tuple[Contents, dict[str, Sums]]:
    """Write `changes.*` into the folder; returns the contents with these files, and their sums by
    cause."""
    old = Side(before.folder, before.manifest) if before else Side()
    sums = write_files(old, Side(folder, contents), folder, dimensions)
    written = {name: output(folder / name) for name in NAMES}
    return replace(contents, outputs=contents.outputs | written), sums


def write_files(old: Side, new: Side, target: Path, dimensions: tuple[str, ...]) -> dict[str, Sums]:
    """Write `changes.*` of two states into the target folder; gives their sums by cause."""
    table = tables.stored("changes", dimensions)
    sides = [side.folder for side in (old, new) if side.folder is not None]
    with duck.connection(within=[target, *sides]) as con:
        compare(con, old, new, dimensions)
        for name in NAMES:
            write_table(con, table, "changes", target / name, dimensions)
        return {cause: Sums(credits, usd) for cause, credits, usd in _sums(con)}


def _sums(con: "duckdb.DuckDBPyConnection") -> list[tuple[str, Decimal, Decimal]]:
    """Return credits and dollars by cause, in the causes' order."""
    sums = con.sql("select cause, sum(credits), sum(usd) from changes group by cause").fetchall()
    order = list(CAUSES)
    return sorted(sums, key=lambda row: order.index(row[0]))


def compare(
    con: "duckdb.DuckDBPyConnection", old: Side, new: Side, dimensions: tuple[str, ...]
) -> None:
    """Create the relation `changes`: one row per charge and cause of its difference."""
    load_contract(con)
    before, now = old.sources, new.sources
    mapped_anew = [file for file in sorted(old.files & new.files) if before[file] != now[file]]
    register_texts(con, "mapped_anew", "file", mapped_anew)
    for name, side in (("old", old), ("new", new)):
        folders = [side.folder] if side.folder else []
        view_stored(con, "charges", folders, dimensions, f"{name}_charges")
        load_quarantine(con, folders, dimensions, f"{name}_quarantine")
        view_stored(con, "snapshots", folders, (), f"{name}_snapshots")
    load_cards(con, (old, new))
    register_texts(con, "old_files", "file", sorted(old.files))
    make_table(con, "report/changes/changed_charges", "cells")
    make_table(con, "report/changes/known_row_changes", "known_rows")
    load_names(con, old, new)
    make_table(con, "report/changes/unexplained_quantities", "rests")
    if old.prices != new.prices:
        # within one name of one organization first, then between names of one meter
        for pool in ("k_id", "g_id"):
            con.execute(f"create or replace temp view pools as select *, {pool} as pool from rests")
            con.execute(
                f"create temp table {pool}_moved as {statement('report/changes/moved_quantities')}"
            )
            con.execute(f"create or replace temp table rests as from {pool}_moved")
    con.execute("drop view if exists pools")
    if _other_rules(old.contents, new.contents):
        rest = "rules"
    elif mapped_anew:
        rest = "mapping"
    elif new.files - old.files:
        rest = "late_and_withdrawn" if old.files - new.files else "late_usage"
    elif old.files - new.files:
        rest = "withdrawn"
    else:
        rest = "quarantine" if old.prices != new.prices else "rules"
    con.execute("set variable rest_cause = ?", [rest])
    con.execute("set variable other_names = ?", [aliases_of(old) != aliases_of(new)])
    make_table(con, "report/changes/waterfall", "walk")
    make_table(con, "report/changes/changes")


def _other_rules(old: Contents | None, new: Contents | None) -> bool:
    """Return whether the rules of the code or of the time zone were others."""
    if old is None or new is None:
        return False
    return (old.rules_version, old.spans) != (new.rules_version, new.spans)
