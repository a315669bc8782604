"""Cells of raw records as SQL: what stands at a path, as a text, a whole number or an instant.

A record is JSON, or a line of CSV or a row of Parquet, whose cells are in `column_cells`. What a source
makes of cells belongs to `mapping`, the functions used here to `sql/sources/functions`.
"""

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from pricing_assets.db.io import quoted, text_literal
from pricing_assets.sources.column_cells import ColumnCells, NumberCells
from pricing_assets.sources.json_values import (
    document_of,
    json_path,
    keys_come_twice,
    objects_of,
    plain_steps,
    stacked,
    sum_of_members,
    within,
)
from pricing_assets.sources.paths import Path, Step

A_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""How many of an epoch's unit are a second."""
NUMBER: Final = "number of the document"
"""The column of the number of a record's document, which no dimension is named as."""


@dataclass
class JsonCells(NumberCells):
    """Cells of JSON documents: `document` and its parents `up1`, `up2`, which `records` (SQL) has. Every path of a document is
    extracted in one parse, which also finds those that are none; each cell, and what is made of one,
    is computed once, as a column of its own. `side` are those of the table that records are joined with."""

    records: str
    side: ColumnCells | None = None
    row_keys: ClassVar[tuple[str, ...]] = ("row_number", quoted(NUMBER))
    extracted: dict[int, list[str]] = field(default_factory=dict)
    steps: dict[int, set[tuple[Step, ...]]] = field(default_factory=dict)
    pairs: dict[str, str] = field(default_factory=dict)
    keyed: dict[str, set[str]] = field(default_factory=dict)
    casts: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, str] = field(default_factory=dict)

    def cell(self, path: Path) -> str:
        """Return the JSON value at a path, as SQL."""
        plain = plain_steps(path.steps)
        base = self._extract(path.up, plain)
        if plain == path.steps:
            return base
        inner = within(base, path.steps[len(plain) :], "json_pair", self.keyed)
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
            return sum_of_members(self.parent(path), path.glob)
        cell = self.cell(path)
        cast = self.casts.setdefault(f"json_cell_cast({cell})", f"cast_{len(self.casts)}")
        value = self._once(f"integer_of_cell(cast({cell} as varchar), {cast})")
        return value, f"({value} is null and json_cell_is_there({cell}))"

    def parent(self, path: Path) -> str:
        """Return the JSON value that the last name of a path lies in."""
        return self.cell(path.parent)

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
        """Whether a record cannot be read: its document, a list in it in which a key that is read comes
        twice, or a text of the table that it is joined with."""
        own = "not is_readable" if self.side is None else self.side.unreadable
        return " or ".join([own, *keys_come_twice(self.keyed)])

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


Cells = JsonCells | ColumnCells
