"""How the columns of a log become those of the contract: one explicit projection.

Which files are read together belongs to `relation`.
"""

from typing import TYPE_CHECKING

from pricing_assets.contract.usage_log import EVENT_TIME_RAW, LOG_COLUMNS
from pricing_assets.logs import path_columns, raw_logs, stored_instants
from pricing_assets.logs.schema import FLOATS, JSON, Schema, is_in_file, is_raw

if TYPE_CHECKING:
    import duckdb


def project(
    relation: "duckdb.DuckDBPyRelation",
    schema: Schema,
    dimensions: tuple[str, ...],
    alone: str | None = None,
) -> "duckdb.DuckDBPyRelation":
    """Return one row per row of the files: the contract's columns, `event_time_raw` (the stored number
    where `event_time` is null for it), `dimensions` as a struct, `bad_float` (whether a float is no
    whole number, and null here), `file` (SHA-256, from the log's name), `row_number` (from 0), and
    0 and null for what `mapped_rows` has of raw records.

    `alone` is the SHA-256 of a single file whose own columns hide those that DuckDB names files
    and rows by. A stream of `raw_logs` has only the columns that are read, then its own.
    """
    import duckdb
    from duckdb import (
        ColumnExpression,
        ConstantExpression,
        FunctionExpression,
        SQLExpression,
    )

    by_raw = holds_raw(schema)
    columns = columns_of_raw(schema) if by_raw else schema
    # DuckDB tells columns apart without case and renames the later ones: position decides.
    in_path = path_columns.values_of(schema)
    at = {
        name: (relation.columns[i], kind)
        for i, (name, kind) in enumerate(columns)
        if kind and name not in in_path
    }
    own = dict(zip(raw_logs.MADE, relation.columns[-len(raw_logs.MADE) :], strict=False))

    def read(name: str, wanted: str) -> "duckdb.Expression":
        if name in in_path:
            return ConstantExpression(in_path[name]).cast(duckdb.dtype(wanted))
        column, kind = at.get(name, ("", "null"))
        if kind == "null":
            return ConstantExpression(None).cast(duckdb.dtype(wanted))
        value = ColumnExpression(column)
        found = relation.types[relation.columns.index(column)]
        if kind == "text" and found == duckdb.dtype("BLOB"):
            # An annotation that DuckDB does not know; a cast would write bytes as escapes.
            return FunctionExpression("decode", value)
        if kind in FLOATS:
            return FunctionExpression("whole_of_float", value)
        if kind == "uint64":
            value = FunctionExpression("at_most_bigint", value)
        if kind.startswith("images "):
            value = FunctionExpression("sides_of_images", value)
        return value.cast(duckdb.dtype(wanted))

    def instant() -> "duckdb.Expression":
        if stored_instants.COLUMN not in at:
            return read(stored_instants.COLUMN, "TIMESTAMP")
        column, kind = at[stored_instants.COLUMN]
        value = ColumnExpression(column)
        if by_raw or kind == "null":
            return value.cast(duckdb.dtype("TIMESTAMP"))
        if stored_instants.unit_of(kind) == "ns":
            # A cast would round to the microsecond; the contract cuts.
            return FunctionExpression("floor_to_microsecond", value)
        zoned = relation.types[relation.columns.index(column)] == "TIMESTAMP WITH TIME ZONE"
        return FunctionExpression("utc_instant" if zoned else "naive_instant", value)

    def logged(name: str, wanted: str) -> "duckdb.Expression":
        if name == "tier" and name in dimensions:  # a home that reports by it prices by no tier
            return ConstantExpression(None).cast(duckdb.dtype(wanted))
        return instant() if name == stored_instants.COLUMN else read(name, wanted)

    def raw() -> "duckdb.Expression":
        column, kind = at.get(stored_instants.COLUMN, ("", "null"))
        if by_raw:
            return ColumnExpression(own["event_time_raw"])
        unit = stored_instants.unit_of(kind)
        if unit in ("int96", "null"):  # all are instants, or they are read as raw logs
            return ConstantExpression(None)
        return FunctionExpression(f"stored_{unit}", ColumnExpression(column))

    bad_float = ConstantExpression(False)
    for column, kind in at.values():
        if kind in FLOATS:
            bad_float = bad_float | FunctionExpression("is_bad_float", ColumnExpression(column))
    if by_raw:
        file, row_number = (ColumnExpression(own[name]) for name in ("file", "row_number"))
    elif alone is not None:
        file = ConstantExpression(alone)
        row_number = SQLExpression("row_number() over () - 1")
    else:
        file = FunctionExpression("sha256_of_log", ColumnExpression("filename"))
        row_number = ColumnExpression("file_row_number")
    struct = FunctionExpression(
        "struct_pack", *(read(name, "VARCHAR").alias(name) for name in dimensions)
    )
    return relation.select(
        *(logged(one.name, one.type).alias(one.name) for one in LOG_COLUMNS),
        raw().cast(duckdb.dtype(EVENT_TIME_RAW.type)).alias(EVENT_TIME_RAW.name),
        struct.alias("dimensions"),
        bad_float.alias("bad_float"),
        file.alias("file"),
        row_number.alias("row_number"),
        ConstantExpression(0).cast(duckdb.dtype("BIGINT")).alias("record_code"),
        ConstantExpression(None).cast(duckdb.dtype("TIMESTAMP")).alias("record_updated_at"),
    )


def holds_raw(schema: Schema) -> bool:
    """Return whether a log holds instants that not every reader can hold."""
    return any(is_raw(name, kind) for name, kind in schema)


def columns_of_raw(schema: Schema) -> Schema:
    """Return the columns of a stream of `raw_logs`, before its own."""
    columns = [[name, "text" if kind == JSON else kind] for name, kind in schema]
    return [one for one in columns if is_in_file(one[1]) and one[1] != "null"]
