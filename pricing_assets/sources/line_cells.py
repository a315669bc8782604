"""Cells of JSON lines that DuckDB reads from the file itself: in one parse, and nothing of a line but
what is mapped becomes a value.

Which files are read so belongs to `json_lines`; the reader refuses what `cells` reads with more care.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import ClassVar, Final

from pricing_assets.db.io import quoted, text_literal
from pricing_assets.sources.cells import JsonCells
from pricing_assets.sources.json_values import json_path, stacked
from pricing_assets.sources.paths import Path, Step

Steps = tuple[Step, ...]
_PLAIN = re.compile(r"[A-Za-z0-9_ .:/-]+")
"""Names that are spelled alike in JSON, in SQL and in a pattern."""
DOUBTS: Final = "doubts of the line"
"""The column of what is doubtful of a record, which no dimension is named as."""


class NotPlain(Exception):
    """Paths that are not the names of columns of a table."""


@dataclass
class LineCells(JsonCells):
    """Cells of a file with an object on each line, which `records` (SQL) reads: the beginning of a call
    of `read_json`. Its columns are the parts of paths that are only names; what lies deeper, in a list or
    by a pattern, is extracted from the text of such a column."""

    row_keys: ClassVar[tuple[str, ...]] = (quoted(DOUBTS),)
    texts: dict[Steps, str] = field(default_factory=dict)
    values: dict[Steps, str] = field(default_factory=dict)
    numbers: dict[Steps, None] = field(default_factory=dict)
    seconds: dict[Steps, str] = field(default_factory=dict)

    def text(self, path: Path) -> str:
        """Return the text at a path."""
        if any(step.kind == "pair" for step in path.steps):
            return super().text(path)
        self.steps.setdefault(path.up, set()).add(path.steps)
        return self.texts.setdefault(path.steps, f"text_{len(self.texts)}")

    def number(self, path: Path) -> str:
        """Return the decimal text of the number at a path: the shortest one of its double."""
        self.numbers[path.steps] = None
        return self.text(path)

    def epoch(self, path: Path, a_second: int) -> str:
        """Return the instant that a number at a path is: of seconds, from the reader's double."""
        if a_second != 1 or any(step.kind == "pair" for step in path.steps):
            return super().epoch(path, a_second)
        self.steps.setdefault(path.up, set()).add(path.steps)
        name = self.seconds.setdefault(path.steps, f"seconds_{len(self.seconds)}")
        return f"instant_of_seconds({name})"

    def _extract(self, up: int, steps: Steps) -> str:
        self.steps.setdefault(up, set()).add(steps)
        return self.values.setdefault(steps, f"value_{len(self.values)}")

    @property
    def relation(self) -> str:
        """The records with their cells, as SQL over the file. NotPlain where its reader can have no
        such columns."""
        leaf_of = _leaves({*self.texts, *self.values, *self.seconds})
        as_json = {*self.values, *(leaf for steps, leaf in leaf_of.items() if leaf != steps)}
        types = {leaf: "json" if leaf in as_json else "varchar" for leaf in leaf_of.values()}
        as_double = {*self.seconds} - {*self.texts} - as_json
        types |= dict.fromkeys(as_double, "double")
        values = {steps: _value(steps, leaf) for steps, leaf in leaf_of.items()}
        cells = {name: values[steps] for steps, name in self.values.items()}
        cells |= {name: f"cast({values[steps]} as double)" for steps, name in self.seconds.items()}
        as_text = [name for steps, name in self.texts.items() if leaf_of[steps] not in as_json]
        for steps, name in self.texts.items():
            cells[name] = values[steps] if name in as_text else f"json_cell_text({values[steps]})"
        columns = {leaf[0].name for leaf in types}
        is_empty = " and ".join(f"{quoted(name)} is null" for name in sorted(columns))
        return stacked(
            f"{self.records}, columns = {_columns(types)})",
            [
                *(f"{value} as {name}" for name, value in cells.items()),
                f"({is_empty}) or {self._repeated(set(types))} as is_doubtful",
                "true as is_readable",
            ],
            [
                "*",
                *(f"{cell} as {name}" for cell, name in self.pairs.items()),
                self._doubts(as_text),
            ],
            ["*", *(f"{value} as {name}" for value, name in self.casts.items())],
            ["*", *(f"{value} as {name}" for value, name in self.made.items())],
        )

    def _repeated(self, leaves: set[Steps]) -> str:
        """Return whether an object within a leaf, of which names are read, has a name twice; in others
        the reader finds that."""
        objects = {
            _value(steps[:place], leaf)
            for steps in self.steps.get(0, ())
            for leaf in leaves
            if steps[: len(leaf)] == leaf
            for place in range(len(leaf), len(steps))
            if steps[place].kind == "member"
        }
        keys = [f"json_keys({one})" for one in sorted(objects)]
        tests = [f"coalesce(len({some}) > list_unique({some}), false)" for some in keys]
        return " or ".join(tests) or "false"

    def _doubts(self, as_text: Iterable[str]) -> str:
        """Return what is doubtful of a record: 1 where a line may be `null`, where a name comes twice, or
        a text was a number that DuckDB spells its own way, or seconds are not of 2001 to 2033; 2, 4, …
        where a number may have decimals."""
        spelled = [f"is_scientific({name})" for name in as_text]
        spelled += [
            f"not {name} between 1000000000 and 1999999999.5" for name in self.seconds.values()
        ]
        tests = [" or ".join(["is_doubtful", *spelled])]
        texts = [self.texts[steps] for steps in self.numbers]
        tests += [f"contains({text}, '.') or contains({text}, 'e')" for text in texts]
        tests += [f"{name} is not null" for name in self.seconds.values()]
        flags = [
            f"case when {test} then {1 << place} else 0 end" for place, test in enumerate(tests)
        ]
        return f"{' | '.join(flags)} as {quoted(DOUBTS)}"

    def decimal_names(self, doubts: int) -> dict[str, bool]:
        """Return the names of the numbers of which some may have decimals, and whether each must be a
        number: what was read as seconds may not be a text."""
        read = [
            *((steps, False) for steps in self.numbers),
            *((steps, True) for steps in self.seconds),
        ]
        flagged = [one for place, one in enumerate(read, 1) if doubts >> place & 1]
        return {steps[-1].name: is_number for steps, is_number in flagged}


