"""Footers: opening a Parquet file by its footer, whole at both ends and within limits.

Whether it agrees with itself and its pages belongs to `column_chunks`, which columns a log must
have to `events`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.errors import RejectedLog

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAGIC = b"PAR1"
ENCRYPTED = b"PARE"
EXPANSION = 100
"""A file may always decode to as many times its own size."""


@dataclass(frozen=True)
class FileLimits:
    """The most that one usage log may have; lengths and sizes in bytes, `read_seconds` on top of
    a second for every 5 MB of the files that are read together."""

    file_bytes: int = 50_000_000_000
    rows: int = 1_000_000_000
    columns: int = 2_000
    nesting: int = 8
    string_bytes: int = 1_000_000
    page_bytes: int = 128_000_000
    decoded_bytes: int = 2_000_000_000
    read_memory: int = 2_000_000_000
    read_seconds: int = 60

    def decoded_bytes_of(self, file_bytes: int) -> int:
        """To how much a file of this size may decode."""
        return max(self.decoded_bytes, EXPANSION * file_bytes)


def beyond(what: str, found: int, most: int, setting: str) -> RejectedLog:
    """The rejection of a file that has more of something than it may."""
    return RejectedLog(
        "resource_limit", f"{found:,} {what}, more than the {most:,} of the setting {setting}"
    )


def open_file(file: Path) -> "pq.ParquetFile":
    """The file by its footer, whole at both ends."""
    import pyarrow.parquet as pq

    size = file.stat().st_size
    if size == 0:
        raise RejectedLog("empty_file", "the file has no bytes")
    with file.open("rb") as stream:
        head = stream.read(4)
        stream.seek(max(0, size - 8))
        tail = stream.read()
    if ENCRYPTED in (head, tail[-4:]):
        raise RejectedLog("unreadable", "an encrypted Parquet file; write it without encryption")
    for magic, end in ((head, "beginning"), (tail[-4:], "end")):
        if magic != MAGIC or size < 12:
            raise RejectedLog("unreadable", f"not a whole Parquet file: no PAR1 at its {end}")
    if int.from_bytes(tail[:4], "little") > size - 12:
        raise RejectedLog("unreadable", "not a whole Parquet file: its footer lies outside of it")
    with readable():
        parquet = pq.ParquetFile(file)
        parquet.schema_arrow.names  # noqa: B018  # names that are no text are found here
    return parquet


@contextmanager
def readable() -> Iterator[None]:
    """What Arrow says of a damaged file, as a rejection."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RejectedLog("unreadable", f"not a whole Parquet file: {error}") from error


def check_shape(parquet: "pq.ParquetFile", limits: FileLimits) -> None:
    """Rows, columns and nesting within the limits; RejectedLog where there is more."""
    metadata = parquet.metadata
    if metadata.num_rows > limits.rows:
        raise beyond("rows", metadata.num_rows, limits.rows, "max_rows")
    if metadata.num_columns > limits.columns:
        raise beyond("columns", metadata.num_columns, limits.columns, "max_columns")
    for field in parquet.schema_arrow:
        if _is_deeper(field.type, limits.nesting):
            raise RejectedLog(
                "resource_limit",
                f"column {field.name!r} is nested deeper than the {limits.nesting} levels of the"
                " setting max_nesting",
            )


def _is_deeper(kind: "pa.DataType", levels: int) -> bool:
    if kind.num_fields == 0:
        return False
    if levels <= 0:
        return True
    return any(_is_deeper(kind.field(n).type, levels - 1) for n in range(kind.num_fields))
