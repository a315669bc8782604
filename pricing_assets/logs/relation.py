"""Logs as relations of one canonical schema.

Files are read as explicit lists of equal schemas through an explicit
projection. Which columns they have belongs to `schema`, what rows mean to `intake` and `usage`.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common.errors import DamagedFile
from pricing_assets.contract.usage_log import EVENT_TIME_RAW, LOG_COLUMNS
from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.logs import footer_columns, mapped_rows, path_columns, raw_logs, stored_instants
from pricing_assets.logs.schema import FLOATS, HIDDEN, JSON, Schema, is_in_file, is_raw, read_names
from pricing_assets.logs.thrift import BrokenThrift

if TYPE_CHECKING:
    import duckdb

_Group = tuple[tuple[tuple[str, ...], ...], datetime | None, str | None]
"""Logs that are read together: of the same columns and types, since DuckDB would read them all by
the types of the first."""

_DUCKDB_NAMES = {"filename", "file_row_number"}


def project(
    relation: "duckdb.DuckDBPyRelation",
    schema: Schema,
    dimensions: tuple[str, ...],
    alone: str | None = None,
) -> "duckdb.DuckDBPyRelation":
    """Return one row per row of the files: the contract's columns, `event_time_raw` (the stored number
    where `event_time` is null for it), `dimensions` as a struct, `bad_float` (whether a float is no
    whole number, and null here), `file` (SHA-256, from the log's name), `row_number` (from 0), and 0 and
    null for what `mapped_rows` has of raw records.

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

    by_raw = _is_raw(schema)
    columns = _columns_of_raw(schema) if by_raw else schema
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
        *(
            (instant() if one.name == stored_instants.COLUMN else read(one.name, one.type)).alias(
                one.name
            )
            for one in LOG_COLUMNS
        ),
        raw().cast(duckdb.dtype(EVENT_TIME_RAW.type)).alias(EVENT_TIME_RAW.name),
        struct.alias("dimensions"),
        bad_float.alias("bad_float"),
        file.alias("file"),
        row_number.alias("row_number"),
        ConstantExpression(0).cast(duckdb.dtype("BIGINT")).alias("record_code"),
        ConstantExpression(None).cast(duckdb.dtype("TIMESTAMP")).alias("record_updated_at"),
    )


def source_of(con: "duckdb.DuckDBPyConnection", path: Path, schema: Schema) -> tuple[Path, Schema]:
    """Return what DuckDB opens: the log, or a copy beside its temporary files in which columns
    that are hidden are not, and texts are texts; and the schema of that."""
    if not {HIDDEN, JSON} & {kind for _, kind in schema}:
        return path, schema
    copy = duck.temporary_folder(con) / path.name
    if not copy.exists():
        try:
            footer_columns.copy_with(path, read_names(schema), copy)
        except BrokenThrift as error:
            raise DamagedFile(f"{path} is not the log that it was: its footer {error}") from error
    held = [[name, kind] for name, kind in schema if kind not in ("", HIDDEN)]
    return copy, [[name, "text" if kind == JSON else kind] for name, kind in held]


