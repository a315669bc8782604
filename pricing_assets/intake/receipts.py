"""Receipts: what gated logs hold, from one read of all their values.

Whether a log is ingested is decided in `take_in`, what its rows mean in `usage`; the rows of no
usage date, which no date's run would ever read, are kept here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common import files
from pricing_assets.common.errors import RejectedLog
from pricing_assets.common.text import counted
from pricing_assets.contract import tables
from pricing_assets.contract import usage_dates as dates
from pricing_assets.contract.outcomes import EXCLUDED
from pricing_assets.contract.usage_log import FUTURE_ALLOWANCE, LOG_COLUMNS
from pricing_assets.db import connection as duck
from pricing_assets.db.io import literal_path, quoted, write_table
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Receipt
from pricing_assets.intake.arrived import Arrived, Gated, Rules
from pricing_assets.logs import parquet_types
from pricing_assets.logs import relation as events
from pricing_assets.logs import schema as log_schema
from pricing_assets.logs.mapped_rows import MappedLog
from pricing_assets.logs.parquet_footer import beyond
from pricing_assets.logs.rows_by_date import rows_by_usage_date
from pricing_assets.sources.kept import KeptSource

if TYPE_CHECKING:
    import duckdb


def read(
    logs: Sequence[tuple[Arrived, Gated]],
    rules: Rules,
    limits: duck.Limits,
    received_at: datetime,
    scratch: Path,
) -> list[Receipt | RejectedLog]:
    """Return one receipt for each log, read together, or a rejection where its values are too long, too
    many or too few; undated rows as Parquet in `scratch`."""
    future_after = (received_at + FUTURE_ALLOWANCE).replace(tzinfo=None)
    found = {log.sha256: _Found() for log, _ in logs}
    with duck.connection(limits, scratch) as con:
        sources = {log.sha256: events.source_of(con, log.copy, gated.schema) for log, gated in logs}
        read_names = {path: log_schema.read_names(schema) for path, schema in sources.values()}
        contradicting = parquet_types.contradictions(con, read_names)
        for path, schema in dict(sources.values()).items():
            names = log_schema.read_names([one for one in schema if not log_schema.is_raw(*one)])
            # A file read by itself has its statistics looked at, and later steps may do that.
            con.execute(
                f"select {', '.join(map(quoted, names))}"
                " from read_parquet($file, hive_partitioning = false) limit 1",
                {"file": literal_path(path)},
            ).fetchall()
        view_arrived(con, logs, rules.dimensions)
        utc_days: set[date] = set()
        arrived = con.sql(
            statement("intake/rows_by_utc_day"), params={"future_after": future_after}
        ).fetchall()
        for file, reason, utc_day, rows, text_bytes, longest_text, _ in arrived:
            one = found[file]
            one.text_bytes += text_bytes
            one.longest_text = max(one.longest_text, longest_text)
            if reason is not None:
                one.undated[reason] = one.undated.get(reason, 0) + rows
            else:
                one.dated += rows
                utc_days.add(utc_day)
                if rules.timezone == "UTC":
                    one.dates[utc_day.isoformat()] = rows
        if rules.timezone != "UTC" and utc_days:
            load_pieces(con, dates.pieces(dates.dates_around(utc_days), rules.timezone))
            for file, usage_date, rows in rows_by_usage_date(con, future_after):
                found[file].dates[usage_date.isoformat()] = rows
        if utc_days:
            _read_pruned(con, logs, rules.dimensions, utc_days, future_after, found)
        for log, _ in logs:
            if found[log.sha256].undated.keys() - set(EXCLUDED):
                _keep_undated(con, log, future_after, rules.dimensions, scratch)
    return [
        contradicting.get(sources[log.sha256][0])
        or _receipt(log, gated, found[log.sha256], rules, received_at)
        for log, gated in logs
    ]


def _until(
    log: tuple[Path, log_schema.Schema, None] | MappedLog, latest: datetime
) -> tuple[Path, log_schema.Schema, datetime] | MappedLog:
    """Return a log without its rows after an instant."""
    if isinstance(log, MappedLog):
        return log._replace(until=latest)
    return log[0], log[1], latest


@dataclass
class _Found:
    """What one log's values are."""

    dates: dict[str, int] = field(default_factory=dict)
    undated: dict[str, int] = field(default_factory=dict)
    dated: int = 0
    dated_again: int = 0
    text_bytes: int = 0
    longest_text: int = 0


