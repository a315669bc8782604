"""Logs as relations of one canonical schema.

Files are read as explicit lists of equal schemas. Which columns they have belongs to `schema`, how
these become the contract's to `projection`, what rows mean to `intake` and `usage`.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common.errors import DamagedFile
from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.logs import footer_columns, mapped_rows, raw_logs, stored_instants
from pricing_assets.logs.projection import columns_of_raw, holds_raw, project
from pricing_assets.logs.schema import HIDDEN, JSON, Schema, read_names
from pricing_assets.logs.thrift import BrokenThrift

if TYPE_CHECKING:
    import duckdb

_Group = tuple[tuple[tuple[str, ...], ...], datetime | None, str | None]
"""Logs that are read together: of the same columns and types, since DuckDB would read them all by
the types of the first."""

_DUCKDB_NAMES = {"filename", "file_row_number"}


def source_of(con: "duckdb.DuckDBPyConnection", path: Path, schema: Schema) -> tuple[Path, Schema]:
    """Return what DuckDB opens: the log, or a copy beside its temporary files in which columns
    that are hidden are not, and texts are texts; and the schema of that. DamagedFile where it
    is not the log that it was."""
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
        if not holds_raw(schema):
            path, schema = source_of(con, path, schema)
        hidden = not holds_raw(schema) and any(
            name.casefold() in _DUCKDB_NAMES for name, _ in schema
        )
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


def _scan(
    con: "duckdb.DuckDBPyConnection", paths: Sequence[Path], schema: Schema
) -> "duckdb.DuckDBPyRelation":
    """Return a lazy scan of logs of one schema."""
    if not holds_raw(schema):
        return scan_parquet(con, paths)
    columns = columns_of_raw(schema)
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
    if stored_instants.unit_of(schema[place][1]) == "ns" or holds_raw(schema):
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
