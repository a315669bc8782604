"""Columns of a footer: which are encrypted, and the same footer of those alone that are read.

No library reads a file of which it does not understand one column, however little that column is
needed. What the columns that are read must be belongs to `relation`.
"""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pricing_assets.logs import thrift
from pricing_assets.logs.thrift import BrokenThrift, Struct

# Fields of the format's structs, by number.
_VERSION, _SCHEMA, _ROWS, _GROUPS, _CREATED_BY, _ORDERS, _ALGORITHM = 1, 2, 3, 4, 6, 7, 8
_TYPE, _LENGTH, _REPETITION, _NAME, _CHILDREN, _CONVERTED, _LOGICAL = 1, 2, 3, 4, 5, 6, 10
_INT96, _FIXED = 3, 7  # physical types
_INT96_BYTES = 12
_UTF8, _JSON, _LOGICAL_JSON = 0, 19, 12
_CHUNKS, _GROUP_BYTES, _GROUP_ROWS = 1, 2, 3
_METADATA, _CRYPTO = 3, 8
_PATH = 3


@dataclass(frozen=True)
class FooterColumn:
    """A column of the first level: its name, the elements of the schema that it takes, and the
    places of its leaves, which are those of its chunks in each row group."""

    name: bytes
    elements: range
    leaves: range


@dataclass(frozen=True)
class Footer:
    """A footer's bytes, and what they say."""

    data: memoryview
    fields: Struct

    @classmethod
    def of(cls, file: Path) -> "Footer":
        """Read a file's footer; BrokenThrift where it has none."""
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(size - 8)
            length = int.from_bytes(stream.read(4), "little")
            stream.seek(size - 8 - length)
            data = memoryview(stream.read(length))
        return cls(data, thrift.read_struct(data, 0, len(data)))

    def columns(self) -> list[FooterColumn]:
        """Return the columns of the first level, in the file's order."""
        elements = self.fields.structs(_SCHEMA)
        if not elements:
            raise BrokenThrift("has no schema")
        found, at, leaf = [], 1, 0
        for _ in range(_children(elements[0])):
            after, leaves = _subtree(elements, at)
            name = elements[at].binary(_NAME)
            found.append(FooterColumn(name, range(at, after), range(leaf, leaf + leaves)))
            at, leaf = after, leaf + leaves
        if at != len(elements):
            raise BrokenThrift("has elements of its schema that belong to no column")
        return found

    def encrypted(self) -> list[str]:
        """Return the names of columns that are encrypted in any row group."""
        if not isinstance(self.fields.get(_ALGORITHM), Struct):
            return []
        columns = self.columns()
        found = {
            column.name
            for group in self.fields.structs(_GROUPS)
            for column in columns
            if any(_CRYPTO in chunk for chunk in _of(group.structs(_CHUNKS), column))
        }
        return [_text(column.name) for column in columns if column.name in found]

    def only(self, names: Collection[str], numbers: str = "") -> tuple[bytes, list[str]]:
        """Return a footer of these columns alone, and the names of the others; BrokenThrift where
        a row group calls a column differently than the schema does: either name may be right.

        The column `numbers` loses what it says that its numbers mean: readers then give them as
        they are stored, 96 bits as 12 bytes.
        """
        wanted = {name.encode() for name in names}
        columns = self.columns()
        kept = [column for column in columns if column.name in wanted]
        elements = self.fields.structs(_SCHEMA)
        root = thrift.written(
            [
                (_NAME, thrift.BINARY, thrift.binary(elements[0].binary(_NAME))),
                (_CHILDREN, thrift.I32, thrift.integer(len(kept))),
            ]
        )
        schema = [
            _numbers(elements[place])
            if one.name == numbers.encode()
            else self._element(elements[place])
            for one in kept
            for place in one.elements
        ]
        fields = [
            (_VERSION, thrift.I32, thrift.integer(self.fields.number(_VERSION))),
            (_SCHEMA, thrift.LIST, thrift.structs([root, *schema])),
            (_ROWS, thrift.I64, thrift.integer(self.fields.number(_ROWS))),
            (_GROUPS, thrift.LIST, thrift.structs(list(self._groups(columns, kept)))),
        ]
        if _CREATED_BY in self.fields:
            created_by = self.fields.binary(_CREATED_BY)
            fields.append((_CREATED_BY, thrift.BINARY, thrift.binary(created_by)))
        orders = self.fields.structs(_ORDERS) if _ORDERS in self.fields else []
        if len(orders) == sum(len(column.leaves) for column in columns):
            parts = [self._bytes(order) for one in kept for order in _of(orders, one)]
            fields.append((_ORDERS, thrift.LIST, thrift.structs(parts)))
        others = [_text(column.name) for column in columns if column.name not in wanted]
        return thrift.written(fields), others

    def _groups(
        self, columns: Iterable[FooterColumn], kept: Iterable[FooterColumn]
    ) -> Iterable[bytes]:
        for group in self.fields.structs(_GROUPS):
            chunks = group.structs(_CHUNKS)
            for column in columns:
                for chunk in _of(chunks, column):
                    _holds_name(chunk, column)
            parts = [self._bytes(chunk) for one in kept for chunk in _of(chunks, one)]
            yield thrift.written(
                [
                    (_CHUNKS, thrift.LIST, thrift.structs(parts)),
                    (_GROUP_BYTES, thrift.I64, thrift.integer(group.number(_GROUP_BYTES))),
                    (_GROUP_ROWS, thrift.I64, thrift.integer(group.number(_GROUP_ROWS))),
                ]
            )

    def _element(self, element: Struct) -> bytes:
        """Return an element of the schema; a text that is said to be JSON is a plain one, as
        readers refuse it differently where it is not one."""
        logical = element.get(_LOGICAL)
        is_json = isinstance(logical, Struct) and _LOGICAL_JSON in logical
        if not is_json and element.get(_CONVERTED) != _JSON:
            return self._bytes(element)
        parts = [
            (_TYPE, thrift.I32, thrift.integer(element.number(_TYPE))),
            (_REPETITION, thrift.I32, thrift.integer(element.number(_REPETITION))),
            (_NAME, thrift.BINARY, thrift.binary(element.binary(_NAME))),
            (_CONVERTED, thrift.I32, thrift.integer(_UTF8)),
        ]
        return thrift.written(parts)

    def _bytes(self, struct: Struct) -> bytes:
        return bytes(self.data[struct.start : struct.end])


