"""The relations that lead from the charges of a version back to its events.

`explain` asks about some charges of one organization, the pages show the first events of all.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pricing_assets.charges.pricing import price_lines
from pricing_assets.db.relations import load_stored, make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Home, Version, pinned_inputs, pinned_logs
from pricing_assets.rates import books as rates
from pricing_assets.rates.book_names import book_name
from pricing_assets.rates.naming import file_of
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.usage import reduce as usage
from pricing_assets.usage.engine import DuckDB
from pricing_assets.usage.events import load_events

if TYPE_CHECKING:
    import duckdb


def load_explained(
    con: "duckdb.DuckDBPyConnection", home: Home, version: Version, org_id: str | None = None
) -> None:
    """Create the relations `explained_events`, `published` (the version's charges) and `outcomes`,
    of one organization or of all. Reads only the logs that the version's manifest names;
    NoLongerThere where something that it pins is gone."""
    manifest = version.manifest
    settings = pinned_inputs.settings_of(manifest)
    names = home.settings().books
    books = [book for name in names for book in rates.load_named([name]).books]
    prices = pinned_inputs.rates_of(manifest, books)
    logs = pinned_logs.logs_of(home, manifest)
    pieces = prices.pieces([version.usage_date], settings.timezone)
    load_pieces(con, pieces)
    load_events(con, home, logs, pieces, settings)
    load_stored(con, "charges", [version.folder], settings.dimensions, "stored_charges")
    if org_id is None:
        con.execute("create temp table events_kept as from events")
        con.execute("create temp table published as from stored_charges")
    else:
        con.execute(
            f"create temp table events_kept as {statement('charges/trace/rows_of_organization')}",
            {"org_id": org_id},
        )
        con.execute(
            "create temp table published as from stored_charges where org_id = $org_id",
            {"org_id": org_id},
        )
    con.execute("create or replace temp view events as from events_kept")
    load_contract(con)
    load_prices(con, prices)
    usage.reduce_events(con, DuckDB(), one_by_one=True)
    price_lines(con)
    price_events(con)
    load_card_lines(con, prices, {log.file: log.shown_name for log in logs})
    make_table(con, "charges/trace/explained_events")


def price_events(con: "duckdb.DuckDBPyConnection") -> None:
    """Create `priced_events`: one row per rated event and meter with a quantity, with its charge."""
    make_table(con, "charges/trace/priced_events")


def explain_charges(con: "duckdb.DuckDBPyConnection") -> None:
    """Create `explained_charges`: one row per charge, as published and as summed from its events."""
    make_table(con, "charges/trace/explained_charges")


def number_events(con: "duckdb.DuckDBPyConnection") -> None:
    """Create the view `first_events`: one row per event of the charges asked about, numbered
    within its charge."""
    con.execute(f"create temp view first_events as {statement('charges/trace/numbered_events')}")


def load_card_lines(
    con: "duckdb.DuckDBPyConnection", prices: rates.Rates, file_names: Mapping[str, str]
) -> None:
    """Create the relations `card_lines` (where each price is printed), `line_places` (where each line
    of names stands) and `file_names`."""
    import polars as pl

    names = {book.path: book_name(book.path) for book, _ in prices.in_force()}
    lines = [
        (
            force.card.id,
            price.name[0],
            price.brand,
            price.model,
            price.key_mode,
            price.meter,
            f"{names[book.path]}/{force.card.folder.name}/rates.csv",
            price.line,
        )
        for book, force in prices.in_force()
        for price in book.prices(force.card)
    ]
    texts = ("rate_card", "service", "brand", "model", "key_mode", "meter", "card_file")
    schema = {**dict.fromkeys(texts, pl.String), "card_line": pl.Int64}
    register(con, "card_lines", pl.DataFrame(lines, schema=schema, orient="row"))
    places = [
        f"{book_name(book.path)}/{file_of(line.fields)}, line {line.line}"
        for book in prices.books
        for line in book.name_lines
    ]
    numbered = pl.DataFrame({"line": range(len(places)), "place": places})
    register(con, "line_places", numbered.cast({"line": pl.Int64, "place": pl.String}))
    named = pl.DataFrame(
        list(file_names.items()),
        schema={"file": pl.String, "file_name": pl.String},
        orient="row",
    )
    register(con, "file_names", named)
