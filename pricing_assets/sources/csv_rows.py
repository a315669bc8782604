"""Rows of CSV: a header, and below it as many cells in each row.

What a raw file is belongs to `raw_files`, what a cell means to `cells`.
"""

import csv
import io
import sys
import zlib
from collections.abc import Iterator
from typing import Final

from pricing_assets.common.errors import RejectedLog
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.sources.raw_files import RawFile, opened

_NO_END: Final = "unexpected end of data"
"""What `csv` says where a quote is not closed: all lines after it are one cell."""


def rows_of(file: RawFile) -> Iterator[tuple[list[str], list[list[str] | None]]]:
    """Yield a CSV's header with lists of its rows, None where a row's width is not the header's.
    RejectedLog where there is no header, or one name comes twice."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        with opened(file.path) as stream:
            text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
            first = text.readline()
            text.seek(0) if not file.size else None
            yield from _batches(file, first, text)
    except (OSError, EOFError, zlib.error) as error:
        raise RejectedLog("unreadable", f"{file.path}: {reason_of(error)}") from error


def _batches(
    file: RawFile, first: str, text: io.TextIOWrapper
) -> Iterator[tuple[list[str], list[list[str] | None]]]:
    delimiter = max(",\t;", key=first.count)

    def lines() -> Iterator[str]:
        yield first
        yield from text

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise RejectedLog(
            "unreadable", f"{file.path}: its header cannot be read: {error}"
        ) from error
    if any(map(_is_bad, header)):
        raise RejectedLog("unreadable", f"{file.path}: its header is not UTF-8; save it as UTF-8")
    twice = {name for name in header if header.count(name) > 1}
    if not header or twice:
        named = ", ".join(sorted(name for name in twice if name.strip()))
        reason = f"{file.path} names {named} twice" if named else f"{file.path} has no header"
        if twice and not named:
            reason = (
                f"the first line of {file.path} has columns without a name; is the header missing?"
            )
        raise RejectedLog("wrong_schema", reason)
    rows: list[list[str] | None] = []
    while True:
        begin = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if str(error) == _NO_END and reader.line_num > begin:
                raise RejectedLog(
                    "unreadable",
                    f"{file.path} ends within a quoted cell of the record that begins in line {begin}",
                ) from error
            rows.append(None)
            continue
        if not row:
            continue
        is_whole = len(row) == len(header) and not any(_is_bad(cell) for cell in row)
        rows.append(row if is_whole else None)
        if len(rows) >= 50_000:
            yield header, rows
            rows = []
    yield header, rows


def _is_bad(cell: str) -> bool:
    """Return whether a cell held bytes that are not UTF-8."""
    return not cell.isascii() and any("\udc80" <= char <= "\udcff" for char in cell)
