"""Pages of a Parquet file: a walk over their headers, which say sizes, counts and checksums.

No page is decompressed here; levels are read where they are outside of what is compressed. What the
figures must agree with belongs to `column_chunks`.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

DATA, INDEX, DICTIONARY, DATA_V2 = 0, 1, 2, 3
PLAIN, OF_DICTIONARY = 0, (2, 8)
MOST_NESTED = 8
"""A page header nests three deep; a corrupt one may claim any depth."""
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12


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
    """Every page between two offsets, in order; BrokenPage where they do not fill the stretch."""
    at = start
    while at < end:
        fields, body = _struct(data, at, end, 0)
        kind, uncompressed, compressed = (_number(fields, number) for number in (1, 2, 3))
        about = fields.get({DATA: 5, INDEX: 6, DICTIONARY: 7, DATA_V2: 8}.get(kind, 0))
        if not isinstance(about, dict) or compressed < 0 or uncompressed < 0:
            raise BrokenPage(f"the page at byte {at} has no header of a known kind")
        after = body + compressed
        if after > end:
            raise BrokenPage(f"the page at byte {at} ends beyond its column")
        checked = None
        if 4 in fields:
            checked = zlib.crc32(data[body:after]) == _number(fields, 4) & 0xFFFFFFFF
        encoding = 0 if kind == INDEX else _number(about, 4 if kind == DATA_V2 else 2)
        values = 0 if kind == INDEX else _number(about, 1)
        levels = (_number(about, 6), _number(about, 5)) if kind == DATA_V2 else None
        yield Page(
            kind, body - at, body, compressed, uncompressed, values, encoding, levels, checked
        )
        at = after


def hold_levels(data: memoryview, page: Page, most: tuple[int, int]) -> None:
    """BrokenPage unless the levels outside of the values fill the bytes that the header gives them,
    which no checksum covers: a reader would take values for levels, or levels for values.

    `most` is the greatest repetition and definition level.
    """
    if page.levels is None:
        return
    at = page.body
    for size, level in zip(page.levels, most, strict=True):
        room = page.body + page.compressed - at
        width = level.bit_length()
        if not 0 <= size <= room or _runs(data, at, at + size, width, page.values) != at + size:
            where = f"the page at byte {page.body - page.header}"
            raise BrokenPage(f"the levels of {where} do not fill the bytes that it gives them")
        at += size


def _runs(data: memoryview, at: int, end: int, width: int, values: int) -> int:
    """Where runs of so many values of a width in bits end (-1: not here): of one value, or packed
    by eights."""
    while width and values > 0:
        if at >= end:
            return -1
        head, at = _varint(data, at, end)
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


def _number(fields: dict[int, object], number: int) -> int:
    value = fields.get(number)
    if type(value) is not int:
        raise BrokenPage(f"a page header lacks its field {number}")
    return value


def _varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise BrokenPage("a page header is cut off")


def _struct(data: memoryview, at: int, end: int, depth: int) -> tuple[dict[int, object], int]:
    """A struct in Thrift's compact protocol: fields by number, and where it ends."""
    if depth > MOST_NESTED:
        raise BrokenPage("a page header is nested beyond any that is known")
    fields: dict[int, object] = {}
    number = 0
    while at < end:
        byte = data[at]
        at += 1
        if byte == 0:
            return fields, at
        kind = byte & 0x0F
        if byte >> 4:
            number += byte >> 4
        else:
            zigzag, at = _varint(data, at, end)
            number = (zigzag >> 1) ^ -(zigzag & 1)
        fields[number], at = _value(data, at, end, kind, depth)
    raise BrokenPage("a page header is cut off")


def _value(data: memoryview, at: int, end: int, kind: int, depth: int) -> tuple[object, int]:
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if kind == _BYTE:
        return None, at + 1
    if _BYTE < kind < _DOUBLE:
        zigzag, at = _varint(data, at, end)
        return (zigzag >> 1) ^ -(zigzag & 1), at
    if kind == _DOUBLE:
        return None, at + 8
    if kind == _BINARY:
        length, at = _varint(data, at, end)
        return None, at + length
    if kind == _STRUCT:
        return _struct(data, at, end, depth + 1)
    # Lists, sets and maps: no page header of any known version has one.
    raise BrokenPage("a page header holds what none does")
