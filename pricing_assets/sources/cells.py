"""Cells of raw records as SQL: what stands at a path, as a text, a whole number or an instant.

A record is JSON, a line of CSV, or a row of Parquet; JSON inside of a column is read as such. What a
source makes of cells belongs to `mapping`, the functions used here to `sql/sources/functions`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import ClassVar, Final

from pricing_assets.db.io import quoted, text_literal
from pricing_assets.sources.paths import Path, Step

A_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""How many of an epoch's unit are a second."""
NUMBER: Final = "number of the document"
"""The column of the number of a record's document, which no dimension is named as."""


def json_path(steps: tuple[Step, ...]) -> str:
    """Return steps as DuckDB spells a JSON path: `$."a"[0]`."""
    return "$" + "".join(
        f"[{step.name}]" if step.kind == "item" else f'."{step.name}"' for step in steps
    )


@dataclass
class JsonCells:
    """Cells of JSON documents: `document` and its parents `up1`, `up2`, which `records` (SQL) has. Every path of a document is
    extracted in one parse, which also finds those that are none; each cell, and what is made of one,
    is computed once, as a column of its own. `side` are those of the table that records are joined with."""

    records: str
    side: "ColumnCells | None" = None
    row_keys: ClassVar[tuple[str, ...]] = ("row_number", quoted(NUMBER))
    extracted: dict[int, list[str]] = field(default_factory=dict)
    steps: dict[int, set[tuple[Step, ...]]] = field(default_factory=dict)
    pairs: dict[str, str] = field(default_factory=dict)
    casts: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    def cell(self, path: Path) -> str:
        """Return the JSON value at a path, as SQL."""
        plain = _plain(path.steps)
        base = self._extract(path.up, plain)
        if plain == path.steps:
            return base
        inner = _within(base, path.steps[len(plain) :], "json_pair")
        return self.pairs.setdefault(inner, f"pair_{len(self.pairs)}")

    def _extract(self, up: int, steps: tuple[Step, ...]) -> str:
        found = self.extracted.setdefault(up, [])
        spelled = json_path(steps)
        self.steps.setdefault(up, set()).add(steps)
        if spelled not in found:
            found.append(spelled)
        return f"cell{up}_{found.index(spelled) + 1}"

    def _once(self, expression: str) -> str:
        return self.made.setdefault(expression, f"made_{len(self.made)}")

    def text(self, path: Path) -> str:
        """Return the text at a path."""
        if path.joined and self.side is not None:
            return self.side.text(path)
        return self._once(f"json_cell_text({self.cell(path)})")

    def integer(self, path: Path) -> tuple[str, str]:
        """Return the whole number at a path, and whether what stands there is none."""
        if path.joined and self.side is not None:
            return self.side.integer(path)
        if path.glob is not None:
            self.steps.setdefault(path.up, set()).add(path.steps)
            return _sum_of_members(self.cell(path.parent), path.glob)
        cell = self.cell(path)
        cast = self.casts.setdefault(f"json_cell_cast({cell})", f"cast_{len(self.casts)}")
        value = self._once(f"integer_of_cell(cast({cell} as varchar), {cast})")
        return value, f"({value} is null and json_cell_is_there({cell}))"

    def holds(self, path: Path) -> str:
        """Return whether what stands at a path is not blank."""
        if path.joined and self.side is not None:
            return self.side.holds(path)
        if path.glob is not None:
            return "true"
        return f"coalesce(holds_text(json_cell_text({self.cell(path)})), false)"

    def number(self, path: Path) -> str:
        """Return the decimal text of the number at a path, as it stands in the document."""
        if path.joined and self.side is not None:
            return self.side.number(path)
        key = re.escape(path.steps[-1].name)
        pattern = rf'"{key}"\s*:\s*(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)'
        named = text_literal(f'"{path.steps[-1].name}"')
        document, cell = document_of(path.up), self.cell(path)
        return self._once(f"json_cell_number({document}, {named}, {text_literal(pattern)}, {cell})")

    def epoch(self, path: Path, a_second: int) -> str:
        """Return the instant that a number at a path is since 1970, in a unit of which a second has so many."""
        return f"instant_of_epoch({self.number(path)}, {a_second})"

    def instant(self, path: Path, seconds: int | None) -> str:
        """Return the instant that a text at a path names, in a zone where it names none."""
        if path.joined and self.side is not None:
            return self.side.instant(path, seconds)
        return f"instant_of_text({self.text(path)}, {'null' if seconds is None else seconds})"

    def members(self, path: Path) -> str:
        """Return the names of an object's members."""
        return f"json_keys({self.cell(path)})"

    def objects(self) -> dict[int, dict[str, set[str]]]:
        """Return the objects of each document that cells lie in, as DuckDB spells their paths, with the
        names that are read there."""
        return {up: objects_of(read) for up, read in self.steps.items()}

    @property
    def unreadable(self) -> str:
        """Whether a record cannot be read: its document, or a text of the table that it is joined with."""
        return "not is_readable" if self.side is None else self.side.unreadable

    @property
    def relation(self) -> str:
        """The records with their cells, as SQL over `raw`."""
        self.extracted.setdefault(0, [json_path(())])
        found = sorted(self.extracted.items())
        lists = [
            f"try(json_extract({document_of(up)}, [{', '.join(map(text_literal, cells))}])) as cells{up}"
            for up, cells in found
        ]
        cells = [
            f"cells{up}[{place}] as cell{up}_{place}"
            for up, cells in found
            for place in range(1, len(cells) + 1)
        ]
        kept = f"* exclude ({', '.join(f'cells{up}' for up, _ in found)})"
        readable = "(is_readable and cells0 is not null as is_readable)"
        return stacked(
            "raw",
            [f"* rename (number as {quoted(NUMBER)})", *lists],
            [f"{kept} replace {readable}", *cells],
            ["*", *(f"{cell} as {name}" for cell, name in self.pairs.items())],
            ["*", *(f"{value} as {name}" for value, name in self.casts.items())],
            ["*", *(f"{value} as {name}" for value, name in self.made.items())],
        )


