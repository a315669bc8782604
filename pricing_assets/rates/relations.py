"""Rating: lines x prices. From stored lines alone a date can be priced again, under any prices.

Reading logs belongs to `usage`, publishing to `report`; here are only relations and statements.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.contract import billing as contract
from pricing_assets.contract import tables
from pricing_assets.contract.names import fold
from pricing_assets.db import connection as duck
from pricing_assets.rates.books import Rates
from pricing_assets.rates.price_frame import billionths

if TYPE_CHECKING:
    import duckdb


def register(con: "duckdb.DuckDBPyConnection", name: str, frame: object) -> None:
    """Copy a frame into a temporary table of this name."""
    con.register(f"given_{name}", frame)
    con.execute(f"create or replace temp table {name} as from given_{name}")
    con.unregister(f"given_{name}")


def make_table(con: "duckdb.DuckDBPyConnection", name: str, table: str = "") -> None:
    """Run `sql/NAME.sql` into a temporary table, of its last name if not of another."""
    table = table or name.rpartition("/")[2]
    con.execute(f"create or replace temp table {table} as {duck.statement(name)}")


def load_contract(con: "duckdb.DuckDBPyConnection") -> None:
    """The relations `billing_types` and `service_meters`, from the contract."""
    import polars as pl

    register(
        con,
        "billing_types",
        pl.DataFrame(
            [
                (
                    billing_type,
                    service,
                    contract.SERVICES[service].reads_key_mode,
                    sum(
                        2 ** contract.METER[meter].digit
                        for meter in contract.SERVICES[service].meters
                    ),
                )
                for billing_type, service in contract.BILLING_TYPES.items()
            ],
            schema=["billing_type", "service", "reads_key_mode", "metered"],
            orient="row",
        ),
    )
    register(
        con,
        "service_meters",
        pl.DataFrame(
            [
                (
                    service.name,
                    meter,
                    contract.PRICED_AS[meter],
                    contract.METERS.index(meter),
                    4 ** contract.METER[meter].digit,
                )
                for service in contract.SERVICES.values()
                for meter in service.meters
            ],
            schema=["service", "meter", "priced_as", "place", "weight"],
            orient="row",
        ),
    )


def load_prices(con: "duckdb.DuckDBPyConnection", rates: Rates) -> None:
    """The relations `prices` (names and aliases, folded) and `in_force`."""
    import polars as pl

    forces = rates.in_force()
    register(
        con,
        "in_force",
        pl.DataFrame(
            [
                (
                    str(book.path),
                    force.card.id,
                    force.valid_from.replace(tzinfo=None),
                    force.valid_to.replace(tzinfo=None),
                    force.card.published_at.replace(tzinfo=None),
                    int(force.card.usd_per_credit * 100),
                )
                for book, force in forces
            ],
            schema={
                "book": pl.String,
                "rate_card": pl.String,
                "valid_from": pl.Datetime("us"),
                "valid_to": pl.Datetime("us"),
                "published_at": pl.Datetime("us"),
                "cents_per_credit": pl.Int64,
            },
            orient="row",
        ),
    )
    register(con, "card_prices", rates.price_frame)
    make_table(con, "rates/prices")
    make_table(con, "rates/price_keys")
    register(
        con,
        "agreements",
        pl.DataFrame(
            [
                (
                    agreement.id,
                    agreement.org_id,
                    agreement.specificity,
                    agreement.service,
                    None if agreement.brand is None else fold(agreement.brand),
                    None if agreement.model is None else fold(agreement.model),
                    agreement.key_mode,
                    agreement.meter,
                    billionths(agreement.price),
                    billionths(agreement.discount),
                    agreement.valid_from.replace(tzinfo=None),
                    agreement.valid_to.replace(tzinfo=None),
                )
                for agreement in rates.agreements()
            ],
            schema={
                "agreement": pl.String,
                "org_id": pl.String,
                "specificity": pl.Int32,
                "service": pl.String,
                "brand_key": pl.String,
                "model_key": pl.String,
                "key_mode": pl.String,
                "meter": pl.String,
                "price_billionths": pl.Int64,
                "discount_billionths": pl.Int64,
                "valid_from": pl.Datetime("us"),
                "valid_to": pl.Datetime("us"),
            },
            orient="row",
        ),
    )


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


def rate_lines(con: "duckdb.DuckDBPyConnection") -> None:
    """From `lines`: `rated_lines` (a view) and `charges`, under the prices that are loaded."""
    con.execute("create or replace temp view line_keys as from lines")
    answer(con)
    con.execute(f"create or replace temp view rated_lines as {duck.statement('usage/rated_lines')}")
    price_lines(con)


def price_lines(con: "duckdb.DuckDBPyConnection") -> None:
    """From `rated_lines`: `charges`, and `agreed`, the agreements that they go by."""
    make_table(con, "rates/agreed_prices")
    make_table(con, "charges/usage_to_price", "usage_sums")
    make_table(con, "charges/applicable_agreements", "agreed")
    make_table(con, "charges/charges")


def load_lines(
    con: "duckdb.DuckDBPyConnection", folders: Sequence[Path], dimensions: tuple[str, ...]
) -> None:
    """The relation `lines`: the stored lines of these folders, each with its service."""
    load_stored(con, "lines", folders, dimensions, "stored_lines")
    con.execute(
        "create or replace temp view lines as select stored_lines.*, billing_types.service"
        " from stored_lines inner join billing_types using (billing_type)"
    )


def load_stored(
    con: "duckdb.DuckDBPyConnection",
    name: str,
    folders: Sequence[Path],
    dimensions: tuple[str, ...],
    view: str,
) -> None:
    """A view of all the folders' Parquet of this name, with the dimensions packed again."""
    from duckdb import ColumnExpression, FunctionExpression

    read = duck.scan(con, [folder / f"{name}.parquet" for folder in folders])
    packed = FunctionExpression(
        "struct_pack", *(ColumnExpression(dimension) for dimension in dimensions)
    ).alias("dimensions")
    kept = [
        ColumnExpression(column.name)
        for column in tables.stored(name, dimensions).columns
        if column.name not in dimensions
    ]
    read.select(*kept, packed).create_view(view)
