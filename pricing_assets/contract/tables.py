"""Schemas: the columns of every table that is published or stored, with what each means.

DDL, comments and the data dictionary are made from here. No computing here.
"""

from typing import Final

from pricing_assets.contract.billing import METER, METERS, TOKEN_CLASSES
from pricing_assets.contract.charge_tables import CLASS_SUMS, charge_tables
from pricing_assets.contract.table_columns import (
    BILLING_TYPE,
    FILE,
    FILE_NAME,
    KEY_MODE,
    METER_NAME,
    ORG_ID,
    PER_UNITS,
    USAGE_DATE,
    Table,
    dimension_columns,
)
from pricing_assets.contract.usage_log import EVENT_TIME_RAW, INTEGRITY, LOG_COLUMNS, Column

SNAPSHOTS: Final = Table(
    "snapshots",
    "storage snapshot that counts",
    (
        USAGE_DATE,
        ORG_ID,
        Column("knowledge_base_id", "VARCHAR", "which knowledge base; may be null"),
        Column("stored_tokens", "BIGINT", "tokens stored, per day"),
        Column("credits", "DECIMAL(38,9)", "what it would cost alone, cut to 9 decimals"),
    ),
)


def tables(dimensions: tuple[str, ...]) -> dict[str, Table]:
    """Return every table of `credits.duckdb`, with the given dimensions, in the order of the
    flow."""
    dims = dimension_columns(dimensions)
    logged = {column.name for column in _logged(dimensions)}
    in_order = (
        Table(
            "logs",
            "accepted usage log",
            (
                FILE,
                FILE_NAME,
                Column("received_at", "TIMESTAMP", "when its bytes first came in; UTC"),
                Column("rows", "BIGINT", "rows of the file"),
                Column("bytes", "BIGINT", "size of the file"),
                Column("integrity", "VARCHAR", "what vouched for it: " + ", ".join(INTEGRITY)),
            ),
        ),
        *charge_tables(dims),
        Table(
            "account",
            "usage date (null where none), file, outcome",
            (
                USAGE_DATE,
                FILE,
                FILE_NAME,
                Column("outcome", "VARCHAR", "where the rows ended: rated, or one reason"),
                Column("rows", "BIGINT", "rows of the file with that outcome"),
                *(
                    Column(meter, "DECIMAL(38,0)", f"{METER[meter].meaning}, summed over the rows")
                    for meter in METERS
                ),
                *(
                    Column(one.name, "DECIMAL(38,0)", f"{one.logged}, summed over the rows")
                    for one in TOKEN_CLASSES.values()
                ),
            ),
            tuple(TOKEN_CLASSES),
        ),
        Table(
            "quarantine",
            "quarantined row",
            (
                *_quarantined(dimensions),
                *(column for column in dims if column.name not in logged),
                USAGE_DATE,
                Column("reason", "VARCHAR", "why the row is not charged"),
                FILE,
                FILE_NAME,
                Column("row_number", "BIGINT", "from 0, in the file's order"),
            ),
            (*TOKEN_CLASSES, *(["tier"] if "tier" not in dimensions else [])),
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
                KEY_MODE,
                METER_NAME,
                Column("list_price", "DECIMAL(18,9)", "credits as printed; null: not offered"),
                Column("price", "DECIMAL(18,9)", "after the own-key cap; null: not offered"),
                PER_UNITS,
                Column("valid_from", "TIMESTAMP", "in force from this instant; UTC"),
                Column("valid_to", "TIMESTAMP", "in force before this instant; UTC; null: no end"),
                Column("published_at", "TIMESTAMP", "when the card became known; UTC"),
            ),
        ),
        Table(
            "reports",
            "published version of a usage date, and blocked attempt",
            (
                USAGE_DATE,
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
    return {table.name: table for table in in_order}


def _logged(dimensions: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the log's columns, without a tier where that is a dimension."""
    return tuple(one for one in LOG_COLUMNS if one.name != "tier" or "tier" not in dimensions)


def _quarantined(dimensions: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the log's columns, with the original number beside an instant that is not valid."""
    logged = _logged(dimensions)
    after = [column.name for column in logged].index("event_time") + 1
    return (*logged[:after], EVENT_TIME_RAW, *logged[after:])


def stored(name: str, dimensions: tuple[str, ...]) -> Table:
    """Return a table as versions store it: without `file_name`, so that bytes do not depend on
    names."""
    table = tables(dimensions)[name]
    kept = tuple(column for column in table.columns if column.name != "file_name")
    return Table(table.name, table.grain, kept, table.classes)


def _lines(dims: tuple[Column, ...]) -> Table:
    return Table(
        "lines",
        "line: rows of one date, key and set of meters, all of which have the same price",
        (
            USAGE_DATE,
            Column("rates_from", "TIMESTAMP", "where the interval of constant prices begins; UTC"),
            ORG_ID,
            *dims,
            BILLING_TYPE,
            Column("line_brand", "VARCHAR", "as logged; null is ''"),
            Column("line_model", "VARCHAR", "as logged; null is ''"),
            Column("line_key_mode", "VARCHAR", "platform or own; any for storage and tools"),
            Column(
                "line_measured", "BIGINT", "per quantity: 0 not given, 1 zero, 2 counted; the tier"
            ),
            Column("events", "BIGINT", "rows, rated or not"),
            *(Column(meter, "BIGINT", METER[meter].meaning) for meter in METERS),
            *CLASS_SUMS,
        ),
        tuple(TOKEN_CLASSES),
    )


RESERVED_NAMES: Final = frozenset(
    column.name for table in tables(()).values() for column in table.columns
) - {"event_id", "agent_id", "status", "knowledge_base_id", "tier"} | {"rowid", "*"}
"""Names that a dimension may not bear, in any case; the last two mean something to DuckDB."""
