"""Names and lines of text as rate books compare and hold them.

What the names are of belongs to `rates` and `agreements`.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


def fold(name: str) -> str:
    """A brand, model or alias as it is compared: NFKC, single blanks, case folded."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def either(names: Iterable[str]) -> str:
    """Names as a sentence gives a choice of them: `a, b or c`."""
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


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
    """Rows with their line numbers; findings where the header or a row's width is wrong."""
    if not file.is_file():
        findings.append(Finding(file, None, "bad_csv", "no regular file bears this name"))
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
                what = f"{len(row)} fields where {len(columns)} belong"
                findings.append(Finding(file, reader.line_num, "bad_width", what))
                continue
            yield reader.line_num, row
    except csv.Error as error:
        findings.append(Finding(file, reader.line_num, "bad_csv", f"not valid CSV: {error}"))
