"""Schemas: the columns of every table that is published or stored, with what each means.

DDL, comments and the data dictionary are made from here. No computing here.
"""

from dataclasses import dataclass
from typing import Final

from pricing_assets.contract.billing import METER, METERS
from pricing_assets.contract.usage_log import (
    EVENT_TIME_RAW,
    INTEGRITY,
    LOG_COLUMNS,
    ONE_OF_THE_TYPES,
    Column,
)

_KEY_BEFORE = (
    Column("usage_date", "DATE", "calendar date of event_time in the billing time zone"),
    Column("org_id", "VARCHAR", "the organization that pays"),
)
_KEY_AFTER = (
    Column("billing_type", "VARCHAR", ONE_OF_THE_TYPES),
    Column("brand", "VARCHAR", "as the rate card prints it"),
    Column("model", "VARCHAR", "as the rate card prints it"),
    Column("key_mode", "VARCHAR", "platform or own; any for storage and tools"),
    Column("rate_card", "VARCHAR", "id of the card whose prices apply"),
)
_FILE = (Column("file", "VARCHAR", "SHA-256 of the log"),)


@dataclass(frozen=True)
class Table:
    """A published table: its grain ("One row per …") and its columns."""

    name: str
    grain: str
    columns: tuple[Column, ...]


SNAPSHOTS: Final = Table(
    "snapshots",
    "storage snapshot that counts",
    (
        *_KEY_BEFORE,
        Column("knowledge_base_id", "VARCHAR", "which knowledge base; may be null"),
        Column("stored_tokens", "BIGINT", "tokens stored, per day"),
        Column("credits", "DECIMAL(38,9)", "what it would cost alone, cut to 9 decimals"),
    ),
)


