"""Lines of names as text: ready ones with their evidence, doubtful ones commented out, by file.

Which names have which readings belongs to `unpriced`. Nothing is written unless `append` is called.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pricing_assets.analysis.unpriced_name import Offered, Unpriced
from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError, RateBookError
from pricing_assets.common.text import counted
from pricing_assets.rates import books as rates
from pricing_assets.rates.aliases import ALIAS_COLUMNS
from pricing_assets.rates.book_names import BUILT_IN, book_name
from pricing_assets.rates.brands import BRAND_COLUMNS, BRANDS_FILE
from pricing_assets.rates.rates_csv import csv_line

HEADERS = {"aliases.csv": ALIAS_COLUMNS, BRANDS_FILE: BRAND_COLUMNS}


@dataclass(frozen=True)
class Addition:
    """What is to be appended to one file of a book, line by line."""

    file: Path
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> list[str]:
        """Return the lines, after the header where there is no file yet."""
        header = [] if self.file.is_file() else [csv_line(*HEADERS[self.file.name])]
        return [*header, *self.lines]


def additions(names: Iterable[Unpriced]) -> list[Addition]:
    """Return what names without a price could have appended, by file: each reading with its
    evidence; a doubtful one is a comment, and is left out where the file has it already."""
    found: dict[Path, Addition] = {}
    for name in names:
        readings = sorted(name.doubtful, key=lambda one: one.credits)
        for one in [name.offer] if name.offer is not None else readings:
            _add(found, name, one, readings)
    return [addition for addition in found.values() if addition.lines]


def _add(
    found: dict[Path, Addition], name: Unpriced, one: Offered, readings: Sequence[Offered]
) -> None:
    book = Path(one.proposal.book)
    mark = "# " if readings else ""
    for file, line in (("aliases.csv", one.alias_line), (BRANDS_FILE, one.brand_line)):
        if line is None:
            continue
        of_file = found.setdefault(book / file, Addition(book / file))
        before = _lines_of(of_file.file)
        if f"{mark}{line}" not in {*before, *of_file.lines}:
            of_file.lines.extend([f"# {_evidence(name, one, readings)}", f"{mark}{line}"])


def _lines_of(file: Path) -> list[str]:
    return file.read_bytes().decode("utf-8-sig").splitlines() if file.is_file() else []


def _evidence(name: Unpriced, one: Offered, readings: Sequence[Offered]) -> str:
    """Return by which rule a line is proposed, for how many rows, and what it would charge."""
    evidence = f"{one.reading.rule}; {counted(name.rows, 'row')}, {one.credits:f} credits"
    if name.least_credits is not None and name.most_credits is not None:
        evidence += f" ({name.least_credits:f} to {name.most_credits:f} at risk)"
    if readings:
        evidence += f"; doubtful: {one.reading.doubt}"
    if len(readings) > 1:
        cheapest, dearest = readings[0], readings[-1]
        evidence += (
            f"; cheapest reading {cheapest.reading.model!r} {cheapest.credits:f},"
            f" dearest {dearest.reading.model!r} {dearest.credits:f}"
        )
    return evidence


def append(wanted: Sequence[Addition]) -> None:
    """Append what was shown to the books' files; ConfigurationError for a built-in book, before
    anything is written, RateBookError, with the files as they were, where a book would not load."""
    for one in wanted:
        if book_name(one.file.parent) in BUILT_IN:
            raise ConfigurationError(
                f"{one.file} comes with creditmill and goes with its next version; copy the book"
                " (`creditmill rates init my_rates`), and use the copy:"
                " `creditmill run --rates my_rates --restate`"
            )
    before = {one.file: one.file.read_bytes() if one.file.is_file() else None for one in wanted}
    for one in wanted:
        held = before[one.file] or b""
        held += b"" if not held or held.endswith(b"\n") else b"\n"
        text = "".join(f"{line}\n" for line in one.text)
        files.write_bytes(one.file, held + text.encode(), one.file.parent)
    _, findings = rates.read(list(dict.fromkeys(one.file.parent for one in wanted)))
    if findings:
        for file, data in before.items():
            if data is None:
                file.unlink()
            else:
                files.write_bytes(file, data, file.parent)
        raise RateBookError([f"nothing was written: {finding}" for finding in findings])
