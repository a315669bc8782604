"""Logs as relations of one canonical schema: which columns a file must have, and reading them.

Files are gated by their footers and read as explicit lists of equal schemas through an explicit
projection. What rows mean belongs to `intake` and `usage`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets import duck, footer_columns, path_columns
from pricing_assets.contract import LOG_COLUMNS, REQUIRED_COLUMNS
from pricing_assets.errors import DamagedFile
from pricing_assets.footer import Opened
from pricing_assets.thrift import BrokenThrift
from pricing_assets.wrong_columns import WrongColumns

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_Group = tuple[tuple[tuple[str, ...], ...], datetime | None, str | None]

Schema = list[list[str]]
"""Top-level columns in the file's order: name and kind (`''` where it is not read), and last those
that are hidden, and those that are read from the file's path (`path_columns`)."""

_DUCKDB_NAMES = {"filename", "file_row_number"}


HIDDEN, JSON = "hidden", "json"
"""The kinds of a column that is not read, and because of which a reader would not open the file; and
of a text that is said to be JSON, which DuckDB would refuse where it is another text."""


def wanted_columns(dimensions: tuple[str, ...]) -> set[str]:
    """Return the names of all columns that are read where they are."""
    return {column.name for column in LOG_COLUMNS} | set(dimensions)


def schema_of(
    opened: Opened, dimensions: tuple[str, ...], in_path: Mapping[str, str | None] | None = None
) -> Schema:
    """A log's schema from its footer, and of columns in its path; RejectedLog names all that is
    wrong with it, and the cure."""
    arrow, parquet = opened.parquet.schema_arrow, opened.parquet.schema
    leaves = (parquet.column(place) for place in range(len(parquet)))
    physical = {leaf.path: leaf for leaf in leaves}
    wanted = {column.name: column.type for column in LOG_COLUMNS}
    wanted |= dict.fromkeys(dimensions, "VARCHAR")
    names = list(arrow.names)
    wrong = WrongColumns({name: names.count(name) for name in wanted if names.count(name) > 1})
    read_from_path = path_columns.read_from(in_path or {}, names, dimensions)
    held = {*names, *(name for name, _ in read_from_path)}
    wrong.missing = [name for name in REQUIRED_COLUMNS if name not in held]
    schema: Schema = []
    for field in arrow:
        kind = ""
        if field.name in wanted:
            kind = _kind(field.type, wanted[field.name], physical.get(field.name))
            if kind == "" or (kind == "null" and field.name in REQUIRED_COLUMNS):
                wrong.add(field.name, str(field.type))
        schema.append([field.name, kind])
    wrong.check()
    return schema + [[name, HIDDEN] for name in opened.hidden] + read_from_path


def _kind(kind: "pa.DataType", wanted: str, leaf: object) -> str:
    """How a column is read; '' where its type is wrong."""
    import pyarrow as pa

    if pa.types.is_null(kind):
        return "null"
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if wanted == "VARCHAR":
        if getattr(kind, "extension_name", "") == "arrow.json":
            return JSON
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            logical = getattr(leaf, "logical_type", None)
            return "text" if logical is not None and logical.type == "ENUM" else ""
        texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
        return "text" if any(is_text(kind) for is_text in texts) else ""
    if wanted == "TIMESTAMP":
        if not pa.types.is_timestamp(kind):
            return ""
        nanoseconds = kind.unit == "ns" and getattr(leaf, "physical_type", "") != "INT96"
        return "ns" if nanoseconds else "us"
    if wanted == "BIGINT":
        return _integer(kind)
    plain = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    lists = (*plain, pa.types.is_list_view, pa.types.is_large_list_view)
    if not any(is_list(kind) for is_list in lists):
        return ""
    image = kind.value_type
    if pa.types.is_null(image):
        return "null"
    if not pa.types.is_struct(image):
        return ""
    sides = [image.field(i) for i in range(image.num_fields)]
    for side in ("width", "height"):
        found = [field.type for field in sides if field.name.casefold() == side]
        exact = [field.type for field in sides if field.name == side]
        if len(found) != 1 or len(exact) != 1 or not _integer(exact[0]):
            return ""
    return "images"


def _integer(kind: "pa.DataType") -> str:
    import pyarrow as pa

    if pa.types.is_uint64(kind):
        return "uint64"
    return "integer" if pa.types.is_integer(kind) else ""


