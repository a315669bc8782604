"""Lines of names as text: ready ones with their evidence, doubtful ones commented out, by file.

Which names have which readings belongs to `unpriced`. Nothing is written unless `append` is called.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pricing_assets.analysis.unpriced_name import Unpriced
from pricing_assets.common import files
from pricing_assets.common.decimals import exact_sum
from pricing_assets.common.errors import ConfigurationError, RateBookError
from pricing_assets.common.text import counted
from pricing_assets.rates import books as rates
from pricing_assets.rates.book_names import BUILT_IN, book_name
from pricing_assets.rates.offers import Addition, Offered


@dataclass(frozen=True)
class _Line:
    """A line of a file, and each name that it is for, with the reading that it makes hold."""

    text: str
    is_doubtful: bool
    uses: list[tuple[Unpriced, Offered]] = field(default_factory=list)


def additions(names: Iterable[Unpriced]) -> list[Addition]:
    """Return what names without a price could have appended, by file: each line once, with its
    evidence; a doubtful one is a comment, and is left out where the file has it already, or where
    it is ready for another name."""
    by_file: dict[Path, dict[tuple[str, bool], _Line]] = {}
    for name in names:
        for one in _readings(name):
            for file, text in one.lines():
                key = text, name.offer is None
                line = by_file.setdefault(file, {}).setdefault(key, _Line(*key))
                line.uses.append((name, one))
    found = []
    for file, lines in by_file.items():
        before = _lines_of(file)
        addition = Addition(file)
        for line in lines.values():
            written = f"{'# ' * line.is_doubtful}{line.text}"
            if written not in before and not (line.is_doubtful and (line.text, False) in lines):
                addition.lines.extend([f"# {_evidence(line)}", written])
        if addition.lines:
            found.append(addition)
    return found


def undecided(names: Iterable[Unpriced]) -> list[tuple[Unpriced, list[Path]]]:
    """Return the names of which a file has readings as comments, each with its files: somebody is
    to decide."""
    found = []
    for name in names:
        held = {
            file: None
            for one in name.doubtful
            for file, text in one.lines()
            if f"# {text}" in _lines_of(file)
        }
        if held:
            found.append((name, list(held)))
    return found


def _readings(name: Unpriced) -> list[Offered]:
    """Return the reading that is certain, else all, the cheapest first."""
    if name.offer is not None:
        return [name.offer]
    return sorted(name.doubtful, key=lambda one: one.credits)


def _lines_of(file: Path) -> list[str]:
    return file.read_bytes().decode("utf-8-sig").splitlines() if file.is_file() else []


def _evidence(line: _Line) -> str:
    """Return by which rule a line is proposed, for how many rows, and what it would charge; of
    several names, what is true of all, and which they are."""
    names = [name for name, _ in line.uses]
    rules = [one.reading.rule.split("; ") for _, one in line.uses]
    rule = "; ".join(part for part in rules[0] if all(part in other for other in rules))
    rows = sum(name.rows for name in names)
    credits = exact_sum(one.credits for _, one in line.uses)
    evidence = f"{rule}; {counted(rows, 'row')}, {credits:f} credits"
    risks = [
        (name.least_credits, name.most_credits)
        for name in names
        if name.least_credits is not None and name.most_credits is not None
    ]
    if risks:
        least, most = (exact_sum(each) for each in zip(*risks, strict=True))
        evidence += f" ({least:f} to {most:f} at risk)"
    if len(names) > 1:
        evidence += f"; of {', '.join(f'{name.brand} {name.model}' for name in names)}"
    if line.is_doubtful:
        doubts = dict.fromkeys(one.reading.doubt for _, one in line.uses)
        evidence += f"; doubtful: {'; '.join(doubts)}"
    return evidence + "".join(
        f"; cheapest reading {_priced(readings[0])}, dearest {_priced(readings[-1])}"
        for readings in map(_readings, names)
        if line.is_doubtful and len(readings) > 1
    )


def _priced(one: Offered) -> str:
    return f"{one.reading.model!r} {one.credits:f}"


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