def _numbers(element: Struct) -> bytes:
    """Return an element of the schema that says nothing but how its numbers are stored."""
    kind = element.number(_TYPE)
    parts = [(_TYPE, thrift.I32, thrift.integer(_FIXED if kind == _INT96 else kind))]
    if kind == _INT96:
        parts.append((_LENGTH, thrift.I32, thrift.integer(_INT96_BYTES)))
    parts.append((_REPETITION, thrift.I32, thrift.integer(element.number(_REPETITION))))
    parts.append((_NAME, thrift.BINARY, thrift.binary(element.binary(_NAME))))
    return thrift.written(parts)


def copy_with(file: Path, names: Collection[str], target: Path) -> None:
    """Write the file anew with a footer of these columns alone; its pages stay as they are."""
    footer, _ = Footer.of(file).only(names)
    with file.open("rb") as stream, target.open("wb") as copy:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(size - 8)
        left = size - 8 - int.from_bytes(stream.read(4), "little")
        stream.seek(0)
        while part := stream.read(min(left, 1 << 20)):
            copy.write(part)
            left -= len(part)
        copy.write(footer + ended(footer))


def ended(footer: bytes) -> bytes:
    """Return what stands after a footer: its length and the magic."""
    return len(footer).to_bytes(4, "little") + b"PAR1"


def _children(element: Struct) -> int:
    return element.number(_CHILDREN) if _CHILDREN in element else 0


def _subtree(elements: list[Struct], at: int) -> tuple[int, int]:
    """Return where the element at this place and all below it end, and how many leaves they are."""
    left, leaves = 1, 0
    while left > 0:
        if at >= len(elements):
            raise BrokenThrift("has a schema that is cut off")
        children = _children(elements[at])
        leaves += children == 0 and _TYPE in elements[at]
        left += max(children, 0) - 1
        at += 1
    return at, leaves


def _of(parts: list[Struct], column: FooterColumn) -> list[Struct]:
    """Return what belongs to the leaves of a column, of a list that has one for each leaf of the
    file."""
    found = parts[column.leaves.start : column.leaves.stop]
    if len(found) != len(column.leaves):
        raise BrokenThrift("has row groups that lack columns")
    return found


def _holds_name(chunk: Struct, column: FooterColumn) -> None:
    about = chunk.get(_METADATA)
    if not isinstance(about, Struct):
        if _CRYPTO in chunk:
            return
        raise BrokenThrift("says nothing of a column")
    path = about.get(_PATH)
    if not isinstance(path, list) or path[:1] != [column.name]:
        raise BrokenThrift(f"calls column {_text(column.name)!r} differently in a row group")


def _text(name: bytes) -> str:
    return name.decode(errors="replace")