def project(
    relation: "duckdb.DuckDBPyRelation",
    schema: Schema,
    dimensions: tuple[str, ...],
    alone: str | None = None,
) -> "duckdb.DuckDBPyRelation":
    """One row per row of the files: the contract's columns, `dimensions` as a struct, `file`
    (SHA-256, from the log's name) and `row_number` (from 0). `alone` is the SHA-256 of a single
    file whose own columns hide those that DuckDB names files and rows by."""
    import duckdb
    from duckdb import (
        ColumnExpression,
        ConstantExpression,
        FunctionExpression,
        SQLExpression,
    )

    zoned = duckdb.dtype("TIMESTAMP WITH TIME ZONE")
    # DuckDB tells columns apart without case and renames the later ones: position decides.
    in_path = path_columns.values_of(schema)
    at = {
        name: (relation.columns[i], kind)
        for i, (name, kind) in enumerate(schema)
        if kind and name not in in_path
    }

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
        if kind == "ns":
            # A cast would round to the microsecond; the contract cuts.
            return FunctionExpression("floor_to_microsecond", value)
        if kind == "us" and found == zoned:
            return FunctionExpression("utc_instant", value)
        if kind == "uint64":
            value = FunctionExpression("at_most_bigint", value)
        if kind == "images":
            value = FunctionExpression("sides_of_images", value)
        return value.cast(duckdb.dtype(wanted))

    columns = [read(column.name, column.type).alias(column.name) for column in LOG_COLUMNS]
    struct = FunctionExpression(
        "struct_pack", *(read(name, "VARCHAR").alias(name) for name in dimensions)
    ).alias("dimensions")
    if alone is not None:
        file = ConstantExpression(alone)
        row_number = SQLExpression("row_number() over () - 1")
    else:
        file = FunctionExpression("sha256_of_log", ColumnExpression("filename"))
        row_number = ColumnExpression("file_row_number")
    return relation.select(*columns, struct, file.alias("file"), row_number.alias("row_number"))


def read_names(schema: Schema) -> list[str]:
    """Return the names of the columns that are read from the file."""
    return [name for name, kind in schema if is_in_file(kind)]


def is_in_file(kind: str) -> bool:
    """Return whether a column of this kind is read from the file."""
    return kind not in ("", HIDDEN) and not path_columns.is_path_kind(kind)


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
    told = [[name, kind] for name, kind in schema if kind not in ("", HIDDEN)]
    return copy, [[name, "text" if kind == JSON else kind] for name, kind in told]


def relation_of(
    con: "duckdb.DuckDBPyConnection",
    logs: Iterable[tuple[Path, Schema, datetime | None]],
    dimensions: tuple[str, ...],
    between: tuple[datetime, datetime] | None = None,
) -> "duckdb.DuckDBPyRelation":
    """All rows of the logs, without those after a log's own latest allowed instant, if given.

    `between` (from, before) also leaves out whole row groups that hold no such instant.
    """
    import duckdb
    from duckdb import ColumnExpression, ConstantExpression

    groups: dict[_Group, list[Path]] = {}
    schemas: dict[_Group, Schema] = {}
    for path, schema, until in logs:
        path, schema = source_of(con, path, schema)
        hidden = any(name.casefold() in _DUCKDB_NAMES for name, _ in schema)
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
        read = duck.scan(con, paths)
        if between is not None and alone is None:
            read = _pruned(read, schemas[group], between)
        part = project(read, schemas[group], dimensions, alone)
        if between is not None:
            part = _within(part, "event_time", between, "TIMESTAMP")
        if until is not None:
            latest = ConstantExpression(until.replace(tzinfo=None)).cast(duckdb.dtype("TIMESTAMP"))
            part = part.filter(ColumnExpression("event_time") <= latest)
        parts.append(part)
    return reduce(lambda one, other: one.union(other), parts)


def _pruned(
    relation: "duckdb.DuckDBPyRelation", schema: Schema, between: tuple[datetime, datetime]
) -> "duckdb.DuckDBPyRelation":
    """A bound on the file's own column, which its row groups' statistics can answer."""
    (place,) = (i for i, (name, _) in enumerate(schema) if name == "event_time")
    if schema[place][1] != "us":
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
