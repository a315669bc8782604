"""Broken rules of rate books, by file and line, and the lines of a CSV with what is wrong with them.

Why a rule matters belongs to `lint`.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pricing_assets.common.text import counted


@dataclass(frozen=True)
class Finding:
    """One broken rule: where, the rule's stable name, what is wrong, and the key of `card.toml`
    that it is about, if any. `lint.RULES` says why each rule matters."""

    file: Path
    line: int | None
    rule: str
    message: str
    key: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}" if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


def csv_rows(
    file: Path,
    columns: tuple[str, ...],
    findings: list[Finding],
    *,
    optional: tuple[str, ...] = (),
) -> Iterable[tuple[int, list[str]]]:
    """Yield rows with their line numbers; findings name a wrong header, and a row of a wrong
    width.

    A file with `optional` columns may leave them out, in the header or in a row, which then has ''
    there; and its lines that begin with `#` are comments.
    """
    if not file.is_file():
        findings.append(Finding(file, None, "bad_csv", "there is no regular file of this name"))
        return
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        findings.append(Finding(file, None, "bad_csv", f"not UTF-8 text: {error}"))
        return
    lines = io.StringIO(text, newline="")
    reader = csv.reader(map(_without_comment, lines) if optional else lines, strict=True)
    may = f"; {', '.join(optional)} may follow" if optional else ""
    try:
        header = tuple(next(filter(None, reader) if optional else reader, []))
        if header not in (columns, columns + optional):
            message = f"the header must be {','.join(columns)}{may}"
            findings.append(Finding(file, 1, "bad_header", message))
            return
        for row in reader:
            if not row:
                continue
            if not len(columns) <= len(row) <= len(header):
                what = f"{counted(len(row), 'field')} instead of {len(header)}"
                findings.append(Finding(file, reader.line_num, "bad_width", what))
                continue
            yield reader.line_num, row + [""] * (len(columns + optional) - len(row))
    except csv.Error as error:
        findings.append(Finding(file, reader.line_num, "bad_csv", f"not valid CSV: {error}"))


def _without_comment(line: str) -> str:
    """Return a line, or a blank one in place of a comment, so that lines keep their numbers."""
    return "\n" if line.startswith("#") else line
