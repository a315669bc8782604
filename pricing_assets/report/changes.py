"""Changes: why a date's charges are not what they were, per charge and cause, without remainder.

Two versions' stored files are compared; no log and no rate book is read, nothing is decided here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import files
from pricing_assets.contract import tables
from pricing_assets.contract.names import fold
from pricing_assets.contract.usage_log import LOG_COLUMNS
from pricing_assets.db import connection as duck
from pricing_assets.db.io import no_rows, scan_parquet, write_table
from pricing_assets.db.relations import load_stored, make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.home import Reported
from pricing_assets.home.manifests import AliasLine, Contents, Output, Sums
from pricing_assets.rates.naming import naming_of
from pricing_assets.rates.rates_csv import name_of
from pricing_assets.rates.relations import load_contract

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


@dataclass(frozen=True)
class Side:
    """One state of a date: where its files lie, and what its manifest says; neither where there was
    none."""

    folder: Path | None = None
    contents: Contents | None = None

    @property
    def files(self) -> frozenset[str]:
        """SHA-256 of the logs it was made of."""
        return self.contents.logs if self.contents else frozenset()

    @property
    def sources(self) -> dict[str, str | None]:
        """Digests of the sources that read its logs, by SHA-256 of these."""
        inputs = self.contents.inputs if self.contents else ()
        return {one.sha256: one.source_sha256 for one in inputs}

    @property
    def prices(self) -> tuple[tuple[object, ...], ...]:
        """What of the rate books it depends on."""
        if self.contents is None:
            return (), (), ()
        return self.contents.rate_cards, self.contents.agreements, self.contents.aliases


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
        load(con, "charges", folders, dimensions, f"{name}_charges")
        _load_quarantine(con, folders, dimensions, f"{name}_quarantine")
        load(con, "snapshots", folders, (), f"{name}_snapshots")
    _load_cards(con, (old, new))
    register_texts(con, "old_files", "file", sorted(old.files))
    make_table(con, "report/changes/changed_charges", "cells")
    make_table(con, "report/changes/known_row_changes", "known_rows")
    _load_names(con, old, new)
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
    con.execute("set variable other_names = ?", [_aliases(old) != _aliases(new)])
    make_table(con, "report/changes/waterfall", "walk")
    make_table(con, "report/changes/changes")


def _other_rules(old: Contents | None, new: Contents | None) -> bool:
    """Return whether the rules of the code or of the time zone were others."""
    if old is None or new is None:
        return False
    return (old.rules_version, old.spans) != (new.rules_version, new.spans)


def load(
    con: "duckdb.DuckDBPyConnection",
    name: str,
    folders: Iterable[Path],
    dimensions: tuple[str, ...],
    view: str,
) -> None:
    """Create a view of the folders' Parquet of this name; of no rows where there is no folder."""
    found = list(folders)
    if found:
        load_stored(con, name, found, dimensions, view) if dimensions else scan_parquet(
            con, [folder / f"{name}.parquet" for folder in found]
        ).create_view(view)
        return
    empty = no_rows(tables.stored(name, dimensions), dimensions)
    con.execute(f"create or replace temp view {view} as {empty}")


def _load_quarantine(
    con: "duckdb.DuckDBPyConnection",
    folders: list[Path],
    dimensions: tuple[str, ...],
    view: str,
) -> None:
    """Create a view of quarantined rows: the log's columns, reason, file and row number, dimensions
    packed."""
    names = [column.name for column in LOG_COLUMNS] + ["reason", "file", "row_number"]
    if not folders:
        load(con, "quarantine", [], dimensions, f"{view}_packed")
        types = {column.name: column.type for column in LOG_COLUMNS}
        plain = ", ".join(f"cast(null as {types.get(name, 'varchar')}) as {name}" for name in names)
        con.execute(
            f"create or replace temp view {view} as select {plain}, dimensions from {view}_packed"
        )
        return
    from duckdb import ColumnExpression, FunctionExpression, SQLExpression

    packed = FunctionExpression(
        "struct_pack", *(ColumnExpression(dimension) for dimension in dimensions)
    ).alias("dimensions")
    read = scan_parquet(con, [folder / "quarantine.parquet" for folder in folders])
    # what a source reads otherwise says nothing of the rows that it made before
    known = read.filter(SQLExpression("file not in (select file from mapped_anew)"))
    known.select(*(ColumnExpression(name) for name in names), packed).create_view(view)


def register_texts(
    con: "duckdb.DuckDBPyConnection", name: str, column: str, values: list[str]
) -> None:
    """Create a temporary table of one column of text."""
    import polars as pl

    register(con, name, pl.DataFrame({column: values}, schema={column: pl.String}))


def _load_cards(con: "duckdb.DuckDBPyConnection", sides: Iterable[Side]) -> None:
    """Create the relation `effective_cards`: when each card took effect, and what a credit costs in
    cents."""
    import polars as pl

    cards = {
        card.id: (card.effective_from, int(card.usd_per_credit * 100))
        for side in sides
        if side.contents is not None
        for card in side.contents.rate_cards
    }
    register(
        con,
        "effective_cards",
        pl.DataFrame(
            [(card, *effect) for card, effect in cards.items()],
            schema={"rate_card": pl.String, "effective_from": pl.String, "cents": pl.Int64},
            orient="row",
        ),
    )


def _aliases(side: Side) -> frozenset[AliasLine]:
    """Return the lines of names that a state depends on."""
    return side.contents.prices.aliases if side.contents is not None else frozenset()


def _load_names(con: "duckdb.DuckDBPyConnection", old: Side, new: Side) -> None:
    """Create the relation `row_names`: what the known rows' logged names are called in the charges,
    in each spelling, since two cards may spell one name differently."""
    import polars as pl

    rows = []
    printed: dict[tuple[str, str, str, str], list[tuple[str, str]]] = {}
    for side, service, brand, model in con.sql(
        statement("report/changes/printed_names")
    ).fetchall():
        printed.setdefault((side, service, fold(brand), fold(model)), []).append((brand, model))
    namings = {name: naming_of(_aliases(side)) for name, side in (("old", old), ("new", new))}
    names = {side: {key[1:] for key in printed if key[0] == side} for side in namings}
    logged = con.sql("select distinct side, service, brand, model from known_rows").fetchall()
    for side, service, brand, model in logged:
        for name in namings[side].ever(name_of(service, brand, model), names[side]):
            spellings = printed[side, *name]
            rows += [(side, service, brand, model, *spelling) for spelling in spellings]
    columns = ("side", "service", "line_brand", "line_model", "brand", "model")
    schema = dict.fromkeys(columns, pl.String)
    register(con, "row_names", pl.DataFrame(rows, schema=schema, orient="row"))