def dimension_columns(dimensions: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the configured reporting dimensions as columns."""
    return tuple(Column(name, "VARCHAR", "reporting dimension, as logged") for name in dimensions)


def tables(dimensions: tuple[str, ...]) -> dict[str, Table]:
    """Return every table of `credits.duckdb`, with the given dimensions, in the order of the
    flow."""
    dims = dimension_columns(dimensions)
    key = (*_KEY_BEFORE, *dims, *_KEY_AFTER)
    logged = {column.name for column in LOG_COLUMNS}
    made = (
        Table(
            "logs",
            "accepted usage log",
            (
                *_FILE,
                Column("file_name", "VARCHAR", "the log's name when it came"),
                Column("received_at", "TIMESTAMP", "when its bytes first came in; UTC"),
                Column("rows", "BIGINT", "rows of the file"),
                Column("bytes", "BIGINT", "size of the file"),
                Column("integrity", "VARCHAR", "what vouched for it: " + ", ".join(INTEGRITY)),
            ),
        ),
        Table(
            "usage",
            "usage date, organization, dimensions, billing type, brand, model, key mode, rate card",
            (
                *key,
                Column("events", "BIGINT", "rated rows"),
                *(Column(meter, "BIGINT", METER[meter].meaning) for meter in METERS),
            ),
        ),
        Table(
            "charges",
            "line of usage and meter with a non-zero quantity",
            (
                *(column for column in key if column.name != "rate_card"),
                Column("meter", "VARCHAR", "the quantity that the price applies to"),
                Column("quantity", "BIGINT", "units of the meter"),
                Column("per", "BIGINT", "units that the price buys"),
                Column("list_price", "DECIMAL(18,9)", "credits per `per` units, as printed"),
                Column("price", "DECIMAL(18,9)", "credits per `per` units, after the own-key cap"),
                Column(
                    "credits", "DECIMAL(38,9)", "quantity x price / per, rounded half to even once"
                ),
                Column("usd", "DECIMAL(38,11)", "credits x usd_per_credit of the card, exact"),
                Column("rate_card", "VARCHAR", "id of the card whose prices apply"),
                Column("agreement", "VARCHAR", "id of the agreed price that applies; null: none"),
                Column("discount", "DECIMAL(38,9)", "credits at the card's price less credits"),
            ),
        ),
        Table(
            "daily_usage",
            "usage date, organization, billing type",
            (
                *_KEY_BEFORE,
                Column("billing_type", "VARCHAR", ONE_OF_THE_TYPES),
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
                *(column for column in key if column.name != "rate_card"),
                Column("meter", "VARCHAR", "the quantity that the price applies to"),
                Column("quantity", "BIGINT", "units of the meter, with sign"),
                Column("per", "BIGINT", "units that the price buys"),
                Column("list_price", "DECIMAL(18,9)", "credits per `per` units, as printed"),
                Column("price", "DECIMAL(18,9)", "credits per `per` units, after the own-key cap"),
                Column("credits", "DECIMAL(38,9)", "what is added to the closed charge, with sign"),
                Column("usd", "DECIMAL(38,11)", "what is added to the closed charge, with sign"),
                Column("rate_card", "VARCHAR", "id of the card whose prices apply"),
                Column("agreement", "VARCHAR", "id of the agreed price that applies; null: none"),
                Column("discount", "DECIMAL(38,9)", "what is added to the discount, with sign"),
                Column("reason", "VARCHAR", "why it was booked"),
                Column("corrects", "INTEGER", "the version corrected; null: no report was closed"),
                Column("correction", "INTEGER", "1, 2, … of its usage date"),
            ),
        ),
        _changes(dims),
        Table(
            "own_key",
            "usage date, organization, billing type, model, meter and price of own-key usage",
            (
                *_KEY_BEFORE,
                Column("billing_type", "VARCHAR", ONE_OF_THE_TYPES),
                Column("brand", "VARCHAR", "as the rate card prints it"),
                Column("model", "VARCHAR", "as the rate card prints it"),
                Column("meter", "VARCHAR", "the quantity that the price applies to"),
                Column("quantity", "BIGINT", "units of the meter"),
                Column("per", "BIGINT", "units that the price buys"),
                Column("list_price", "DECIMAL(18,9)", "own-key price as printed"),
                Column("price", "DECIMAL(18,9)", "own-key price charged"),
                Column("capped", "BOOLEAN", "whether the own-key cap lowered the printed price"),
                Column("credits", "DECIMAL(38,9)", "what was charged"),
                Column("platform", "VARCHAR", "offered, not offered or no rate on platform key"),
                Column("platform_price", "DECIMAL(18,9)", "the platform key's price; null: none"),
                Column("platform_credits", "DECIMAL(38,9)", "what it would have cost there"),
                Column("rate_card", "VARCHAR", "id of the card whose prices apply"),
            ),
        ),
        Table(
            "at_risk",
            "usage date, organization, billing type, logged name, key mode, reason and meter"
            " of usage without a price, that of blocked dates too",
            (
                *_KEY_BEFORE,
                Column("billing_type", "VARCHAR", ONE_OF_THE_TYPES),
                Column("brand", "VARCHAR", "as logged"),
                Column("model", "VARCHAR", "as logged"),
                Column("key_mode", "VARCHAR", "platform or own; any for storage and tools"),
                Column("reason", "VARCHAR", "no_rate or not_offered"),
                Column("meter", "VARCHAR", "the quantity that has no price"),
                Column("events", "BIGINT", "rows with that quantity"),
                Column("quantity", "BIGINT", "units of the meter"),
                Column("least_credits", "DECIMAL(38,9)", "at the service's cheapest price then"),
                Column("most_credits", "DECIMAL(38,9)", "at the service's dearest price then"),
            ),
        ),
        Table(
            "account",
            "usage date (null where none), file, outcome",
            (
                _KEY_BEFORE[0],
                *_FILE,
                Column("file_name", "VARCHAR", "the log's name when it came"),
                Column("outcome", "VARCHAR", "where the rows ended: rated, or one reason"),
                Column("rows", "BIGINT", "rows of the file with that outcome"),
                *(
                    Column(meter, "DECIMAL(38,0)", f"{METER[meter].meaning}, summed over the rows")
                    for meter in METERS
                ),
            ),
        ),
        Table(
            "quarantine",
            "quarantined row",
            (
                *_quarantined(),
                *(column for column in dims if column.name not in logged),
                _KEY_BEFORE[0],
                Column("reason", "VARCHAR", "why the row is not charged"),
                *_FILE,
                Column("file_name", "VARCHAR", "the log's name when it came"),
                Column("row_number", "BIGINT", "from 0, in the file's order"),
            ),
        ),
        Table(
            "rates",
            "price and the interval it is in force",
            (
                Column("book", "VARCHAR", "the rate book's folder"),
                Column("rate_card", "VARCHAR", "id of the card"),
                Column("service", "VARCHAR", "the priced service"),
                Column("brand", "VARCHAR", "as the card prints it"),
                Column("model", "VARCHAR", "as the card prints it"),
                Column("key_mode", "VARCHAR", "platform or own; any for storage and tools"),
                Column("meter", "VARCHAR", "the quantity that the price applies to"),
                Column("list_price", "DECIMAL(18,9)", "credits as printed; null: not offered"),
                Column("price", "DECIMAL(18,9)", "after the own-key cap; null: not offered"),
                Column("per", "BIGINT", "units that the price buys"),
                Column("valid_from", "TIMESTAMP", "in force from this instant; UTC"),
                Column("valid_to", "TIMESTAMP", "in force until before this instant; UTC"),
                Column("published_at", "TIMESTAMP", "when the card became known; UTC"),
            ),
        ),
        Table(
            "reports",
            "published version of a usage date, and blocked attempt",
            (
                _KEY_BEFORE[0],
                Column("version", "INTEGER", "1, 2, …; null for a blocked attempt"),
                Column("state", "VARCHAR", "current, superseded or blocked"),
                Column("published_at", "TIMESTAMP", "when it was published; UTC"),
                Column("reason", "VARCHAR", "why there is this version"),
                Column("supersedes", "INTEGER", "the version it replaced"),
                Column("rate_cards", "VARCHAR[]", "ids of the cards in force on the date"),
                Column("events", "BIGINT", "rated rows"),
                Column("credits", "DECIMAL(38,9)", "total of the version, exact"),
                Column("usd", "DECIMAL(38,11)", "total of the version, exact"),
                Column("quarantined", "BIGINT", "rows in quarantine"),
                Column("input_digest", "VARCHAR", "digest of logs, cards and settings"),
                Column("output_digest", "VARCHAR", "digest of the version's files"),
            ),
        ),
        Table(
            "closings",
            "act of closing or reopening dates",
            (
                Column("closing", "INTEGER", "1, 2, …, in the order of the acts"),
                Column("act", "VARCHAR", "close or reopen"),
                Column("act_date", "DATE", "closed through this date, or reopened from it on"),
                Column("closed_through", "DATE", "the last closed date since; null: none"),
                Column("closed_by", "VARCHAR", "who did it: the user's name"),
                Column("closed_at", "TIMESTAMP", "when; UTC"),
                Column("reason", "VARCHAR", "why"),
            ),
        ),
        _lines(dims),
        SNAPSHOTS,
    )
    return {table.name: table for table in made}


def _quarantined() -> tuple[Column, ...]:
    """Return the log's columns, with the number that came beside an instant that is none."""
    after = [column.name for column in LOG_COLUMNS].index("event_time") + 1
    return (*LOG_COLUMNS[:after], EVENT_TIME_RAW, *LOG_COLUMNS[after:])


def stored(name: str, dimensions: tuple[str, ...]) -> Table:
    """Return a table as versions store it: without `file_name`, so that bytes do not depend on
    names."""
    table = tables(dimensions)[name]
    kept = tuple(column for column in table.columns if column.name != "file_name")
    return Table(table.name, table.grain, kept)


def _changes(dims: tuple[Column, ...]) -> Table:
    """Return the table of what differs between a version, or a correction, and what was reported
    before."""
    return Table(
        "changes",
        "charge and cause of its difference from the version before",
        (
            *_KEY_BEFORE,
            *dims,
            *(column for column in _KEY_AFTER if column.name != "rate_card"),
            Column("meter", "VARCHAR", "the quantity that the price applies to"),
            Column("per", "BIGINT", "units that the price buys"),
            Column("list_price", "DECIMAL(18,9)", "credits per `per` units, as printed"),
            Column("price", "DECIMAL(18,9)", "credits per `per` units, after the own-key cap"),
            Column("rate_card", "VARCHAR", "id of the card whose prices apply"),
            Column("agreement", "VARCHAR", "id of the agreed price that applies; null: none"),
            Column("cause", "VARCHAR", "why: one of six"),
            Column("quantity", "BIGINT", "what the cause added to the quantity, with sign"),
            Column("credits", "DECIMAL(38,9)", "what the cause added to the credits, with sign"),
            Column("usd", "DECIMAL(38,11)", "what the cause added to the dollars, with sign"),
        ),
    )


def _lines(dims: tuple[Column, ...]) -> Table:
    return Table(
        "lines",
        "line: rows of one date, key and set of meters, all of which have the same price",
        (
            _KEY_BEFORE[0],
            Column("rates_from", "TIMESTAMP", "where the interval of constant prices begins; UTC"),
            _KEY_BEFORE[1],
            *dims,
            Column("billing_type", "VARCHAR", ONE_OF_THE_TYPES),
            Column("line_brand", "VARCHAR", "as logged; null is ''"),
            Column("line_model", "VARCHAR", "as logged; null is ''"),
            Column("line_key_mode", "VARCHAR", "platform or own; any for storage and tools"),
            Column("line_measured", "BIGINT", "per quantity: 0 not given, 1 zero, 2 counted"),
            Column("events", "BIGINT", "rows, rated or not"),
            *(Column(meter, "BIGINT", METER[meter].meaning) for meter in METERS),
        ),
    )


RESERVED_NAMES: Final = frozenset(
    column.name for table in tables(()).values() for column in table.columns
) - {"event_id", "agent_id", "status", "knowledge_base_id"} | {"rowid", "*"}
"""Names that a dimension may not bear, in any case; the last two mean something to DuckDB."""
