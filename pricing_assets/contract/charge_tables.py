"""The tables of usage and of what it costs: their columns, with what each means.

Tables of logs, rows, prices and reports belong to `tables`.
"""

from typing import Final

from pricing_assets.contract.billing import METER, METERS, TOKEN_CLASSES
from pricing_assets.contract.table_columns import (
    AGREEMENT,
    BILLING_TYPE,
    BRAND,
    KEY_MODE,
    LIST_PRICE,
    METER_NAME,
    MODEL,
    ORG_ID,
    PER_UNITS,
    PRICE,
    RATE_CARD,
    USAGE_DATE,
    Table,
)
from pricing_assets.contract.usage_log import Column

CLASS_SUMS: Final = tuple(
    Column(one.name, "BIGINT", f"{one.logged}; a part of `{one.whole}`")
    for one in TOKEN_CLASSES.values()
)
"""Sums of token classes."""


def charge_tables(dims: tuple[Column, ...]) -> tuple[Table, ...]:
    """Return the tables of usage and charges, with these reporting dimensions, in the order of the
    flow."""
    line = (USAGE_DATE, ORG_ID, *dims, BILLING_TYPE, BRAND, MODEL, KEY_MODE)
    return (
        Table(
            "usage",
            "usage date, organization, dimensions, billing type, brand, model, key mode, rate card",
            (
                *line,
                RATE_CARD,
                Column("events", "BIGINT", "rated rows"),
                *(Column(meter, "BIGINT", METER[meter].meaning) for meter in METERS),
                *CLASS_SUMS,
            ),
            tuple(TOKEN_CLASSES),
        ),
        Table(
            "charges",
            "line of usage and meter with a non-zero quantity",
            (
                *line,
                METER_NAME,
                Column("quantity", "BIGINT", "units of the meter"),
                PER_UNITS,
                LIST_PRICE,
                PRICE,
                Column(
                    "credits", "DECIMAL(38,9)", "quantity x price / per, rounded half to even once"
                ),
                Column(
                    "usd",
                    "DECIMAL(38,11)",
                    "credits x usd_per_credit of the card, rounded once: exact where that is whole cents",
                ),
                RATE_CARD,
                AGREEMENT,
                Column("discount", "DECIMAL(38,9)", "credits at the card's price less credits"),
            ),
        ),
        Table(
            "daily_usage",
            "usage date, organization, billing type",
            (
                USAGE_DATE,
                ORG_ID,
                BILLING_TYPE,
                Column("events", "BIGINT", "rated rows"),
                Column("credits", "DECIMAL(38,9)", "sum of the charges, exact"),
                Column("usd", "DECIMAL(38,11)", "sum of the charges, exact"),
            ),
        ),
        Table(
            "corrections",
            "correction of a closed date and charge key: signed, to be added to `charges`",
            (
                Column("booked_on", "DATE", "earliest date not closed when the run began"),
                *line,
                METER_NAME,
                Column("quantity", "BIGINT", "units of the meter, with sign"),
                PER_UNITS,
                LIST_PRICE,
                PRICE,
                Column("credits", "DECIMAL(38,9)", "what is added to the closed charge, with sign"),
                Column("usd", "DECIMAL(38,11)", "what is added to the closed charge, with sign"),
                RATE_CARD,
                AGREEMENT,
                Column("discount", "DECIMAL(38,9)", "what is added to the discount, with sign"),
                Column("reason", "VARCHAR", "why it was booked"),
                Column("corrects", "INTEGER", "the version corrected; null: no report was closed"),
                Column("correction", "INTEGER", "1, 2, … of its usage date"),
            ),
        ),
        Table(
            "changes",
            "charge and cause of its difference from the version before",
            (
                USAGE_DATE,
                ORG_ID,
                *dims,
                BILLING_TYPE,
                BRAND,
                MODEL,
                KEY_MODE,
                METER_NAME,
                PER_UNITS,
                LIST_PRICE,
                PRICE,
                RATE_CARD,
                AGREEMENT,
                Column("cause", "VARCHAR", "why: one of eight"),
                Column("quantity", "BIGINT", "what the cause added to the quantity, with sign"),
                Column(
                    "credits", "DECIMAL(38,9)", "what the cause added to the credits, with sign"
                ),
                Column("usd", "DECIMAL(38,11)", "what the cause added to the dollars, with sign"),
            ),
        ),
        Table(
            "own_key",
            "usage date, organization, billing type, model, meter and price of own-key usage",
            (
                USAGE_DATE,
                ORG_ID,
                BILLING_TYPE,
                BRAND,
                MODEL,
                METER_NAME,
                Column("quantity", "BIGINT", "units of the meter"),
                PER_UNITS,
                Column("list_price", "DECIMAL(18,9)", "own-key price as printed"),
                Column("price", "DECIMAL(18,9)", "own-key price charged"),
                Column("capped", "BOOLEAN", "whether the own-key cap lowered the printed price"),
                Column("credits", "DECIMAL(38,9)", "what was charged"),
                Column("platform", "VARCHAR", "offered, not offered or no rate on platform key"),
                Column("platform_price", "DECIMAL(18,9)", "the platform key's price; null: none"),
                Column("platform_credits", "DECIMAL(38,9)", "what it would have cost there"),
                RATE_CARD,
            ),
        ),
        Table(
            "at_risk",
            "usage date, organization, billing type, logged name, key mode, reason and meter"
            " of usage without a price, that of blocked dates too",
            (
                USAGE_DATE,
                ORG_ID,
                BILLING_TYPE,
                Column("brand", "VARCHAR", "as logged"),
                Column("model", "VARCHAR", "as logged"),
                KEY_MODE,
                Column("reason", "VARCHAR", "no_rate or not_offered"),
                Column("meter", "VARCHAR", "the quantity that has no price"),
                Column("events", "BIGINT", "rows with that quantity"),
                Column("quantity", "BIGINT", "units of the meter"),
                Column("least_credits", "DECIMAL(38,9)", "at the service's cheapest price then"),
                Column("most_credits", "DECIMAL(38,9)", "at the service's dearest price then"),
            ),
        ),
    )
