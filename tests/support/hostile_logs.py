"""Logs that are made to hurt their reader, each a few kilobytes, and what they are rejected as.

A good log is in `resources`; what becomes of these belongs to the tests.
"""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pricing_assets.logs.parquet_pages import walk
from tests.support.workspace import SCHEMA, row

Maker = Callable[[Path], object]


def plain(rows: int = 1) -> pa.Table:
    return pa.Table.from_pylist([row(event_id=f"e{n}") for n in range(rows)], SCHEMA)


def with_column(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.schema.names.index(name), name, column)


def expanding(path: Path) -> None:
    """2,000 rows of one text of 10 MB, by a dictionary: 20 GB from a few kilobytes."""
    ones = pa.array([0] * 2000, pa.int32())
    text = pa.DictionaryArray.from_arrays(ones, pa.array(["x" * 10_000_000]))
    table = plain(1).select(["event_id", "event_time", "org_id", "billing_type"])
    table = pa.concat_tables([table] * 2000).combine_chunks()
    pq.write_table(
        with_column(table, "org_id", text), path, compression="zstd", write_statistics=False
    )


def one_page(path: Path) -> None:
    """One page of 400 MB that compresses to a few kilobytes."""
    text = pa.array(["\0" * 1_000_000] * 400)
    table = pa.concat_tables([plain(1)] * 400).combine_chunks()
    pq.write_table(
        with_column(table, "brand", text),
        path,
        compression="zstd",
        use_dictionary=False,
        write_statistics=False,
        data_page_size=1 << 31,
    )


def many_texts(path: Path) -> None:
    """Texts just within the limit on each, 4 GB of them by a dictionary."""
    ones = pa.array([0] * 5000, pa.int32())
    text = pa.DictionaryArray.from_arrays(ones, pa.array(["x" * 900_000]))
    table = pa.concat_tables([plain(1)] * 5000).combine_chunks()
    pq.write_table(
        with_column(table, "brand", text), path, compression="zstd", write_statistics=False
    )


def wide(path: Path) -> None:
    """3,000 columns."""
    table = plain()
    for n in range(3000):
        table = table.append_column(f"c{n}", pa.nulls(1, pa.int8()))
    pq.write_table(table, path)


def deep(path: Path) -> None:
    """A column that is read, nested 20 deep."""
    column: pa.Array = pa.array([1])
    for _ in range(20):
        column = pa.ListArray.from_arrays([0, 1], column)
    pq.write_table(with_column(plain(), "images", column), path)


def noise_in(name: str, dictionary: bool) -> Maker:
    """Pages whose headers are whole and whose bytes are noise."""

    def make(path: Path) -> None:
        pq.write_table(plain(2000), path, compression="none", use_dictionary=dictionary)
        column = pq.ParquetFile(path).metadata.row_group(0).column(SCHEMA.names.index(name))
        data = bytearray(path.read_bytes())
        at = column.dictionary_page_offset or column.data_page_offset
        pages = list(walk(memoryview(data), at, at + column.total_compressed_size))
        for page in pages:
            body = at + page.header
            noise = ((n * 37 + 11) % 251 for n in range(page.compressed))
            data[body : body + page.compressed] = bytes(noise)
            at = body + page.compressed
        path.write_bytes(data)

    return make


def aborting(path: Path) -> None:
    """One bit of the footer, at which Arrow ends the process that reads it: a column is said to be
    required, and has the statistics of an optional one."""
    pq.write_table(plain(5), path)
    data = path.read_bytes()
    optional, required = (bytes((0x25, kind, 0x18, 8)) + b"event_id" for kind in (2, 0))
    assert data.count(optional) == 1
    path.write_bytes(data.replace(optional, required))


def more_rows_than_pages(path: Path) -> None:
    """A footer that announces a billion rows: written for few, then edited."""
    pq.write_table(plain(100), path)
    data = path.read_bytes()
    at = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer = data[at:-8].replace(b"\xc8\x01", b"\xc8\x7f")  # 100, as a zigzag varint
    path.write_bytes(data[:at] + footer + data[-8:])


HOSTILE: dict[str, tuple[Maker, set[str]]] = {
    "a text of 10 MB, 2,000 times": (expanding, {"resource_limit"}),
    "a page of 400 MB": (one_page, {"resource_limit"}),
    "4.5 GB of texts": (many_texts, {"resource_limit"}),
    "3,000 columns": (wide, {"resource_limit"}),
    "20 levels": (deep, {"resource_limit"}),
    "noise in ids": (noise_in("event_id", False), {"unreadable"}),
    "noise in organizations": (noise_in("org_id", True), {"unreadable"}),
    "noise in quantities": (noise_in("input_tokens", True), {"unreadable"}),
    "what ends the reader": (aborting, {"unreadable"}),
    "rows that are not there": (more_rows_than_pages, {"unreadable"}),
}
"""By what is wrong: how to make it, and the reasons it may be rejected for."""
