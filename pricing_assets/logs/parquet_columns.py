"""Column chunks: what a footer says of them, compared with itself, their pages and its statistics.

Nothing is decoded before it is known to fit in memory; what a page's header says is `parquet_pages`'.
"""

import mmap
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import text
from pricing_assets.common.errors import RejectedLog
from pricing_assets.contract.usage_log import UNVERIFIED
from pricing_assets.logs import parquet_pages
from pricing_assets.logs.parquet_footer import MAGIC, FileLimits, beyond, readable

if TYPE_CHECKING:
    import pyarrow.parquet as pq

LEAST_VALUE = 10
"""The bytes of a page of plain values that holds one: four of it, and of its levels no fewer than
four that say how many and two."""


SENT_AGAIN = (
    "have it sent again; if it comes the same, its writer makes wrong checksums: write it without"
)


def check_pages(
    file: Path, parquet: "pq.ParquetFile", read: Collection[str], limits: FileLimits
) -> tuple[str, RejectedLog | None]:
    """Hold the footer against itself, and against the pages of the columns that are read.

    Gives what vouches for these columns, `page_checksums` or `unverified`, and in a file without
    checksums what does not agree with itself: some writers make such files, and decoding them
    tells whether they can be read. In a file with checksums that is a RejectedLog, for these cover
    neither the footer nor the headers of pages; so are, in any file, a wrong checksum, a column of
    two names, and more than the limits.
    """
    metadata, size = parquet.metadata, file.stat().st_size
    checked: dict[int, set[bool | None]] = {}
    odd: list[RejectedLog] = []
    counted = decoded = 0
    with (
        readable(),
        file.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as data,
    ):
        footer_at = size - 8 - int.from_bytes(data[-8:-4], "little")
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            counted += group.num_rows
            for place in range(group.num_columns):
                column = group.column(place)
                leaf = parquet.schema.column(place)
                if not any(_is_of(leaf.path, name) for name in read):
                    _bears_its_name(column.path_in_schema.split(".")[0], leaf.path.split(".")[0])
                    continue
                _bears_its_name(column.path_in_schema, leaf.path)
                found: list[parquet_pages.Page] = []
                odd += _agrees(column, leaf, group.num_rows, footer_at)
                odd += _walk(data, column, leaf, found)
                odd += _hold(column, leaf, found, limits)
                if _is_said_to_be_null(column, leaf) and _have_room(found, leaf):
                    read_back = parquet.read_row_group(number, columns=[leaf.path]).column(0)
                    if read_back.null_count < group.num_rows:
                        odd.append(
                            _disagree(leaf.path, "it is said to be null throughout, and is not")
                        )
                decoded += sum(page.uncompressed for page in found)
                for page in found:
                    checked.setdefault(page.kind, set()).add(page.checked)
                del odd[1:]  # the first is reported
    # Dictionaries alone bear them as parquet-mr before 1.14 writes pages of version 2.
    of_dictionaries = checked.pop(parquet_pages.DICTIONARY, set())
    of_data = set().union(*checked.values())
    if odd and (True in of_data or counted != metadata.num_rows):
        raise odd[0]
    if counted != metadata.num_rows:
        raise RejectedLog(
            "unreadable",
            f"{text.counted(metadata.num_rows, 'row')} in the footer, {counted:,} in its row groups",
        )
    most = limits.decoded_bytes_of(size)
    if decoded > most:
        raise beyond("decoded bytes", decoded, most, "max_decoded_bytes")
    vouched = of_data == {True} and None not in of_dictionaries
    return "page_checksums" if vouched else UNVERIFIED, odd[0] if odd else None


def _is_of(path: str, name: str) -> bool:
    return path == name or path.startswith(f"{name}.")


def _disagree(path: str, why: str) -> RejectedLog:
    return RejectedLog("unreadable", f"column {path!r} does not agree with itself: {why}")


def _stretch(column: "pq.ColumnChunkMetaData") -> tuple[int, int]:
    # Where there is no page of a kind its offset is 0: nothing lies before the magic.
    offsets = [at for at in (column.dictionary_page_offset, column.data_page_offset) if at]
    start = min(offsets, default=len(MAGIC))
    return start, start + column.total_compressed_size


def _bears_its_name(in_row_group: str, in_schema: str) -> None:
    """Raise RejectedLog where a column has two names: either may be the right one, and one be
    read."""
    if in_row_group != in_schema:
        raise _disagree(in_schema, f"its row group calls it {in_row_group!r}")