def _read_pruned(
    con: "duckdb.DuckDBPyConnection",
    logs: Sequence[tuple[Arrived, Gated]],
    dimensions: tuple[str, ...],
    utc_days: set[date],
    future_after: datetime,
    found: dict[str, _Found],
) -> None:
    """Count rows as later steps read them, by bounds that statistics answer: these, too, may be
    damaged, and are looked at by nothing before."""
    between = (
        datetime.combine(min(utc_days), time(), UTC),
        datetime.combine(max(utc_days), time(), UTC) + timedelta(days=1),
    )
    sources = [_until(log.stored(gated.schema), future_after) for log, gated in logs]
    pruned = events.relation_of(con, sources, dimensions, between)
    for file, rows in pruned.aggregate("file, count(*)", "file").fetchall():
        found[file].dated_again = rows


def view_arrived(
    con: "duckdb.DuckDBPyConnection",
    logs: Sequence[tuple[Arrived, Gated]],
    dimensions: tuple[str, ...],
) -> None:
    """Create the view `arrived`: every row of the logs, with the texts of own dimensions as a
    list."""
    import duckdb
    from duckdb import (
        ColumnExpression,
        ConstantExpression,
        FunctionExpression,
        StarExpression,
    )

    logged = {column.name for column in LOG_COLUMNS}
    own = [
        FunctionExpression(
            "struct_extract", ColumnExpression("dimensions"), ConstantExpression(name)
        )
        for name in dimensions
        if name not in logged
    ]
    texts = (
        FunctionExpression("list_value", *own)
        if own
        else ConstantExpression(None).cast(duckdb.dtype("VARCHAR[]"))
    )
    sources = [log.stored(gated.schema) for log, gated in logs]
    events.relation_of(con, sources, dimensions).select(
        StarExpression(), texts.alias("dimension_texts")
    ).create_view("arrived")


def _receipt(
    log: Arrived, gated: Gated, found: _Found, rules: Rules, received_at: datetime
) -> Receipt | RejectedLog:
    limits = rules.file_limits
    if found.dated != found.dated_again:
        return RejectedLog(
            "unreadable",
            f"{counted(found.dated, 'row has', 'rows have')} a date, by its statistics"
            f" {found.dated_again:,}",
        )
    readable = sum(found.dates.values()) + sum(found.undated.values())
    if readable != gated.rows:
        return RejectedLog(
            "unreadable", f"{counted(readable, 'row')} can be read, {gated.rows:,} announced"
        )
    if found.longest_text > limits.string_bytes:
        what = "bytes in one text"
        return beyond(what, found.longest_text, limits.string_bytes, "max_string_bytes")
    most = limits.decoded_bytes_of(log.bytes)
    if found.text_bytes > most:
        return beyond("bytes of text", found.text_bytes, most, "max_decoded_bytes")
    skipped = {reason: rows for reason, rows in found.undated.items() if reason in EXCLUDED}
    undated = {reason: rows for reason, rows in found.undated.items() if reason not in EXCLUDED}
    return Receipt(
        file=log.sha256,
        file_name=log.file_name,
        received_at=received_at.isoformat(),
        rows=gated.rows,
        bytes=log.bytes,
        dates=dict(sorted(found.dates.items())),
        undated=dict(sorted(undated.items())),
        schema=gated.schema,
        integrity=log.integrity,
        skipped=dict(sorted(skipped.items())) or None,
        source=None if log.records is None else _mapped_by(log, rules.sources),
        table=log.table,
    )


def _mapped_by(log: Arrived, sources: Mapping[str, KeptSource]) -> dict[str, str]:
    """Return what a receipt says of a raw log's source."""
    written = log.copy.stat()
    source = sources[log.source]
    fields = {"in_path": json.dumps(log.in_path)} if log.in_path else {}
    fields |= {} if source.source.keep_raw else {"keep_raw": "false"}
    return fields | {
        "name": source.name,
        "sha256": log.source,
        "inbox": log.inbox,
        "rows": log.copy.stem,
        "rows_sha256": _digest_of(log.copy, (written.st_ino, written.st_mtime_ns)),
    }


@lru_cache(maxsize=4)
def _digest_of(rows: Path, stamp: tuple[int, int]) -> str:
    """Return the digest of a file of mapped rows, once for all logs that share it."""
    return files.sha256_of(rows)


def _keep_undated(
    con: "duckdb.DuckDBPyConnection",
    log: Arrived,
    future_after: datetime,
    dimensions: tuple[str, ...],
    scratch: Path,
) -> None:
    """Write the rows of no usage date, as quarantine, beside the receipt."""
    table, query = tables.stored("quarantine", dimensions), statement("intake/undated_rows")
    params: dict[str, Any] = {"file": log.sha256, "future_after": future_after}
    any_class = " or ".join(f"{name} is not null" for name in table.classes)
    if not con.sql(query, params=params).filter(any_class).limit(1).fetchall():
        table = table.without_classes
    target = scratch / f"{log.sha256}.quarantine.parquet"
    write_table(con, table, f"({query})", target, dimensions, **params)
