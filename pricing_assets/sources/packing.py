"""Mapped rows as files: what a source makes of raw logs, as Parquet that later steps read.

One row per raw record, in the logs' and records' order. Small logs share a file: loggers write an
object per request, and a file of its own would cost each of them more than its record. What reads
these files is `logs.mapped_rows`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing_assets.common.errors import RejectedLog
from pricing_assets.db import connection as duck
from pricing_assets.sources import raw_files
from pricing_assets.sources.cells import NUMBER
from pricing_assets.sources.kept import KeptSource
from pricing_assets.sources.mapped import faults, load_functions, rejection_of, rows_of, tables
from pricing_assets.sources.raw_files import RawFile
from pricing_assets.sources.records import json_records, load_side_table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

UNREADABLE: Final = "unreadable_record"
SMALL: Final = 64 << 10
"""Bytes of a log of JSON that shares a file of mapped rows with others."""
_ROWS: Final = 120_000
"""Rows of a row group: the same rows are the same bytes."""


class Raw(NamedTuple):
    """A raw log: its SHA-256, where its bytes lie, and the columns that the path says under which it
    came."""

    sha256: str
    path: Path
    in_path: Mapping[str, str | None] = {}  # read only


@dataclass(frozen=True)
class Packed:
    """A file of mapped rows, and how many records each raw log in it has, by SHA-256; `unreadable` are
    those of which no record can be read, or that have none."""

    path: Path
    records: dict[str, int]
    unreadable: tuple[str, ...] = ()


def pack(
    logs: Sequence[Raw], kept: KeptSource, folder: Path, limits: duck.Limits
) -> tuple[list[Packed], dict[str, RejectedLog]]:
    """Write what a source makes of raw logs into files `SHA256.parquet` in a folder; returns these
    files, and why logs are rejected, by SHA-256."""
    rejected: dict[str, RejectedLog] = {}
    packed: list[Packed] = []
    small: list[RawFile] = []
    files: dict[str, RawFile] = {}
    # a link leads to a kept log, and DuckDB reads where it leads
    within = {place.parent for log in logs for place in (log.path, log.path.resolve())}
    with duck.connection(limits, folder, sorted(within)) as con:
        load_functions(con)
        if kept.side is not None:
            _write_side_table(kept, logs)
        for log in sorted(logs):
            try:
                file = raw_files.recognize(log.path, kept.source.formats, log.sha256)
                file = replace(file, in_path=log.in_path)
                files[log.sha256] = file
                if file.format in ("ndjson", "json") and file.size <= SMALL:
                    small.append(file)
                else:
                    target = folder / f"{log.sha256}.parquet"
                    packed.append(_write(target, [file], tables(con, file, kept.source, folder)))
            except faults() as error:
                rejected[log.sha256] = _named(rejection_of(error), log)
        packed += _pack_small(con, small, kept, folder, rejected)
    for one in packed:
        for sha256 in one.unreadable:
            try:
                raw_files.check_without_records(files[sha256], kept.source.records)
            except RejectedLog as error:
                rejected[sha256] = error
                del one.records[sha256]
    return [one for one in packed if one.records], rejected


def _write_side_table(kept: KeptSource, logs: Sequence[Raw]) -> None:
    join = kept.source.join
    if join is not None and kept.side is not None:
        for parent in {log.path.parent for log in logs}:
            (parent / join.file).write_bytes(kept.side.encode("utf-8", "surrogateescape"))


def _named(error: RejectedLog, log: Raw) -> RejectedLog:
    """Return a rejection without the path of the copy that was read, or of one beside it."""
    detail = error.detail.replace(f"{log.path}: ", "").replace(str(log.path), "it")
    return RejectedLog(error.reason, detail.replace(f"{log.path.parent}/", ""))


def _pack_small(
    con: "duckdb.DuckDBPyConnection",
    small: Sequence[RawFile],
    kept: KeptSource,
    folder: Path,
    rejected: dict[str, RejectedLog],
) -> list[Packed]:
    """Map logs that are all small together, in one statement; where that fails, each half by itself, down
    to single ones: only what a log does alone counts against it."""
    found: list[_Read] = []
    for file in small:
        try:
            found.append(_Read(file, list(raw_files.documents(file))))
        except RejectedLog as error:
            rejected[file.digest] = _named(error, Raw(file.digest, file.path))
    packed: list[Packed] = []
    parts = [found] if found else []
    while parts:
        part = parts.pop()
        try:
            packed.append(_pack_together(con, part, kept, folder))
        except faults() as error:
            why, middle, first = rejection_of(error), len(part) // 2, part[0].file
            if middle:
                parts += part[middle:], part[:middle]
            else:
                rejected[first.digest] = _named(why, Raw(first.digest, first.path))
    return packed


class _Read(NamedTuple):
    """A small log, and its documents."""

    file: RawFile
    documents: "list[pa.Array]"


def _pack_together(
    con: "duckdb.DuckDBPyConnection", logs: Sequence[_Read], kept: KeptSource, folder: Path
) -> Packed:
    """Write the mapped rows of small logs as one file."""
    import hashlib

    import pyarrow as pa

    lengths = [sum(map(len, log.documents)) for log in logs]
    starts = list(accumulate(lengths[:-1], initial=0))
    files = [log.file for log in logs]
    name = files[0].digest
    if len(files) > 1:
        name = hashlib.sha256("\n".join(file.digest for file in files).encode()).hexdigest()
    load_side_table(con, files[0], kept.source)
    if kept.source.select is None:
        rows = _rows_of(con, logs, kept)
    else:  # it may look at the records beside: only those of one log are there
        parts = [_rows_of(con, [log], kept) for log in logs]
        rows = pa.concat_tables(map(_numbered_from, parts, starts))
    return _write(folder / f"{name}.parquet", files, iter([rows]), starts)


def _rows_of(
    con: "duckdb.DuckDBPyConnection", logs: Sequence[_Read], kept: KeptSource
) -> "pa.Table":
    import pyarrow as pa

    documents = [one for log in logs for one in log.documents]
    every = pa.concat_arrays(documents) if documents else pa.array([], pa.string())
    return rows_of(con, kept.source, json_records(con, every, kept.source))


def _numbered_from(rows: "pa.Table", start: int) -> "pa.Table":
    import pyarrow.compute as pc

    at = rows.column_names.index(NUMBER)
    return rows.set_column(
        at, rows.schema.field(at), pc.add(rows[NUMBER], start).cast(rows.schema.field(at).type)
    )


def _write(
    target: Path,
    logs: Sequence[RawFile],
    batches: Iterator["pa.Table"],
    starts: Sequence[int] = (0,),
) -> Packed:
    """Write rows of logs, whose documents begin at `starts`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    counts, readable = np.zeros((2, len(logs)), np.int64)
    writer: pq.ParquetWriter | None = None
    for table in _grown(batches):
        places, numbers = np.zeros(len(table), np.int64), table["row_number"].to_numpy()
        if len(logs) > 1:
            documents = table[NUMBER].to_numpy()
            places = np.searchsorted(np.array(starts), documents, side="right") - 1
            numbers = np.arange(len(table)) - np.searchsorted(places, places)
        counts += np.bincount(places, minlength=len(logs))
        can_be_read = pc.not_equal(pc.fill_null(table["outcome"], ""), UNREADABLE)
        readable += np.bincount(places[can_be_read.to_numpy()], minlength=len(logs))
        digests = pa.array([log.digest for log in logs], pa.string())
        columns = {name: table[name] for name in table.column_names if name not in _MADE}
        columns |= {
            "file": digests.take(pa.array(places)),
            "row_number": pa.array(numbers, pa.int64()),
            "record_outcome": table["outcome"],
            "record_updated_at": table["record_updated_at"],
        }
        rows = pa.table(columns)
        if writer is None:
            writer = pq.ParquetWriter(target, rows.schema, compression="zstd")
        writer.write_table(rows)
    if writer is not None:
        writer.close()
    every = [log.digest for log in logs]
    unreadable = tuple(log for log, count in zip(every, readable, strict=True) if not count)
    return Packed(target, dict(zip(every, map(int, counts), strict=True)), unreadable)


_MADE: Final = ("row_number", NUMBER, "outcome", "record_updated_at")


def _grown(batches: Iterator["pa.Table"]) -> Iterator["pa.Table"]:
    """Yield the same rows in tables of `_ROWS`, however they came; one at least."""
    import pyarrow as pa

    waiting: pa.Table | None = None
    for table in batches:
        waiting = table if waiting is None else pa.concat_tables([waiting, table])
        while len(waiting) > _ROWS:
            yield waiting.slice(0, _ROWS).combine_chunks()
            waiting = waiting.slice(_ROWS)
    if waiting is not None:
        yield waiting.combine_chunks()
