"""Mapped rows: the Parquet that a source makes of raw logs, read as rows of the usage log.

One file holds one row per raw record of one or several raw logs, in the contract's columns, with
where each record ended. How it is made belongs to `sources`, where it lies to `home`.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing_assets.contract.usage_log import EVENT_TIME_RAW, LOG_COLUMNS
from pricing_assets.db.io import scan_parquet

if TYPE_CHECKING:
    import duckdb

OUTCOME: Final = "record_outcome"
"""Where the source says that a record ends; null where it goes on as a row."""
UPDATED_AT: Final = "record_updated_at"
"""When a record was last changed, where its source has `latest`."""
Schema = list[list[str]]
"""As of `relation`."""
SCHEMA: Final[Schema] = [["record_outcome", "mapped"]]
"""The schema of every log whose rows are mapped: which columns there are, its file says."""


class MappedLog(NamedTuple):
    """A raw log (by SHA-256) in a file of mapped rows: that file and its schema, and the latest
    instant that is allowed (None: any)."""

    path: Path
    schema: Schema
    until: datetime | None
    file: str


def relations(
    con: "duckdb.DuckDBPyConnection", logs: Sequence[MappedLog], dimensions: tuple[str, ...]
) -> Iterator["duckdb.DuckDBPyRelation"]:
    """Yield the rows of the logs, as `relation.project` makes those of others, and with where their
    source says that they end; a relation per source, whose rows have the same columns."""
    by_source: dict[Path, list[MappedLog]] = {}
    for log in logs:
        by_source.setdefault(log.path.parent, []).append(log)
    for of_them in by_source.values():
        paths = list(dict.fromkeys(log.path for log in of_them))
        read = scan_parquet(con, paths)
        if any(log.file != log.path.stem for log in of_them):  # files of several logs
            read = read.filter(_is_of(con, of_them))
        yield _projected(read, dimensions)


def _is_of(con: "duckdb.DuckDBPyConnection", logs: Sequence[MappedLog]) -> "duckdb.Expression":
    """Return whether a row is of one of the raw logs, in the file that is read for it: others may
    have been withdrawn, or ingested anew into a file of their own."""
    from duckdb import SQLExpression

    name = f"logs_{uuid.uuid4().hex}"
    places = [log.path.stem + log.file for log in logs]
    con.execute(f"create temp table {name} as select unnest($places) as place", {"places": places})
    return SQLExpression(f"sha256_of_log(filename) || file in (select place from {name})")


def _projected(
    read: "duckdb.DuckDBPyRelation", dimensions: tuple[str, ...]
) -> "duckdb.DuckDBPyRelation":
    import duckdb
    from duckdb import ColumnExpression, ConstantExpression, FunctionExpression

    names = set(read.columns)

    def column(name: str, kind: str) -> "duckdb.Expression":
        value = ColumnExpression(name) if name in names else ConstantExpression(None)
        return value.cast(duckdb.dtype(kind)).alias(name)

    null = ConstantExpression(None)
    return read.select(
        *(
            # a home that reports by tier prices by none
            null.cast(duckdb.dtype(one.type)).alias(one.name)
            if one.name == "tier" and "tier" in dimensions
            else column(one.name, one.type)
            for one in LOG_COLUMNS
        ),
        null.cast(duckdb.dtype(EVENT_TIME_RAW.type)).alias(EVENT_TIME_RAW.name),
        FunctionExpression("struct_pack", *(column(name, "VARCHAR") for name in dimensions)).alias(
            "dimensions"
        ),
        ConstantExpression(False).alias("bad_float"),
        ColumnExpression("file"),
        ColumnExpression("row_number"),
        FunctionExpression("record_code", ColumnExpression(OUTCOME))
        .cast(duckdb.dtype("BIGINT"))
        .alias("record_code"),
        ColumnExpression(UPDATED_AT),
    )