def text_of_json(path: Path) -> str:
    """Return the text at a path of a record's document or of its parents, which may be no JSON."""
    cell = f"try(json_extract({document_of(path.up)}, {text_literal(json_path(path.steps))}))"
    return f"json_cell_text({cell})"


def objects_of(read: Iterable[tuple[Step, ...]]) -> dict[str, set[str]]:
    """Return the objects that these steps lead through, as DuckDB spells their paths, with the names that are
    read there."""
    found: dict[str, set[str]] = {}
    for steps in read:
        for place, step in enumerate(steps):
            if step.kind == "member":
                found.setdefault(json_path(steps[:place]), set()).add(step.name)
    return found


def stacked(relation: str, *projections: list[str]) -> str:
    """Return projections of a relation, each of the one before."""
    for columns in projections:
        relation = f"(select {', '.join(columns)} from {relation})"
    return relation


def _plain(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps before the first one to the value of a pair."""
    return tuple(takewhile(lambda step: step.kind != "pair", steps))


def _within(base: str, steps: tuple[Step, ...], pair: str) -> str:
    """Return what steps lead to in a JSON value, as SQL; the function `pair` finds the value of a pair."""
    if plain := _plain(steps):
        base = f"json_extract({base}, {text_literal(json_path(plain))})"
    if rest := steps[len(plain) :]:
        return _within(f"{pair}({base}, {text_literal(rest[0].name)})", rest[1:], pair)
    return base


def _sum_of_members(parent: str, pattern: str) -> tuple[str, str]:
    """Return the sum of an object's members whose names match a pattern, and whether one of them is
    not a whole number."""
    members = f"json_members({parent}, {text_literal(pattern)})"
    bad = f"list_bool_or(list_transform({members}, lambda one: json_cell_is_bad_integer(one)))"
    return (
        f"list_sum(list_transform({members}, lambda one: json_cell_integer(one)))",
        f"coalesce({bad}, false)",
    )


def document_of(up: int) -> str:
    """Return the column of a record's document, or of its parent so many levels up."""
    return f"up{up}" if up else "document"


@dataclass
class ColumnCells:
    """Cells of tables: a path's first name is a column, the rest a path into JSON in its text, or
    into its struct. `types` has each column's type in DuckDB; a CSV's are all text. `relation` holds the
    records, which have the columns `row_keys`."""

    types: Mapping[str, str]
    relation: str = "raw"
    row_keys: tuple[str, ...] = ("row_number",)
    steps: dict[str, set[tuple[Step, ...]]] = field(default_factory=dict)
    """What is read of the JSON in columns of text, by the columns as SQL."""
    flat: set[str] = field(default_factory=set)
    """The columns, as SQL, in which paths lead where their type has nothing."""

    def text(self, path: Path) -> str:
        """Return the text at a path."""
        if len(path.steps) > 1:
            return f"json_cell_text({self._inner(path)})"
        column = self._column(path)
        is_float = self._type(path) in ("DOUBLE", "FLOAT")
        return f"text_of_float({column})" if is_float else f"cast({column} as varchar)"

    def integer(self, path: Path) -> tuple[str, str]:
        """Return the whole number at a path, and whether what stands there is none."""
        if path.glob is not None:
            self._note(path)
            return _sum_of_members(self._json(path.parent), path.glob)
        if len(path.steps) > 1:
            cell = self._inner(path)
            return f"json_cell_integer({cell})", f"json_cell_is_bad_integer({cell})"
        column, kind = self._column(path), self._type(path)
        if kind in ("DOUBLE", "FLOAT"):
            return f"whole_of_float({column})", f"is_bad_float({column})"
        if kind == "VARCHAR":
            return f"text_cell_integer({column})", f"text_cell_is_bad_integer({column})"
        if kind.endswith("INT") or kind in ("INTEGER", "UINTEGER"):
            return f"within_bigint({column})", "false"
        if kind == '"NULL"':
            return "cast(null as bigint)", "false"
        whole = f"case when {column} = trunc({column}) then try_cast({column} as bigint) end"
        if not kind.startswith("DECIMAL"):
            whole = "cast(null as bigint)"
        return whole, f"{column} is not null and ({whole}) is null"

    def holds(self, path: Path) -> str:
        """Return whether what stands at a path is not blank."""
        return (
            "true" if path.glob is not None else f"coalesce(holds_text({self.text(path)}), false)"
        )

    def number(self, path: Path) -> str:
        """Return the decimal text of the number at a path."""
        return self.text(path)

    def epoch(self, path: Path, a_second: int) -> str:
        """Return the instant that a number at a path is since 1970, in a unit of which a second has so many."""
        return f"instant_of_epoch({self.number(path)}, {a_second})"

    def instant(self, path: Path, seconds: int | None) -> str:
        """Return the instant at a path; a timestamp without a zone, or a text that names none, is in
        the given zone."""
        kind = self._type(path) if len(path.steps) == 1 else "VARCHAR"
        column = self._column(path)
        if kind.startswith("TIMESTAMP"):
            is_ns = kind in ("TIMESTAMP_NS", "TIMESTAMPTZ_NS")
            micros = f"micros_of_nanos(epoch_ns({column}))" if is_ns else f"epoch_us({column})"
            has_zone = kind in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
            east = 0 if has_zone else seconds or 0
            return f"instant_of_micros({micros} - micros_of_seconds({east}))"
        return f"instant_of_text({self.text(path)}, {'null' if seconds is None else seconds})"

    def members(self, path: Path) -> str:
        """Return the names of an object's members."""
        self._note(path)
        return f"json_keys({self._json(path)})"

    @property
    def unreadable(self) -> str:
        """Whether a record cannot be read: its line, or a text that is no JSON of the kind that is read in it."""
        tests = ["not is_readable", *(f"{column} is not null" for column in sorted(self.flat))]
        for column, read in self.steps.items():
            kinds = {
                "OBJECT" if not steps or steps[0].kind == "member" else "ARRAY" for steps in read
            }
            wanted = ", ".join(map(text_literal, sorted(kinds)))
            tests.append(
                f"(holds_text({column}) and kind_of_json({column}) not in ('NULL', {wanted}))"
            )
        return " or ".join(tests)

    def _column(self, path: Path) -> str:
        name = ("join." if path.joined else "") + path.steps[0].name
        return quoted(name) if name in self.types else "null"

    def _type(self, path: Path) -> str:
        return self.types.get(("join." if path.joined else "") + path.steps[0].name, '"NULL"')

    def _json(self, path: Path) -> str:
        """Return the JSON value at a path: a column's text, or a nested column as JSON."""
        if len(path.steps) > 1:
            return self._inner(path)
        column = self._column(path)
        if self._type(path) in ("VARCHAR", '"NULL"'):
            return f"case when json_valid({column}) then cast({column} as json) end"
        return f"to_json({column})"

    def _note(self, path: Path) -> None:
        kind, steps = self._type(path), path.steps[1:]
        is_object = not steps or steps[0].kind == "member"
        if kind == "VARCHAR":
            self.steps.setdefault(self._column(path), set()).add(steps)
        elif _nested(kind) not in ("MAP", "STRUCT" if is_object else "LIST"):
            self.flat.add(self._column(path))

    def _inner(self, path: Path) -> str:
        self._note(path)
        first = Path(path.text, path.steps[:1], path.up, path.joined)
        kind, steps = self._type(path), path.steps[1:]
        if _nested(kind) == "MAP" and steps[0].kind == "pair":  # as JSON it is an object
            steps = (Step(steps[0].name), *steps[1:])
        pair = "json_pair" if kind == "VARCHAR" else "json_pair_of_structs"
        return _within(self._json(first), steps, pair)


def _nested(kind: str) -> str:
    """Return STRUCT, MAP or LIST, of a type in which something lies."""
    return "LIST" if kind.endswith("]") else kind.partition("(")[0]


Cells = JsonCells | ColumnCells
