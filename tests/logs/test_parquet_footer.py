"""Footers that lie: which gate finds it, and in which words.

That no flipped bit is misread belongs to `test_bit_flips`, that hostile files cost only themselves
to `test_reader_process`.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing_assets.common.errors import RejectedLog
from pricing_assets.logs import parquet_columns, parquet_pages, stored_instants
from pricing_assets.logs import parquet_footer as footer
from pricing_assets.logs.parquet_footer import FileLimits
from tests.support.odd_files import footer_at
from tests.support.workspace import NOON

ROWS = 7777
"""A number that nothing else in these files is."""
TIMES = [NOON.replace(tzinfo=None) + timedelta(seconds=n) for n in range(ROWS)]
Lie = Callable[[bytes], bytes]


def varint(number: int) -> bytes:
    """A whole number as Thrift's compact protocol writes it."""
    rest, written = number << 1, b""
    while rest > 0x7F:
        rest, written = rest >> 7, written + bytes([rest & 0x7F | 0x80])
    return written + bytes([rest])


def log(path: Path, **options: object) -> bytes:
    """One column of instants, not compressed, in one page."""
    table = pa.table({"event_time": pa.array(TIMES, pa.timestamp("us"))})
    plain = {"compression": "none", "use_dictionary": False, "data_page_size": 1 << 20}
    pq.write_table(table, path, **(plain | options))
    return path.read_bytes()


def counted(place: int) -> Lie:
    """The count of rows or values at this place of the footer is one more."""

    def lie(data: bytes) -> bytes:
        at = footer_at(data)
        parts = data[at:].split(varint(ROWS))
        assert len(parts) == 5  # of the file, of the column, of its levels and of the row group
        told = [varint(ROWS)] * 4
        told[place] = varint(ROWS + 1)
        return (
            data[:at]
            + parts[0]
            + b"".join(n + part for n, part in zip(told, parts[1:], strict=True))
        )

    return lie


def sized(what: str, more: int) -> Lie:
    """A size of the column in the footer is larger."""

    def lie(data: bytes) -> bytes:
        at = footer_at(data)
        column = pq.ParquetFile(pa.BufferReader(data)).metadata.row_group(0).column(0)
        # the two sizes are one number here, and come one after the other
        size = varint(column.total_compressed_size)
        other = varint(column.total_compressed_size + more)
        assert column.total_uncompressed_size == column.total_compressed_size
        assert len(size) == len(other)
        both = b"\x16" + size + b"\x16"
        told = b"\x16" + (other if what == "uncompressed" else size) + b"\x16"
        assert data[at:].count(both + size) == 1
        after = size if what == "uncompressed" else other
        return data[:at] + data[at:].replace(both + size, told + after)

    return lie


def paged(field: str) -> Lie:
    """The header of the page has another number."""

    def lie(data: bytes) -> bytes:
        # two sizes that are one number, one after the other: a little more than the values take
        numbers = map(varint, range(ROWS * 8, ROWS * 8 + 40))
        (size,) = (n for n in numbers if data.count(n + b"\x15" + n, 0, 40) == 1)
        both = size + b"\x15" + size
        if field == "size":
            return data.replace(both, bytes([size[0] ^ 2]) + size[1:] + b"\x15" + size, 1)
        at = data.index(both) + len(both)
        return data[:at] + data[at:].replace(varint(ROWS), varint(ROWS + 1), 1)

    return lie


def least(data: bytes) -> bytes:
    """The least instant in the statistics is the second."""
    at = footer_at(data)
    raw = [int((time - datetime(1970, 1, 1)) / timedelta(microseconds=1)) for time in TIMES[:2]]
    first, second = (number.to_bytes(8, "little") for number in raw)
    assert first in data[at:]
    return data[:at] + data[at:].replace(first, second)


