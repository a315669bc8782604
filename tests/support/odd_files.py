"""Files as some writers make them and as pyarrow does not: edits of files that pyarrow made.

What becomes of them belongs to `test_writers`.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from pricing_assets.logs import thrift
from pricing_assets.logs.thrift import BINARY, I32, STRUCT, Struct

Fields = Sequence[tuple[int, int, bytes]]
"""Fields of a struct: number, kind, bytes."""
TRUE, FALSE = 1, 2


def footer_at(data: bytes) -> int:
    return len(data) - 8 - int.from_bytes(data[-8:-4], "little")


def with_footer(data: bytes, footer: bytes) -> bytes:
    return data[: footer_at(data)] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def annotated(data: bytes, name: str, *annotation: tuple[int, int, bytes]) -> bytes:
    """The file with another annotation of an element of its schema: the fields from the sixth on."""
    view = memoryview(data[footer_at(data) : -8])
    elements = thrift.read_struct(view, 0, len(view)).structs(2)
    (element,) = (one for one in elements if one.get(4) == name.encode())
    told = [
        (field, I32, thrift.integer(element.number(field))) for field in (1, 3) if field in element
    ]
    told.append((4, BINARY, thrift.binary(name.encode())))
    told += [
        (field, I32, thrift.integer(element.number(field))) for field in (5,) if field in element
    ]
    new = thrift.written(sorted([*told, *annotation]))
    return with_footer(data, bytes(view[: element.start]) + new + bytes(view[element.end :]))


def converted(kind: int) -> tuple[int, int, bytes]:
    return 6, I32, thrift.integer(kind)


def logical(kind: int, *fields: tuple[int, int, bytes]) -> tuple[int, int, bytes]:
    return 10, STRUCT, thrift.written([(kind, STRUCT, thrift.written(fields))])


def sized(data: bytes, uncompressed: int) -> bytes:
    """Every column says that it decodes to so many bytes."""
    footer = data[footer_at(data) : -8]
    metadata = pq.read_metadata(pa.BufferReader(data))
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            rest = b"\x16" + thrift.integer(column.total_compressed_size) + b"\x26"
            told = b"\x16" + thrift.integer(column.total_uncompressed_size) + rest
            assert told in footer
            footer = footer.replace(told, b"\x16" + thrift.integer(uncompressed) + rest, 1)
    return with_footer(data, footer)


def with_level_bytes(data: bytes, levels: bytes) -> bytes:
    """The last column, one page of version 2, has repetition levels though it does not repeat."""
    group = pq.read_metadata(pa.BufferReader(data)).row_group(0)
    column = group.column(group.num_columns - 1)
    at = column.data_page_offset
    header = thrift.read_struct(memoryview(data), at, len(data))
    about = header[8]
    assert isinstance(about, Struct)
    numbers = {field: about.number(field) for field in range(1, 6)} | {6: len(levels)}
    told = [(field, I32, thrift.integer(value)) for field, value in numbers.items()]
    sizes = [(field, I32, thrift.integer(header.number(field) + len(levels))) for field in (2, 3)]
    new = thrift.written(
        [
            (1, I32, thrift.integer(3)),
            *sizes,
            (8, STRUCT, thrift.written([*told, (7, TRUE if about.get(7, True) else FALSE, b"")])),
        ]
    )
    start = footer_at(data)
    assert start == at + column.total_compressed_size
    more = len(levels) + len(new) - (header.end - at)
    size, other = column.total_uncompressed_size, column.total_compressed_size
    both = b"\x16" + thrift.integer(size) + b"\x16" + thrift.integer(other) + b"\x26"
    longer = (
        b"\x16" + thrift.integer(size + more) + b"\x16" + thrift.integer(other + more) + b"\x26"
    )
    footer = data[start:-8]
    assert footer.count(both) >= 1
    head, _, tail = footer.rpartition(both)
    pages = data[:at] + new + levels + data[header.end : start]
    return with_footer(pages + data[start:], head + longer + tail)
