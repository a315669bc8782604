"""Footers: opening a Parquet file by its footer, whole at both ends and within limits.

Whether it agrees with itself and its pages belongs to `parquet_columns`, which columns a log must
have to `relation`, what a footer is without some of its columns to `footer_columns`.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import resources
from pricing_assets.common.errors import RejectedLog
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.logs import footer_columns
from pricing_assets.logs.thrift import BrokenThrift

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAGIC = b"PAR1"
ENCRYPTED = b"PARE"
EXPANSION = 100
"""A file may always decode to as many times its own size."""
FOOTER_EXPANSION = 32
"""A footer takes up to as many times its size, read by Arrow and DuckDB beside each other."""
LEAST_READ_MEMORY = 500_000_000
"""What the libraries that read a log take of memory before the first."""


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
        """Return to how much a file of this size may decode."""
        return max(self.decoded_bytes, EXPANSION * file_bytes)


def beyond(what: str, found: int, most: int, setting: str) -> RejectedLog:
    """Return the rejection of a file that has more of something than it may."""
    return RejectedLog(
        "resource_limit", f"{found:,} {what}, more than the {most:,} of the setting {setting}"
    )


@dataclass(frozen=True)
class Opened:
    """A file by its footer; `hidden` are columns that nobody reads and that are left out of it,
    because of them a reader would not open the file."""

    parquet: "pq.ParquetFile"
    hidden: tuple[str, ...] = ()


def open_file(file: Path, wanted: Collection[str] = (), *, hide: bool = False) -> Opened:
    """Open a file, whole at both ends, by its footer.

    Columns that are not `wanted` are hidden where Arrow does not open it for them, where it is
    encrypted in part, or with `hide`. RejectedLog where it cannot be opened, or is encrypted.
    """
    length = _footer_length(file)
    try:
        opened = Opened(_by_arrow(file))
        if not hide and opened.parquet.metadata.serialized_size == length:
            return opened
    except RejectedLog as error:
        hidden = _without_others(file, wanted)
        if hidden is None:
            raise error from None
        return hidden
    # A footer that is followed by its signature is one of a file that is encrypted in part.
    return _without_others(file, wanted) or opened


def check_footer(file: Path, limits: FileLimits) -> None:
    """Raise RejectedLog where a footer is larger than a reader can hold."""
    length = _footer_length(file)
    if length * FOOTER_EXPANSION > limits.read_memory:
        # Libraries that get no memory for it crash, or call it damaged.
        raise RejectedLog(
            "resource_limit",
            f"its footer of {length:,} bytes takes more memory than the {limits.read_memory:,}"
            " bytes of the setting max_read_memory; write fewer, larger row groups",
        )


def _footer_length(file: Path) -> int:
    size = file.stat().st_size
    if size == 0:
        raise RejectedLog("empty_file", "the file has no bytes")
    with file.open("rb") as stream:
        head = stream.read(4)
        stream.seek(max(0, size - 8))
        tail = stream.read()
    if ENCRYPTED in (head, tail[-4:]):
        raise RejectedLog("encrypted", "the whole file is encrypted; write it without encryption")
    for magic, end in ((head, "beginning"), (tail[-4:], "end")):
        if magic != MAGIC or size < 12:
            raise RejectedLog("unreadable", f"not a whole Parquet file: no PAR1 at its {end}")
    length = int.from_bytes(tail[:4], "little")
    if length > size - 12:
        raise RejectedLog("unreadable", "not a whole Parquet file: its footer lies outside of it")
    return length


def _by_arrow(file: Path, footer: bytes | None = None) -> "pq.ParquetFile":
    import pyarrow as pa
    import pyarrow.parquet as pq

    with readable():
        metadata = None
        if footer is not None:
            metadata = pq.read_metadata(
                pa.BufferReader(MAGIC + footer + footer_columns.ended(footer))
            )
        parquet = pq.ParquetFile(file, metadata=metadata, coerce_int96_timestamp_unit="us")
        parquet.schema_arrow.names  # noqa: B018  # names that are not text are found here
    return parquet


def _without_others(file: Path, wanted: Collection[str]) -> Opened | None:
    """Return the file without the columns that nobody reads; None where it has none such."""
    try:
        footer = footer_columns.Footer.of(file)
        encrypted = [name for name in footer.encrypted() if name in wanted]
        if encrypted:
            raise RejectedLog(
                "encrypted",
                f"column {', '.join(encrypted)} is encrypted; write it without encryption (columns"
                " that are not read may stay encrypted)",
            )
        data, hidden = footer.only(wanted)
    except BrokenThrift:
        return None
    return Opened(_by_arrow(file, data), tuple(hidden)) if hidden else None


def open_stored(file: Path, names: Collection[str], numbers: str = "") -> "pq.ParquetFile":
    """Open these columns of a file alone, as their physical types are: without types that Arrow
    noted, and the column `numbers` as its numbers, whatever they mean (96 bits as 12 bytes).
    RejectedLog where its footer cannot be read so."""
    try:
        data, _ = footer_columns.Footer.of(file).only(names, numbers)
    except BrokenThrift as error:
        raise RejectedLog("unreadable", f"not a whole Parquet file: its footer {error}") from error
    return _by_arrow(file, data)


@contextmanager
def readable() -> Iterator[None]:
    """Turn what Arrow says of a damaged file into RejectedLog."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        if resources.is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        raise RejectedLog("unreadable", f"not a whole Parquet file: {reason_of(error)}") from error


def check_shape(parquet: "pq.ParquetFile", limits: FileLimits) -> None:
    """Raise RejectedLog where rows, columns or nesting go beyond the limits."""
    metadata = parquet.metadata
    if metadata.num_rows > limits.rows:
        raise beyond("rows", metadata.num_rows, limits.rows, "max_rows")
    if metadata.num_columns > limits.columns:
        raise beyond("columns", metadata.num_columns, limits.columns, "max_columns")
    for name in too_deep(parquet, limits):
        raise RejectedLog(
            "resource_limit",
            f"column {name!r} is nested deeper than the {limits.nesting} levels of the setting"
            " max_nesting",
        )


def too_deep(parquet: "pq.ParquetFile", limits: FileLimits) -> list[str]:
    """Return the names of columns that are nested deeper than the limit."""
    return [field.name for field in parquet.schema_arrow if _is_deeper(field.type, limits.nesting)]


def _is_deeper(kind: "pa.DataType", levels: int) -> bool:
    if kind.num_fields == 0:
        return False
    if levels <= 0:
        return True
    return any(_is_deeper(kind.field(n).type, levels - 1) for n in range(kind.num_fields))