LIES: dict[str, tuple[Lie, str]] = {
    "rows of the file": (
        counted(0),
        f"{ROWS + 1:,} rows in the footer, {ROWS:,} in its row groups",
    ),
    "values of the column": (counted(1), f"{ROWS + 1:,} values in {ROWS:,} rows"),
    "rows of the row group": (counted(3), f"{ROWS:,} values in {ROWS + 1:,} rows"),
    "values of the page": (
        paged("values"),
        f"{ROWS:,} values in the footer, {ROWS + 1:,} in pages",
    ),
    "size of the page": (paged("size"), "a page that is not compressed has two sizes"),
    "bytes of the column": (sized("uncompressed", 1), "bytes in the footer, "),
    "bytes in the file": (sized("compressed", 4000), "its pages lie outside of the file"),
    "least instant": (least, "its statistics leave out instants that it holds"),
    "encrypted": (lambda data: b"PARE" + data[4:-4] + b"PARE", "the whole file is encrypted"),
    "no beginning": (lambda data: b"NONE" + data[4:], "no PAR1 at its beginning"),
    "no end": (lambda data: data[:-1], "no PAR1 at its end"),
    "too short": (lambda data: b"PAR1PAR1", "no PAR1 at its beginning"),
    "footer outside": (
        lambda data: data[:-8] + len(data).to_bytes(4, "little") + data[-4:],
        "its footer lies outside of it",
    ),
}


def gate(path: Path) -> tuple[str, RejectedLog | None]:
    """All gates of a footer: what vouches for the pages, and what does not agree with itself."""
    parquet = footer.open_file(path).parquet
    footer.check_shape(parquet, FileLimits())
    vouched, odd = parquet_columns.check_pages(path, parquet, {"event_time"}, FileLimits())
    if odd is None:
        stored_instants.held_kind(path, parquet, "us")
    return vouched, odd


@pytest.mark.parametrize("checksums", [False, True])
@pytest.mark.parametrize("name", LIES)
def test_each_false_footer_is_named_by_what_contradicts(
    tmp_path: Path, name: str, checksums: bool
) -> None:
    """A file with checksums is rejected for it, as these cover no header; another is looked at."""
    lie, said = LIES[name]
    data = log(tmp_path / "a.parquet", write_page_checksum=checksums)
    vouched = "page_checksums" if checksums else "unverified"
    assert gate(tmp_path / "a.parquet") == (vouched, None)
    (tmp_path / "a.parquet").write_bytes(lie(data))
    try:
        found, error = gate(tmp_path / "a.parquet")
        assert (found, checksums) == ("unverified", False)
    except RejectedLog as rejected:
        error = rejected
    assert error is not None
    assert error.reason == ("encrypted" if name == "encrypted" else "unreadable")
    assert said in error.detail


def checked(
    monkeypatch: pytest.MonkeyPatch, is_checked: Callable[[int, parquet_pages.Page], bool]
) -> None:
    """Pages bear checksums, or seem to bear none."""
    walk = parquet_pages.walk

    def some(*of: object) -> Iterator[parquet_pages.Page]:
        for number, page in enumerate(walk(*of)):  # type: ignore[arg-type]
            yield page if is_checked(number, page) else replace(page, checked=None)

    monkeypatch.setattr(parquet_pages, "walk", some)


def test_checksums_of_some_pages_of_a_kind_vouch_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(tmp_path / "a.parquet", write_page_checksum=True, data_page_size=1000)
    assert gate(tmp_path / "a.parquet") == ("page_checksums", None)
    checked(monkeypatch, lambda number, page: number == 0)
    with pytest.raises(
        RejectedLog, match="have a checksum, others of their kind have none"
    ) as error:
        gate(tmp_path / "a.parquet")
    assert "have it sent again; if it comes the same" in error.value.detail


def test_checksums_of_dictionaries_alone_are_a_writers_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """parquet-mr before 1.14 writes no others beside pages of the newer kind."""
    options = {"use_dictionary": True, "data_page_version": "2.0"}
    log(tmp_path / "a.parquet", write_page_checksum=True, **options)
    checked(monkeypatch, lambda number, page: page.kind == parquet_pages.DICTIONARY)
    assert gate(tmp_path / "a.parquet") == ("unverified", None)
