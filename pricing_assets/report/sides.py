"""The two states of a date that are compared, and what their files hold as relations.

What is concluded of them belongs to `changes`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.contract import tables
from pricing_assets.contract.names import fold
from pricing_assets.contract.usage_log import LOG_COLUMNS
from pricing_assets.db.io import no_rows
from pricing_assets.db.relations import load_stored, register, scan_stored
from pricing_assets.db.statements import statement
from pricing_assets.home.manifests import AliasLine, Contents
from pricing_assets.rates.naming import naming_of
from pricing_assets.rates.rates_csv import name_of

if TYPE_CHECKING:
    import duckdb


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


def view_stored(
    con: "duckdb.DuckDBPyConnection",
    name: str,
    folders: Iterable[Path],
    dimensions: tuple[str, ...],
    view: str,
) -> None:
    """Create a view of the folders' Parquet of this name; of no rows where there is no folder."""
    found = list(folders)
    if found:
        if dimensions:
            load_stored(con, name, found, dimensions, view)
            return
        paths = [folder / f"{name}.parquet" for folder in found]
        scan_stored(con, tables.stored(name, dimensions), paths).create_view(view)
        return
    empty = no_rows(tables.stored(name, dimensions), dimensions)
    con.execute(f"create or replace temp view {view} as {empty}")


def load_quarantine(
    con: "duckdb.DuckDBPyConnection",
    folders: list[Path],
    dimensions: tuple[str, ...],
    view: str,
) -> None:
    """Create a view of quarantined rows: the log's columns, reason, file and row number, dimensions
    packed."""
    names = [column.name for column in LOG_COLUMNS] + ["reason", "file", "row_number"]
    if not folders:
        view_stored(con, "quarantine", [], dimensions, f"{view}_packed")
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
    paths = [folder / "quarantine.parquet" for folder in folders]
    read = scan_stored(con, tables.stored("quarantine", dimensions), paths)
    # what a source reads otherwise says nothing of the rows that it made before
    known = read.filter(SQLExpression("file not in (select file from mapped_anew)"))
    columns = [
        # where the tier is a dimension, it prices nothing
        SQLExpression("cast(null as varchar)").alias(name)
        if name == "tier" and name in dimensions
        else ColumnExpression(name)
        for name in names
    ]
    known.select(*columns, packed).create_view(view)


def register_texts(
    con: "duckdb.DuckDBPyConnection", name: str, column: str, values: list[str]
) -> None:
    """Create a temporary table of one column of text."""
    import polars as pl

    register(con, name, pl.DataFrame({column: values}, schema={column: pl.String}))


def load_cards(con: "duckdb.DuckDBPyConnection", sides: Iterable[Side]) -> None:
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


def aliases_of(side: Side) -> frozenset[AliasLine]:
    """Return the lines of names that a state depends on."""
    return side.contents.prices.aliases if side.contents is not None else frozenset()


def load_names(con: "duckdb.DuckDBPyConnection", old: Side, new: Side) -> None:
    """Create the relation `row_names`: what the known rows' logged names are called in the charges,
    in each spelling, since two cards may spell one name differently."""
    import polars as pl

    rows = []
    printed: dict[tuple[str, str, str, str], list[tuple[str, str]]] = {}
    for side, service, brand, model in con.sql(
        statement("report/changes/printed_names")
    ).fetchall():
        printed.setdefault((side, service, fold(brand), fold(model)), []).append((brand, model))
    namings = {name: naming_of(aliases_of(side)) for name, side in (("old", old), ("new", new))}
    names = {side: {key[1:] for key in printed if key[0] == side} for side in namings}
    logged = con.sql("select distinct side, service, brand, model from known_rows").fetchall()
    for side, service, brand, model in logged:
        for name in namings[side].ever(name_of(service, brand, model), names[side]):
            spellings = printed[side, *name]
            rows += [(side, service, brand, model, *spelling) for spelling in spellings]
    columns = ("side", "service", "line_brand", "line_model", "brand", "model")
    schema = dict.fromkeys(columns, pl.String)
    register(con, "row_names", pl.DataFrame(rows, schema=schema, orient="row"))