def _leaves(read: Iterable[Steps]) -> dict[Steps, Steps]:
    """Return the leaf that each path lies in: names alone, and the beginning of no other leaf."""
    plain = {tuple(takewhile(lambda step: step.kind == "member", steps)) for steps in read}
    if () in plain:
        raise NotPlain("the record as a whole, or an item of it")
    found = {
        steps: min((leaf for leaf in plain if steps[: len(leaf)] == leaf), key=len)
        for steps in read
    }
    prefixes = {leaf[:end] for leaf in found.values() for end in range(1, len(leaf) + 1)}
    names = [tuple(step.name.casefold() for step in prefix) for prefix in prefixes]
    if len(set(names)) < len(names) or not all(_PLAIN.fullmatch(one[-1]) for one in names):
        raise NotPlain("names that differ in case alone, or hold quotes")
    return found


def _value(steps: Steps, leaf: Steps) -> str:
    """Return what stands at a path, as SQL over the columns of the reader."""
    column = ".".join(quoted(step.name) for step in leaf)
    rest = steps[len(leaf) :]
    return f"json_extract({column}, {text_literal(json_path(rest))})" if rest else column


def _columns(types: Mapping[Steps, str]) -> str:
    """Return the columns of the reader, of the types of leaves."""
    inner: dict[str, dict[Steps, str]] = {}
    for leaf, kind in types.items():
        inner.setdefault(leaf[0].name, {})[leaf[1:]] = kind
    typed = (f"{text_literal(name)}: {text_literal(_type(some))}" for name, some in inner.items())
    return f"{{{', '.join(typed)}}}"


def _type(types: Mapping[Steps, str]) -> str:
    """Return the type of a value in which leaves lie."""
    if () in types:
        return types[()]
    inner: dict[str, dict[Steps, str]] = {}
    for leaf, kind in types.items():
        inner.setdefault(leaf[0].name, {})[leaf[1:]] = kind
    return f"struct({', '.join(f'{quoted(name)} {_type(some)}' for name, some in inner.items())})"
