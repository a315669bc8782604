"""Mapped rows of raw files: the usage log that a source makes of them, and where each record ended.

The SQL of a source belongs to `mapping`, reading of bytes to `raw_files`.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pricing_assets.common import resources
from pricing_assets.common.errors import ConfigurationError, RejectedLog
from pricing_assets.common.hive_paths import in_path
from pricing_assets.contract.usage_log import BLANKS
from pricing_assets.db.connection import connection
from pricing_assets.db.statements import statement
from pricing_assets.sources import json_lines, mapping, raw_files
from pricing_assets.sources.cells import NUMBER, Cells
from pricing_assets.sources.raw_files import RawFile
from pricing_assets.sources.records import load_side_table, record_batches
from pricing_assets.sources.repeated_keys import refuse_repeated
from pricing_assets.sources.selected import select_rows
from pricing_assets.sources.source import Source

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_NONE: Final[Mapping[Path, Mapping[str, str | None] | None]] = MappingProxyType({})
MAPPED: Final = "mapped"
"""Where a record ended that became a row of the usage log."""


@dataclass
class FileAccount:
    """Where the records of one raw file ended: `mapped`, or an outcome."""

    file: RawFile
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def records(self) -> int:
        """How many records the file holds."""
        return self.outcomes.total()


InPaths = Mapping[Path, Mapping[str, str | None] | None]
"""The columns that only a table's log has of its files."""


def map_files(
    files: Sequence[Path], source: Source, target: Path | None = None, in_paths: InPaths = _NONE
) -> list[FileAccount]:
    """Write the rows that a source makes of raw files as Parquet, and return an account per file.

    One row per raw record, in the files' and records' order: the contract's columns, dimensions and
    token classes, `outcome` (null where the record became a row), `file` (SHA-256), `file_name`,
    `row_number` (from 0). RejectedLog where a file cannot be read as the source says.
    """
    accounts: list[FileAccount] = []
    with _writer(target) as write:
        for account, table in mapped(files, source, in_paths):
            write(table)
            if not accounts or accounts[-1] is not account:
                accounts.append(account)
    return accounts


def mapped(
    files: Sequence[Path], source: Source, in_paths: InPaths = _NONE
) -> Iterator[tuple[FileAccount, "pa.Table"]]:
    """Yield each file's account, as it grows, with its mapped rows in tables of some megabytes; columns
    that a file lacks are those of `in_paths`, or of its path."""
    folders = sorted({file.absolute().parent for file in files})
    with (
        tempfile.TemporaryDirectory(prefix="creditmill-") as scratch,
        connection(within=[*folders, Path(scratch)]) as con,
    ):
        load_functions(con)
        for file in files:
            raw = raw_files.recognize(file, source.formats)
            of_table = in_paths.get(file)
            columns = in_path(file.absolute().parent) if of_table is None else of_table
            raw = replace(raw, in_path=columns)
            account = FileAccount(raw)
            made = tables(con, raw, source, Path(scratch))
            while (rows := _next_of(made, file)) is not None:
                table = _with_file(rows, raw)
                account.outcomes.update(one or MAPPED for one in table["outcome"].to_pylist())
                yield account, table


def _next_of(made: "Iterator[pa.Table]", file: Path) -> "pa.Table | None":
    """Return the next rows of a file, None after the last; RejectedLog names the file."""
    try:
        return next(made, None)
    except ConfigurationError:  # it names the file beside
        raise
    except faults() as error:
        why = rejection_of(error)
        if str(file) in why.detail:
            raise why from error
        raise RejectedLog(why.reason, f"{file}: {why.detail}") from error


def faults() -> tuple[type[Exception], ...]:
    """Return the errors of mapping a log that are the log's, or of the table beside it."""
    import duckdb
    import pyarrow as pa

    in_words = (RejectedLog, ConfigurationError)
    return (*in_words, duckdb.Error, pa.ArrowException, OverflowError, UnicodeError)


def rejection_of(error: Exception) -> RejectedLog:
    """Return why a log is rejected whose mapping raises one of `faults`. MemoryError where the machine
    has too little for it."""
    if resources.is_out_of_memory(error):
        raise MemoryError(str(error)) from error
    if isinstance(error, RejectedLog):
        return error
    if isinstance(error, ConfigurationError):
        return RejectedLog("wrong_schema", str(error))
    return RejectedLog("unreadable", f"its source cannot read it: {str(error).splitlines()[0]}")


@contextmanager
def _writer(target: Path | None) -> Iterator[Callable[["pa.Table"], None]]:
    """Write tables of one schema into a Parquet file, whole or not at all."""
    if target is None:
        yield lambda _: None
        return
    import pyarrow.parquet as pq

    beside = target.with_name(f".{target.name}.part")
    writer: list[pq.ParquetWriter] = []

    def write(table: "pa.Table") -> None:
        if not writer:
            writer.append(pq.ParquetWriter(beside, table.schema, compression="zstd"))
        writer[0].write_table(table)

    try:
        yield write
        for one in writer:
            one.close()
            beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def load_functions(con: "duckdb.DuckDBPyConnection") -> None:
    """Create the functions by which sources are read."""
    con.execute("set variable blanks = $blanks", {"blanks": BLANKS})
    con.execute(statement("sources/functions"))


def tables(
    con: "duckdb.DuckDBPyConnection", file: RawFile, source: Source, scratch: Path
) -> Iterator["pa.Table"]:
    """Yield the mapped rows of one file, batch by batch, as `mapping.select` makes them. It may be
    unpacked into the folder `scratch`, which `con` may read."""
    at_once = json_lines.mapped_lines(con, file, source, scratch)
    if at_once is not None:
        yield at_once
        return
    load_side_table(con, file, source)
    done = [0]
    for cells in record_batches(con, file, source, done):
        rows = rows_of(con, source, cells)
        done[0] += rows.num_rows
        yield rows


def rows_of(con: "duckdb.DuckDBPyConnection", source: Source, cells: Cells) -> "pa.Table":
    """Return the mapped rows of `raw`, as `mapping.select` makes them."""
    if source.select is not None:
        source, cells = select_rows(con, source, cells)
    query = mapping.select(source, cells)
    refuse_repeated(con, cells)
    return con.sql(query).to_arrow_table()


def _with_file(rows: "pa.Table", file: RawFile) -> "pa.Table":
    import pyarrow as pa

    count = rows.num_rows
    numbers = rows["row_number"]
    of_no_column = [name for name in (NUMBER, "record_updated_at") if name in rows.column_names]
    rows = rows.drop_columns(["row_number", *of_no_column])
    rows = rows.append_column("file", pa.repeat(file.digest, count))
    rows = rows.append_column("file_name", pa.repeat(file.path.name, count))
    return rows.append_column("row_number", numbers.cast(pa.int64()))
