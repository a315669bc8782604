"""Footers that are none, and columns of them: which are refused, and in which words.

That logs without the columns that nobody reads are read right belongs to `test_writers`.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pricing_assets.logs import thrift
from pricing_assets.logs.footer_columns import Footer, ended
from pricing_assets.logs.thrift import BINARY, I32, I64, LIST, STRUCT, BrokenThrift, read_struct

Field = tuple[int, int, bytes]
INTEGER: Field = (1, I32, thrift.integer(1))


def element(name: bytes, *fields: Field) -> bytes:
    return thrift.written(sorted([*fields, (4, BINARY, thrift.binary(name))]))


def group(children: int) -> Field:
    return 5, I32, thrift.integer(children)


def chunk(*path: bytes) -> bytes:
    names = bytes([len(path) << 4 | BINARY]) + b"".join(map(thrift.binary, path))
    return thrift.written([(3, STRUCT, thrift.written([(3, LIST, names)]))])


SCHEMA = [element(b"schema", group(2)), element(b"a", INTEGER), element(b"b", INTEGER)]
CHUNKS = [chunk(b"a"), chunk(b"b")]


def footer(
    schema: Sequence[bytes] = SCHEMA, chunks: Sequence[bytes] = CHUNKS, *more: Field
) -> bytes:
    row_group = [
        (1, LIST, thrift.structs(list(chunks))),
        (2, I64, thrift.integer(7)),
        (3, I64, thrift.integer(3)),
    ]
    return thrift.written(
        [
            (1, I32, thrift.integer(2)),
            (2, LIST, thrift.structs(list(schema))),
            (3, I64, thrift.integer(3)),
            (4, LIST, thrift.structs([thrift.written(row_group)])),
            *more,
        ]
    )


def file(folder: Path, data: bytes) -> Path:
    path = folder / "a.parquet"
    path.write_bytes(b"PAR1" + data + ended(data))
    return path


def test_a_copy_of_the_footer_leaves_out_the_other_columns(tmp_path: Path) -> None:
    data, others = Footer.of(file(tmp_path, footer())).only(["b", "c"])
    assert others == ["a"]
    one = [element(b"schema", group(1)), element(b"b", INTEGER)]
    assert data == footer(one, [chunk(b"b")])


def test_a_struct_of_nothing_takes_no_place_among_leaves(tmp_path: Path) -> None:
    schema = [element(b"schema", group(3)), element(b"n", group(0)), *SCHEMA[1:]]
    data, others = Footer.of(file(tmp_path, footer(schema))).only(["a", "b"])
    assert (data, others) == (footer(), ["n"])


def test_encryption_is_of_columns(tmp_path: Path) -> None:
    secret = thrift.written([(8, STRUCT, thrift.written([(1, STRUCT, b"\0")]))])
    algorithm = (8, STRUCT, thrift.written([(1, STRUCT, b"\0")]))
    found = Footer.of(file(tmp_path, footer(SCHEMA, [chunk(b"a"), secret], algorithm)))
    assert found.encrypted() == ["b"]
    assert found.only(["a"])[1] == ["b"]


def test_a_damaged_footer_is_not_called_encrypted(tmp_path: Path) -> None:
    """A file that is encrypted in part says how."""
    secret = thrift.written([(8, STRUCT, thrift.written([(1, STRUCT, b"\0")]))])
    assert Footer.of(file(tmp_path, footer(SCHEMA, [chunk(b"a"), secret]))).encrypted() == []


BROKEN = {
    "no elements": (footer([]), "has no schema"),
    "an element of no column": (
        footer([*SCHEMA, element(b"c", INTEGER)]),
        "has elements of its schema that belong to no column",
    ),
    "more columns than elements": (
        footer([element(b"schema", group(3)), *SCHEMA[1:]]),
        "has a schema that is cut off",
    ),
    "fewer chunks than columns": (footer(chunks=CHUNKS[:1]), "has row groups that lack columns"),
    "a chunk that says nothing": (footer(chunks=[CHUNKS[0], b"\0"]), "says nothing of a column"),
    "a chunk of another name": (footer(chunks=[CHUNKS[0], chunk(b"c")]), "calls column 'b' differently"),
    "a chunk of no name": (
        footer(chunks=[CHUNKS[0], thrift.written([(3, STRUCT, b"\0")])]),
        "calls column 'b' differently in a row group",
    ),
    "an element without a name": (footer([SCHEMA[0], b"\0", SCHEMA[2]]), "lacks its field 4"),
    "no version": (b"\x29" + footer()[3:], "lacks its field 1"),
    "a schema of numbers": (b"\x19\x15\x02\0", "lacks its field 2"),
    "a list of numbers": (b"\x29\x15\x02\0", "lacks its field 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_footer_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    data, said = BROKEN[name]
    with pytest.raises(BrokenThrift, match=said):
        Footer.of(file(tmp_path, data)).only(["a"])


STRUCTS = {
    "structs in structs": (b"\x1c" * 99, "is nested beyond any that is known"),
    "lists in lists": (b"\x19" * 99, "is nested beyond any that is known"),
    "a text that is longer than all": (b"\x18\x05abc\0", "is cut off"),
    "a list without a head": (b"\x19", "is cut off"),
    "a list of more than there are bytes": (b"\x19\xf5\xff\xff\x03\0\0", "is cut off"),
    "a number without an end": (b"\x15\xff", "is cut off"),
    "no end": (b"\x15\x02", "is cut off"),
    "a map": (b"\x1b\x01\x55\x02\x02\0", "holds what none does"),
}


@pytest.mark.parametrize("name", STRUCTS)
def test_bytes_that_are_no_struct_are_refused(name: str) -> None:
    data, said = STRUCTS[name]
    with pytest.raises(BrokenThrift, match=said):
        read_struct(memoryview(data), 0, len(data))


def test_a_thrift_struct_is_read_to_its_end() -> None:
    """Fields near and far, of each kind, and where it ends."""
    data = thrift.written(
        [
            (1, 1, b""),
            (2, I32, thrift.integer(-7)),
            (3, 7, bytes(8)),
            (4, 3, b"x"),
            (90, BINARY, thrift.binary(b"text")),
            (91, LIST, thrift.structs([b"\0"] * 20)),
            (92, LIST, b"\x21\x01\x02"),
        ]
    )
    found = read_struct(memoryview(data + b"rest"), 0, len(data) + 4)
    assert found == {1: True, 2: -7, 3: None, 4: None, 90: b"text", 91: [{}] * 20, 92: [None, None]}
    assert found.end == len(data)
