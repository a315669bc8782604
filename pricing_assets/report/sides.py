"""What the files of the two states of each date that are compared hold, as relations.

What is concluded of them belongs to `changes`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.contract import tables
from pricing_assets.contract.names import fold
from pricing_assets.contract.usage_log import LOG_COLUMNS
from pricing_assets.db.io import no_rows
from pricing_assets.db.relations import load_stored, register, scan_stored
from pricing_assets.db.statements import statement
from pricing_assets.home.manifests import AliasLine
from pricing_assets.rates.naming import naming_of
from pricing_assets.rates.rates_csv import Name, name_of
from pricing_assets.report.states import Side, StatePair

if TYPE_CHECKING:
    import duckdb


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
    logged = [column.name for column in LOG_COLUMNS]
    names = ["usage_date", *logged, "reason", "file", "row_number"]
    if not folders:
        view_stored(con, "quarantine", [], dimensions, f"{view}_packed")
        types = {column.name: column.type for column in LOG_COLUMNS} | {"usage_date": "date"}
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
    # what a source reads differently says nothing of the rows that it made before
    known = read.filter(
        SQLExpression("(usage_date, file) not in (select (usage_date, file) from mapped_anew)")
    )
    columns = [
        # where the tier is a dimension, it prices nothing
        SQLExpression("cast(null as varchar)").alias(name)
        if name == "tier" and name in dimensions
        else ColumnExpression(name)
        for name in names
    ]
    known.select(*columns, packed).create_view(view)


def register_files(
    con: "duckdb.DuckDBPyConnection", name: str, files: Mapping[date, Sequence[str]]
) -> None:
    """Create a temporary table of logs: one row per date and SHA-256."""
    import polars as pl

    rows = [(day, file) for day, of_day in files.items() for file in of_day]
    schema = {"usage_date": pl.Date, "file": pl.String}
    register(con, name, pl.DataFrame(rows, schema=schema, orient="row"))


def load_compared(con: "duckdb.DuckDBPyConnection", compared: Iterable[StatePair]) -> None:
    """Create the relation `compared`: one row per date, with what is said of a difference that
    nothing explains, and whether names and prices are others."""
    import polars as pl

    rows = [
        (
            one.usage_date,
            one.rest_cause,
            aliases_of(one.old) != aliases_of(one.new),
            one.has_other_prices,
        )
        for one in compared
    ]
    schema = {
        "usage_date": pl.Date,
        "rest_cause": pl.String,
        "has_other_names": pl.Boolean,
        "has_other_prices": pl.Boolean,
    }
    register(con, "compared", pl.DataFrame(rows, schema=schema, orient="row"))


def load_cards(con: "duckdb.DuckDBPyConnection", compared: Iterable[StatePair]) -> None:
    """Create the relation `effective_cards`: when each card of a date took effect, and what a
    credit costs in billionths of a dollar."""
    import polars as pl

    cards = {
        (one.usage_date, card.id): (card.effective_from, int(card.usd_per_credit.scaleb(9)))
        for one in compared
        for side in (one.old, one.new)
        if side.contents is not None
        for card in side.contents.rate_cards
    }
    register(
        con,
        "effective_cards",
        pl.DataFrame(
            [(*card, *effect) for card, effect in cards.items()],
            schema={
                "usage_date": pl.Date,
                "rate_card": pl.String,
                "effective_from": pl.String,
                "usd_billionths": pl.Int64,
            },
            orient="row",
        ),
    )


def aliases_of(side: Side) -> frozenset[AliasLine]:
    """Return the lines of names that a state depends on."""
    return side.contents.prices.aliases if side.contents is not None else frozenset()


def load_names(con: "duckdb.DuckDBPyConnection", compared: Iterable[StatePair]) -> None:
    """Create the relation `row_names`: what the known rows' logged names are called in the charges
    of their date, in each spelling, since two cards may spell one name differently."""
    import polars as pl

    rows = []
    logged = con.sql(
        "select distinct usage_date, side, service, brand, model from known_rows"
    ).fetchall()
    printed: dict[tuple[date, str], dict[Name, list[tuple[str, str]]]] = {}
    if logged:
        for day, side, service, brand, model in con.sql(
            statement("report/changes/printed_names")
        ).fetchall():
            names = printed.setdefault((day, side), {})
            names.setdefault((service, fold(brand), fold(model)), []).append((brand, model))
    lines = {
        (one.usage_date, name): aliases_of(side)
        for one in compared
        for name, side in (("old", one.old), ("new", one.new))
    }
    namings = {of: naming_of(of) for of in {lines[day, side] for day, side, *_ in logged}}
    for day, side, service, brand, model in logged:
        names = printed.get((day, side), {})
        name = name_of(service, brand, model)
        for found in namings[lines[day, side]].ever(name, names.keys()):
            rows += [(day, side, service, brand, model, *spelling) for spelling in names[found]]
    columns = ("side", "service", "line_brand", "line_model", "brand", "model")
    schema = {"usage_date": pl.Date, **dict.fromkeys(columns, pl.String)}
    register(con, "row_names", pl.DataFrame(rows, schema=schema, orient="row"))
