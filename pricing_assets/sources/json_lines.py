"""Files with a JSON object on each line, mapped in one statement over the file itself.

The reader gives up at a line with a trap in it; such files, and all others, are read text by text in
`records`, which is slower and knows every trap.
"""

import mmap
import os
import re
import zlib
from collections.abc import Iterator, Mapping
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
_PIECE: Final = 1 << 30
"""Bytes of a file that are looked through as one text, to the end of a line."""
_INEXACT: Final = "|".join(
    [
        "-?[0-9][0-9.]*[eE]",  # an exponent
        "-[^0-9]",
        "-[0-9][0-9.]{15}",
        "[02-9][0-9.]{15}",
        *(f"1[0-9]{{{digits}}}[.][0-9.]{{{14 - digits}}}" for digits in range(9)),
        "1[0-9]{10}[0-9.]{5}",
        "1[0-9]{9}[.][0-9.]{7}",  # an epoch's seconds before 2033 may have six decimals
    ]
)
"""What stands after a number's name where the shortest text of its double may be another number: more
than 15 digits. A pattern of DuckDB, which looks through a file three times as fast as `re`."""


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

    with file.path.open("rb") as stream:
        held = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
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
        if doubts & 1 or not _are_exact(con, held, cells.decimal_names(doubts)):
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


def _are_exact(
    con: "duckdb.DuckDBPyConnection", held: mmap.mmap, names: Mapping[str, bool]
) -> bool:
    """Return whether the shortest text of each number of these names is the number in the file: DuckDB
    reads 1770076799.9999999 as the double that is nearest, which is the next second. Of a name whose value
    is True, a text is none."""
    # a name may be written with escapes, though no tool does that
    if names and held.find(b"\\") >= 0 and re.search(rb"\\u00[2-7]", held):
        return False
    for name, is_number in names.items():
        bad = f'{_INEXACT}|"' if is_number else _INEXACT
        pattern = rf'"{re.escape(name)}"\s*:\s*(?:{bad})'
        for piece in _pieces(held):
            found = f"bool_or(regexp_matches(piece, {text_literal(pattern)}))"
            if con.from_arrow(piece).aggregate(found).fetchall() != [(False,)]:
                return False
    return True


def _pieces(held: mmap.mmap) -> "Iterator[pa.Table]":
    """Yield a file of lines in tables of one text, `piece`, which is not copied."""
    import pyarrow as pa

    content, start = pa.py_buffer(held), 0
    while start < len(held):
        end = len(held)
        if end - start > _PIECE:
            end = held.rfind(b"\n", start, start + _PIECE) + 1
        offsets = pa.array([start, end], pa.int64()).buffers()[1]
        text = pa.LargeStringArray.from_buffers(1, offsets, content)
        yield pa.table({"piece": text})
        start = end