def relation_of(
    con: "duckdb.DuckDBPyConnection",
    logs: Iterable[tuple[Path, Schema, datetime | None] | mapped_rows.MappedLog],
    dimensions: tuple[str, ...],
    between: tuple[datetime, datetime] | None = None,
) -> "duckdb.DuckDBPyRelation":
    """Return all rows of the logs, none where there is no log, without those after a log's own latest
    allowed instant, if given. Of a file of mapped rows, those of the raw logs that are named
    (`mapped_rows.MappedLog`).

    `between` (from, before) also leaves out whole row groups that hold no such instant.
    """
    groups: dict[_Group, list[Path]] = {}
    schemas: dict[_Group, Schema] = {}
    mapped: dict[datetime | None, list[mapped_rows.MappedLog]] = {}
    for log in logs:
        if isinstance(log, mapped_rows.MappedLog):
            mapped.setdefault(log.until, []).append(log)
            continue
        path, schema, until = log
        if not _is_raw(schema):
            path, schema = source_of(con, path, schema)
        hidden = not _is_raw(schema) and any(name.casefold() in _DUCKDB_NAMES for name, _ in schema)
        key = (
            tuple(tuple(column) for column in schema),
            until,
            path.name.removesuffix(".parquet") if hidden else None,
        )
        groups.setdefault(key, []).append(path)
        schemas[key] = schema
    parts: list[duckdb.DuckDBPyRelation] = []
    for group, paths in groups.items():
        _, until, alone = group
        read = _scan(con, paths, schemas[group])
        if between is not None and alone is None:
            read = _pruned(read, schemas[group], between)
        part = project(read, schemas[group], dimensions, alone)
        parts.append(_bounded(part, between, until))
    for until, of_sources in mapped.items():
        parts += [
            _bounded(part, between, until)
            for part in mapped_rows.relations(con, of_sources, dimensions)
        ]
    if not parts:  # as of a date whose logs were all withdrawn
        none = con.sql("select null as x where false")
        return project(none, [], dimensions, alone="")
    return reduce(lambda one, other: one.union(other), parts)


def _bounded(
    part: "duckdb.DuckDBPyRelation",
    between: tuple[datetime, datetime] | None,
    until: datetime | None,
) -> "duckdb.DuckDBPyRelation":
    """Return the rows between two instants, and up to the latest allowed one, where these are given."""
    import duckdb
    from duckdb import ColumnExpression, ConstantExpression

    if between is not None:
        part = _within(part, "event_time", between, "TIMESTAMP")
    if until is not None:
        latest = ConstantExpression(until.replace(tzinfo=None)).cast(duckdb.dtype("TIMESTAMP"))
        part = part.filter(ColumnExpression("event_time") <= latest)
    return part


def _is_raw(schema: Schema) -> bool:
    return any(is_raw(name, kind) for name, kind in schema)


def _columns_of_raw(schema: Schema) -> Schema:
    """Return the columns of a stream of `raw_logs`, before its own."""
    columns = [[name, "text" if kind == JSON else kind] for name, kind in schema]
    return [one for one in columns if is_in_file(one[1]) and one[1] != "null"]


def _scan(
    con: "duckdb.DuckDBPyConnection", paths: Sequence[Path], schema: Schema
) -> "duckdb.DuckDBPyRelation":
    """Return a lazy scan of logs of one schema."""
    if not _is_raw(schema):
        return scan_parquet(con, paths)
    columns = _columns_of_raw(schema)
    kind = next(kind for name, kind in columns if name == stored_instants.COLUMN)
    stream = raw_logs.RawLogs(paths, [name for name, _ in columns], kind)
    name = f"raw_logs_{uuid.uuid4().hex}"
    con.register(name, stream)
    return con.view(name)


def _pruned(
    relation: "duckdb.DuckDBPyRelation", schema: Schema, between: tuple[datetime, datetime]
) -> "duckdb.DuckDBPyRelation":
    """Return a bound on the file's own column, which its row groups' statistics can answer."""
    (place,) = (i for i, (name, _) in enumerate(schema) if name == stored_instants.COLUMN)
    if stored_instants.unit_of(schema[place][1]) == "ns" or _is_raw(schema):
        return relation
    kind = str(relation.types[place])
    return _within(relation, relation.columns[place], between, kind)


def _within(
    relation: "duckdb.DuckDBPyRelation",
    column: str,
    between: tuple[datetime, datetime],
    kind: str,
) -> "duckdb.DuckDBPyRelation":
    import duckdb
    from duckdb import ColumnExpression, ConstantExpression

    first, before = (
        ConstantExpression(at if "TIME ZONE" in kind else at.replace(tzinfo=None)).cast(
            duckdb.dtype(kind)
        )
        for at in between
    )
    return relation.filter(ColumnExpression(column) >= first).filter(
        ColumnExpression(column) < before
    )