def _agrees(
    column: "pq.ColumnChunkMetaData", leaf: "pq.ColumnSchema", rows: int, footer_at: int
) -> Iterator[RejectedLog]:
    """Return what a row group says of a column that does not agree with the schema and the file."""
    start, end = _stretch(column)
    if column.physical_type != leaf.physical_type:
        yield _disagree(leaf.path, f"its row group says that it is {column.physical_type}")
    if start < len(MAGIC) or end < start or end > footer_at:
        yield _disagree(leaf.path, "its pages lie outside of the file")
    repeats = leaf.max_repetition_level > 0
    if column.num_values < rows or (column.num_values > rows and not repeats):
        yield _disagree(
            leaf.path, f"{text.counted(column.num_values, 'value')} in {text.counted(rows, 'row')}"
        )


def _walk(
    data: memoryview,
    column: "pq.ColumnChunkMetaData",
    leaf: "pq.ColumnSchema",
    found: list[parquet_pages.Page],
) -> Iterator[RejectedLog]:
    """Add the pages of a column to `found`; give what of their headers is not whole, or of levels
    does not fill what these give them."""
    most = (leaf.max_repetition_level, leaf.max_definition_level)
    try:
        found.extend(parquet_pages.walk(data, *_stretch(column)))
        for page in found:
            parquet_pages.hold_levels(data, page, most)
    except (parquet_pages.BrokenPage, IndexError) as error:
        yield _disagree(leaf.path, str(error))


def _is_said_to_be_null(column: "pq.ColumnChunkMetaData", leaf: "pq.ColumnSchema") -> bool:
    """Return whether DuckDB would leave the column unread."""
    stored = column.statistics
    if stored is None or not stored.has_null_count:
        return False
    nulls: int = stored.null_count
    values: int = column.num_values
    return leaf.max_repetition_level == 0 and nulls >= values > 0


def _have_room(found: Collection[parquet_pages.Page], leaf: "pq.ColumnSchema") -> bool:
    """Return whether pages can hold a value: not beside their levels alone, nor of an empty
    dictionary."""
    if leaf.max_definition_level == 0:
        return True
    entries = [page.values for page in found if page.kind == parquet_pages.DICTIONARY]
    for page in found:
        if page.kind == parquet_pages.DICTIONARY:
            continue
        if page.encoding in parquet_pages.OF_DICTIONARY:
            if entries != [0]:
                return True
            continue
        beside = LEAST_VALUE if page.levels is None else sum(page.levels) + 1
        if page.uncompressed >= beside or page.encoding != parquet_pages.PLAIN:
            return True
    return False


def _hold(
    column: "pq.ColumnChunkMetaData",
    leaf: "pq.ColumnSchema",
    found: Sequence[parquet_pages.Page],
    limits: FileLimits,
) -> Iterator[RejectedLog]:
    """Return what a row group says of a column that does not agree with its pages; RejectedLog
    where a checksum is wrong or lacks, or a page is beyond the limit."""
    values = uncompressed = 0
    for kind in {page.kind for page in found}:
        if {True, None} <= {page.checked for page in found if page.kind == kind}:
            raise RejectedLog(
                "wrong_checksum",
                f"some pages of column {leaf.path!r} have a checksum, others of their kind have none;"
                f" {SENT_AGAIN}",
            )
    for page in found:
        if page.checked is False:
            raise RejectedLog(
                "wrong_checksum",
                f"a page of column {leaf.path!r} is not what its checksum says; {SENT_AGAIN}",
            )
        if page.uncompressed > limits.page_bytes:
            raise beyond(
                f"bytes in one page of column {leaf.path!r}",
                page.uncompressed,
                limits.page_bytes,
                "max_page_bytes",
            )
        if column.compression == "UNCOMPRESSED" and page.uncompressed != page.compressed:
            yield _disagree(leaf.path, "a page that is not compressed has two sizes")
        uncompressed += page.header + page.uncompressed
        if page.kind in (parquet_pages.DATA, parquet_pages.DATA_V2):
            values += page.values
    if values != column.num_values:
        yield _disagree(
            leaf.path,
            f"{text.counted(column.num_values, 'value')} in the footer, {values:,} in pages",
        )
    if uncompressed != column.total_uncompressed_size:
        yield _disagree(
            leaf.path,
            f"{text.counted(column.total_uncompressed_size, 'byte')} in the footer,"
            f" {uncompressed:,} in pages",
        )
