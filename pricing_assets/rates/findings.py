"""Broken rules of rate books, by file and line, and the lines of a CSV with what is wrong with them.

Why a rule matters belongs to `lint`.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


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
    file: Path, columns: tuple[str, ...], findings: list[Finding]
) -> Iterable[tuple[int, list[str]]]:
    """Yield rows with their line numbers; findings name a wrong header, and a row of a wrong
    width."""
    if not file.is_file():
        findings.append(Finding(file, None, "bad_csv", "there is no regular file of this name"))
        return
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        findings.append(Finding(file, None, "bad_csv", f"not UTF-8 text: {error}"))
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if tuple(header) != columns:
            findings.append(
                Finding(file, 1, "bad_header", f"the header must be {','.join(columns)}")
            )
            return
        for row in reader:
            if not row:
                continue
            if len(row) != len(columns):
                what = f"{len(row)} fields instead of {len(columns)}"
                findings.append(Finding(file, reader.line_num, "bad_width", what))
                continue
            yield reader.line_num, row
    except csv.Error as error:
        findings.append(Finding(file, reader.line_num, "bad_csv", f"not valid CSV: {error}"))
