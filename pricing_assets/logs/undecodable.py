"""What cannot be decoded in a log, in the sender's words: which column, which row, and how to fix it.

Only a log that a reader has refused is looked at here, in the process that examines logs.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import resources
from pricing_assets.common.errors import DamagedFile, RejectedLog
from pricing_assets.db import connection as duck
from pricing_assets.db.io import literal_path, scan_parquet
from pricing_assets.logs import relation as events
from pricing_assets.logs import schema as log_schema
from pricing_assets.logs.footer_columns import Footer, ended
from pricing_assets.logs.parquet_footer import MAGIC, open_stored
from pricing_assets.logs.thrift import BrokenThrift

if TYPE_CHECKING:
    import duckdb

SHOWN = 40
"""Bytes of a text that are shown."""
_BATCH = 8192


def why(con: "duckdb.DuckDBPyConnection", file: Path, schema: log_schema.Schema) -> RejectedLog:
    """Return the rejection of a log that could not be read: its columns are read one by one."""
    import duckdb

    names = []
    try:
        opened, schema = events.source_of(con, file, schema)
        read = scan_parquet(con, [opened])
        at = list(zip(schema, read.columns, strict=False))
    except (duckdb.Error, DamagedFile, UnicodeDecodeError):
        return _not_understood(con, file, log_schema.read_names(schema))
    for (name, kind), column in at:
        if not log_schema.is_in_file(kind) or log_schema.is_raw(name, kind):
            continue
        hashed = duckdb.FunctionExpression("hash", duckdb.ColumnExpression(column))
        try:
            read.select(hashed.alias("hashed")).aggregate("bit_xor(hashed)").fetchall()
        except (duckdb.Error, UnicodeDecodeError) as error:
            if resources.is_out_of_memory(error):
                raise MemoryError(str(error)) from error
            found = _bad_text(file, name) if kind in ("text", log_schema.JSON) else None
            if found is not None:
                return found
            names.append(repr(name))
    columns = f" of column {', '.join(names)}" if names else ""
    return RejectedLog(
        "unreadable", f"the data{columns} cannot be decoded; have it written and sent again"
    )


def _not_understood(
    con: "duckdb.DuckDBPyConnection", file: Path, names: Sequence[str]
) -> RejectedLog:
    """Return the rejection of a log that DuckDB does not open: its columns' descriptions one by
    one."""
    import duckdb

    found = []
    alone = duck.temporary_folder(con) / f"footer-{file.name}"
    for name in names:
        try:
            footer, _ = Footer.of(file).only([name])
            alone.write_bytes(MAGIC + footer + ended(footer))
            con.execute(
                "select count(*) from parquet_schema($file)", {"file": literal_path(alone)}
            ).fetchall()
        except (duckdb.Error, BrokenThrift, UnicodeDecodeError):
            found.append(repr(name))
    alone.unlink(missing_ok=True)
    columns = f" of column {', '.join(found)}" if found else ""
    return RejectedLog(
        "unreadable",
        f"what its footer says{columns} is not what a reader understands; have it written and sent"
        " again",
    )


def _bad_text(file: Path, name: str) -> RejectedLog | None:
    """Return the first text of a column that is not UTF-8; None where all are, or none can be
    read."""
    import pyarrow as pa

    first = 0
    try:
        with open_stored(file, [name]) as parquet:
            for batch in parquet.iter_batches(_BATCH, columns=[name]):
                column = batch.column(batch.schema.get_field_index(name)).cast(pa.large_binary())
                for place, text in enumerate(column):
                    if not _is_utf_8(text.as_py()):
                        return _rejection(name, first + place, text.as_py())
                first += len(batch)
    except (RejectedLog, pa.ArrowException, OSError):
        return None
    return None


def _is_utf_8(text: bytes | None) -> bool:
    try:
        (text or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _rejection(name: str, row: int, text: bytes) -> RejectedLog:
    cut = "…" if len(text) > SHOWN else ""
    shown = text[:SHOWN].decode(errors="backslashreplace")
    return RejectedLog(
        "unreadable",
        f"column {name!r} holds a text that is not UTF-8 in row {row} (from 0): '{shown}{cut}';"
        " decode texts with the encoding that they came in, have them written as UTF-8, and send"
        " the file again",
    )
