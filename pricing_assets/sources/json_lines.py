"""Files with a JSON object on each line, mapped in one statement over the file itself.

The reader gives up at a line with a trap in it; such files, and all others, are read text by text in
`records`, which is slower and knows every trap.
"""

import mmap
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pricing_assets.db.io import literal_path, text_literal
from pricing_assets.sources import json_layout, mapping, raw_files
from pricing_assets.sources.line_cells import DOUBTS, LineCells, NotPlain
from pricing_assets.sources.raw_files import RawFile
from pricing_assets.sources.source import Source

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_LONGEST: Final = 1 << 20
"""Bytes of the longest line that is read so."""
_LARGEST: Final = 4 << 30
"""Bytes of the largest file that is read so: its rows are held in memory."""
_HEAD: Final = 1 << 20
_EXACT: Final = rb"1\d{9}\.\d{1,6}(?![\deE])|-?\d[\d.]{0,14}(?![\d.eE])"
"""What stands after a number's name where the shortest text of its double is the same number: 15 digits,
or an epoch's seconds before 2033 with microseconds."""


def mapped_lines(
    con: "duckdb.DuckDBPyConnection", file: RawFile, source: Source, scratch: Path
) -> "pa.Table | None":
    """Return the mapped rows of a file, in the order of its lines; None where it must be read with more
    care. One that is compressed, or has no end of its last line, is copied into the folder `scratch`, which
    `con` may read."""
    if file.format not in ("ndjson", "json") or source.records or source.select or source.join:
        return None
    if not 0 < file.size <= _LARGEST:
        return None
    if _is_plain(file.path):
        return _mapped_plain(con, file, source)
    plain = scratch / "plain.jsonl"
    try:
        is_whole = _copy_plain(file, plain)
        return _mapped_plain(con, replace(file, path=plain), source) if is_whole else None
    finally:
        plain.unlink(missing_ok=True)


def _is_plain(path: Path) -> bool:
    """Return whether a file begins with an object, and its last line has an end."""
    with path.open("rb") as stream:
        first = stream.read(1)
        stream.seek(-1, os.SEEK_END)
        return first == b"{" and stream.read(1) == b"\n"


def _copy_plain(file: RawFile, target: Path) -> bool:
    """Write the content of a file, without compression and mark of byte order, and return whether it can
    be read there: it is not damaged, has objects on lines of their own, and is not too large."""
    written, last = 0, b""
    try:
        with raw_files.opened(file.path) as stream, target.open("wb") as plain:
            while block := stream.read(1 << 20):
                if not written:
                    block = block.removeprefix(raw_files.BOM)
                    if block[:1] != b"{" or not json_layout.is_by_lines(block):
                        return False
                written, last = written + plain.write(block), block[-1:]
                if written > _LARGEST:
                    return False
            if last != b"\n":
                plain.write(b"\n")
    except (OSError, EOFError, zlib.error):
        return False
    return bool(written)


def _mapped_plain(
    con: "duckdb.DuckDBPyConnection", file: RawFile, source: Source
) -> "pa.Table | None":
    """Return the same of a file that DuckDB can read itself."""
    import duckdb
    import numpy as np
    import pyarrow as pa

    with (
        file.path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as held,
    ):
        if not _is_lines(held):
            return None
        path = text_literal(literal_path(file.path.absolute()))
        cells = LineCells(
            f"read_json({path}, format = 'newline_delimited', records = true, compression = 'none',"
            f" hive_partitioning = false, maximum_object_size = {_LONGEST}"
        )
        try:
            rows = con.sql(mapping.select(source, cells)).to_arrow_table()
        except (NotPlain, duckdb.Error):
            return None
        doubts = int(np.bitwise_or.reduce(rows[DOUBTS].to_numpy()))
        if doubts & 1 or not _are_exact(held, cells.decimal_names(doubts)):
            return None
    numbers = pa.array(np.arange(len(rows)), pa.int64())
    return rows.drop_columns([DOUBTS]).append_column("row_number", numbers)


def _is_lines(held: mmap.mmap) -> bool:
    """Return whether a file begins with an object, has others on lines of their own that all end, and no
    character that is a blank to DuckDB alone. A last line without an end comes first where DuckDB has
    several threads."""
    head = held[:_HEAD]
    is_lines = head[:1] == b"{" and held[-1:] == b"\n" and json_layout.is_by_lines(head)
    return is_lines and held.find(b"\v") < 0 and held.find(b"\f") < 0


def _are_exact(held: mmap.mmap, names: Mapping[str, bool]) -> bool:
    """Return whether the shortest text of each number of these names is the number in the file: DuckDB
    reads 1770076799.9999999 as the double that is nearest, which is the next second. Of a name whose value
    is True, a text is none."""
    # a name may be written with escapes, though no tool does that
    if names and held.find(b"\\") >= 0 and re.search(rb"\\u00[2-7]", held):
        return False
    head = held[:_HEAD]
    return not any(
        _inexact(name, head, is_number).search(held) for name, is_number in names.items()
    )


def _inexact(name: str, head: bytes, is_number: bool) -> re.Pattern[bytes]:  # noqa: FBT001
    """Return a pattern of a name that a number follows of which that does not hold. It begins with the letter
    of the name that is rarest in a file's head, by which `re` looks for it."""
    quoted = b'"%s"' % name.encode()
    start = min(range(len(quoted)), key=lambda place: head.count(quoted[place : place + 1]))
    found = re.escape(quoted[start:]) + rb"(?<=%s)" % re.escape(quoted)
    other = rb'[^-\d"]' if is_number else rb"[^-\d]"
    return re.compile(rb"%s\s*+:\s*+(?!%s|%s)" % (found, _EXACT, other))
