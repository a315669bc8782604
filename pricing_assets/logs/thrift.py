"""Thrift's compact protocol, as Parquet's page headers and footers are written in it.

What the fields of a struct mean belongs to `parquet_pages` and `footer_columns`.
"""

from collections.abc import Iterable

MOST_NESTED = 16
"""Page headers nest three deep and footers seven; corrupt ones may claim any depth."""
I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12
_TRUE, _FALSE, _BYTE, _DOUBLE, _SET, _MAP = 1, 2, 3, 7, 10, 11


class BrokenThrift(ValueError):
    """Bytes that are not a struct; the message is what is said of one, such as `is cut off`."""


class Struct(dict[int, object]):
    """A struct's fields by number, and where its bytes begin and end: integers, truths, bytes,
    structs, lists of these, and None for a float."""

    start = end = 0

    def number(self, field: int) -> int:
        """Return an integer field; BrokenThrift where it is missing."""
        value = self.get(field)
        if type(value) is not int:
            raise BrokenThrift(f"lacks its field {field}")
        return value

    def binary(self, field: int) -> bytes:
        """Return a field of bytes; BrokenThrift where it is missing."""
        value = self.get(field)
        if type(value) is not bytes:
            raise BrokenThrift(f"lacks its field {field}")
        return value

    def structs(self, field: int) -> list["Struct"]:
        """Return a field that lists structs; BrokenThrift where it is missing."""
        value = self.get(field)
        if type(value) is not list or not all(type(item) is Struct for item in value):
            raise BrokenThrift(f"lacks its field {field}")
        return value


def read_struct(data: memoryview, at: int, end: int, depth: int = 0) -> Struct:
    """Return the struct that begins at `at` and ends before `end`; BrokenThrift where none does."""
    if depth > MOST_NESTED:
        raise BrokenThrift("is nested beyond any that is known")
    fields = Struct()
    fields.start = at
    number = 0
    while at < end:
        byte = data[at]
        at += 1
        if byte == 0:
            fields.end = at
            return fields
        kind = byte & 0x0F
        if byte >> 4:
            number += byte >> 4
        else:
            number, at = _zigzag(data, at, end)
        if kind in (_TRUE, _FALSE):
            fields[number] = kind == _TRUE
        else:
            fields[number], at = _value(data, at, end, kind, depth)
    raise BrokenThrift("is cut off")


def varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """Return a whole number of variable length, and where it ends."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise BrokenThrift("is cut off")


def _zigzag(data: memoryview, at: int, end: int) -> tuple[int, int]:
    value, at = varint(data, at, end)
    return (value >> 1) ^ -(value & 1), at


def _value(data: memoryview, at: int, end: int, kind: int, depth: int) -> tuple[object, int]:
    if _BYTE < kind < _DOUBLE:
        return _zigzag(data, at, end)
    if kind == STRUCT:
        found = read_struct(data, at, end, depth + 1)
        return found, found.end
    if kind == BINARY:
        length, at = varint(data, at, end)
        if length > end - at:
            raise BrokenThrift("is cut off")
        return bytes(data[at : at + length]), at + length
    if kind == _BYTE:
        return None, at + 1
    if kind == _DOUBLE:
        return None, at + 8
    if kind in (LIST, _SET):
        return _list(data, at, end, depth)
    raise BrokenThrift("holds what none does")  # no struct of Parquet has a map


def _list(data: memoryview, at: int, end: int, depth: int) -> tuple[list[object], int]:
    if depth > MOST_NESTED:
        raise BrokenThrift("is nested beyond any that is known")
    if at >= end:
        raise BrokenThrift("is cut off")
    head = data[at]
    count, kind, at = head >> 4, head & 0x0F, at + 1
    if count == 15:
        count, at = varint(data, at, end)
    if count > end - at:  # each takes a byte at least
        raise BrokenThrift("is cut off")
    items: list[object] = []
    for _ in range(count):
        if kind in (_TRUE, _FALSE):
            item: object = None
            at += 1
        else:
            item, at = _value(data, at, end, kind, depth + 1)
        items.append(item)
    return items, at


def written(fields: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return a struct of fields: number, kind, and the bytes of its value."""
    out, last = b"", 0
    for number, kind, value in fields:
        near = 0 < number - last < 16
        out += bytes([(number - last) << 4 | kind]) if near else bytes([kind]) + integer(number)
        out += value
        last = number
    return out + b"\0"


def integer(value: int) -> bytes:
    """Return the bytes of an integer."""
    return _written_varint(value << 1 if value >= 0 else (-value << 1) - 1)


def binary(value: bytes) -> bytes:
    """Return the bytes of a text."""
    return _written_varint(len(value)) + value


def structs(items: list[bytes]) -> bytes:
    """Return the bytes of a list of structs."""
    size = len(items)
    head = bytes([size << 4 | STRUCT]) if size < 15 else b"\xfc" + _written_varint(size)
    return head + b"".join(items)


def _written_varint(rest: int) -> bytes:
    out = b""
    while rest > 0x7F:
        out, rest = out + bytes([rest & 0x7F | 0x80]), rest >> 7
    return out + bytes([rest])
