"""Rating: lines x prices. From stored lines alone a date can be priced again, under any prices.

Reading logs belongs to `usage`, publishing to `report`; here are only relations and statements.
"""

from typing import TYPE_CHECKING

from pricing_assets.contract import billing as contract
from pricing_assets.contract.names import fold
from pricing_assets.db.relations import make_table, register
from pricing_assets.rates.books import Rates
from pricing_assets.rates.naming import ALWAYS, until
from pricing_assets.rates.price_frame import billionths

if TYPE_CHECKING:
    import duckdb


def load_contract(con: "duckdb.DuckDBPyConnection") -> None:
    """Create `billing_types`, one row per billing type, `service_meters`, one per service and meter,
    and `charge_meters`, one per service and what charges call a meter, with its class and tier."""
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
    register(
        con,
        "charge_meters",
        pl.DataFrame(
            [
                (service.name, name, contract.PRICED_AS[meter] + name.removeprefix(meter))
                for service in contract.SERVICES.values()
                for meter in service.meters
                for name in contract.printed_meters(meter)
            ],
            schema=["service", "meter", "priced_as"],
            orient="row",
        ),
    )


def load_prices(con: "duckdb.DuckDBPyConnection", rates: Rates) -> None:
    """Create `prices`, one row per price and interval, `in_force`, one per card and interval,
    `agreements`, and what `resolved_names` is made of: `card_names`, `alias_lines`, `brand_lines`."""
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
                    int(force.card.usd_per_credit.scaleb(9)),
                )
                for book, force in forces
            ],
            schema={
                "book": pl.String,
                "rate_card": pl.String,
                "valid_from": pl.Datetime("us"),
                "valid_to": pl.Datetime("us"),
                "published_at": pl.Datetime("us"),
                "usd_billionths": pl.Int64,
            },
            orient="row",
        ),
    )
    register(con, "card_prices", rates.price_frame)
    make_table(con, "rates/prices")
    make_table(con, "rates/price_keys")
    make_table(con, "rates/card_names")
    load_name_lines(con, rates)
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


def load_boundaries(con: "duckdb.DuckDBPyConnection", rates: Rates) -> None:
    """Create `boundaries`: one row per instant at which prices may change (UTC)."""
    import polars as pl

    instants = [at.replace(tzinfo=None) for at in rates.price_boundaries()]
    frame = pl.DataFrame({"rates_from": instants}, schema={"rates_from": pl.Datetime("us")})
    register(con, "boundaries", frame)


def load_name_lines(con: "duckdb.DuckDBPyConnection", rates: Rates) -> None:
    """Create `alias_lines` and `brand_lines`: one row per line of names and the interval in which
    it holds, numbered by its place in `rates.name_lines`; names are folded."""
    import polars as pl

    places = {id(line): place for place, line in enumerate(rates.name_lines)}
    aliases = [
        (
            places[id(line)],
            str(book.path),
            *line.name,
            line.target[2],
            line.pattern.prefix if line.pattern else None,
            line.pattern.suffix if line.pattern else None,
            (line.valid_from or ALWAYS).replace(tzinfo=None),
            end.replace(tzinfo=None),
        )
        for book in rates.books
        for line, end in until(book.aliases).items()
    ]
    register(
        con,
        "alias_lines",
        pl.DataFrame(
            aliases,
            schema={
                "line": pl.Int64,
                "book": pl.String,
                "service": pl.String,
                "brand_key": pl.String,
                "alias_key": pl.String,
                "model_key": pl.String,
                "prefix": pl.String,
                "suffix": pl.String,
                "valid_from": pl.Datetime("us"),
                "valid_to": pl.Datetime("us"),
            },
            orient="row",
        ),
    )
    brands = [
        (
            places[id(line)],
            str(book.path),
            *line.logged,
            line.target[1],
            (line.valid_from or ALWAYS).replace(tzinfo=None),
        )
        for book in rates.books
        for line in book.brands
    ]
    register(
        con,
        "brand_lines",
        pl.DataFrame(
            brands,
            schema={
                "line": pl.Int64,
                "book": pl.String,
                "service": pl.String,
                "alias_key": pl.String,
                "brand_key": pl.String,
                "valid_from": pl.Datetime("us"),
            },
            orient="row",
        ),
    )
