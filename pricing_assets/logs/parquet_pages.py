"""Pages of a Parquet file: a walk over their headers, which say sizes, counts and checksums.

No page is decompressed here; levels are read where they are outside of what is compressed. What the
figures must agree with belongs to `parquet_columns`.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pricing_assets.logs.thrift import BrokenThrift, Struct, read_struct, varint

DATA, INDEX, DICTIONARY, DATA_V2 = 0, 1, 2, 3
PLAIN, OF_DICTIONARY = 0, (2, 8)


class BrokenPage(ValueError):
    """A page header that is none, or a page that is not what its header says."""


@dataclass(frozen=True)
class Page:
    """One page: its kind and encoding as numbers of the format, where its bytes begin, sizes in
    bytes, values, bytes of repetition and of definition levels (None: they are among its values),
    and whether it bears a checksum (None) that is right (True) or not."""

    kind: int
    header: int
    body: int
    compressed: int
    uncompressed: int
    values: int
    encoding: int
    levels: tuple[int, int] | None
    checked: bool | None


def walk(data: memoryview, start: int, end: int) -> Iterator[Page]:
    """Yield every page between two offsets, in order; BrokenPage where they do not fill the
    stretch."""
    at = start
    while at < end:
        try:
            page = _page(data, at, end)
        except BrokenThrift as error:
            raise BrokenPage(f"a page header {error}") from error
        yield page
        at = page.body + page.compressed


def _page(data: memoryview, at: int, end: int) -> Page:
    header = read_struct(data, at, end)
    body = header.end
    kind, uncompressed, compressed = (header.number(field) for field in (1, 2, 3))
    about = header.get({DATA: 5, INDEX: 6, DICTIONARY: 7, DATA_V2: 8}.get(kind, 0))
    if not isinstance(about, Struct) or compressed < 0 or uncompressed < 0:
        raise BrokenPage(f"the page at byte {at} has no header of a known kind")
    after = body + compressed
    if after > end:
        raise BrokenPage(f"the page at byte {at} ends beyond its column")
    checked = None
    if 4 in header:
        checked = zlib.crc32(data[body:after]) == header.number(4) & 0xFFFFFFFF
    encoding = 0 if kind == INDEX else about.number(4 if kind == DATA_V2 else 2)
    values = 0 if kind == INDEX else about.number(1)
    levels = (about.number(6), about.number(5)) if kind == DATA_V2 else None
    return Page(kind, body - at, body, compressed, uncompressed, values, encoding, levels, checked)


def hold_levels(data: memoryview, page: Page, most: tuple[int, int]) -> None:
    """Raise BrokenPage unless the levels outside of the values fill the bytes that the header gives
    them, which no checksum covers: a reader would take values for levels, or levels for values.

    `most` is the greatest repetition and definition level.
    """
    if page.levels is None:
        return
    at, end = page.body, page.body + page.compressed
    where = f"the page at byte {page.body - page.header}"
    for size, level in zip(page.levels, most, strict=True):
        if not 0 <= size <= end - at or not _filled(data, at, at + size, level, page.values):
            raise BrokenPage(f"the levels of {where} do not fill the bytes that it gives them")
        at += size


def _filled(data: memoryview, at: int, end: int, most: int, values: int) -> bool:
    try:
        return _runs(data, at, end, most.bit_length(), values) == end
    except BrokenThrift:
        return False


def _runs(data: memoryview, at: int, end: int, width: int, values: int) -> int:
    """Return where runs of so many values of a width in bits end (-1: not here): of one value, or
    packed by eights."""
    while width and values > 0:
        if at >= end:
            return -1
        head, at = varint(data, at, end)
        if head & 1:
            packed = (head >> 1) * 8
            # the last eight may be cut off after the last value
            needed = (min(values, packed) * width + 7) // 8
            at = max(at + needed, min(at + packed // 8 * width, end))
            values -= packed
        else:
            at += (width + 7) // 8
            values -= head >> 1
    return at
