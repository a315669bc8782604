"""Cells of tables as SQL: of a line of CSV, or a row of Parquet, with what lies in JSON inside of a column.

Cells of JSON documents belong to `cells`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from pricing_assets.db.io import quoted, text_literal
from pricing_assets.sources.json_values import (
    a_member_is_negative,
    keys_come_twice,
    sum_of_members,
    within,
)
from pricing_assets.sources.paths import Path, Step


class NumberCells(ABC):
    """Cells of which numbers can be read, as SQL."""

    @abstractmethod
    def integer(self, path: Path) -> tuple[str, str]:
        """Return the whole number at a path, and whether what stands there is none."""

    @abstractmethod
    def parent(self, path: Path) -> str:
        """Return the JSON value that the last name of a path lies in."""

    def is_negative(self, path: Path) -> str:
        """Return whether the whole number at a path, or one of those that a pattern there names, is below 0."""
        if path.glob is not None:
            return a_member_is_negative(self.parent(path), path.glob)
        return f"coalesce({self.integer(path)[0]} < 0, false)"

    @abstractmethod
    def number(self, path: Path) -> str:
        """Return the decimal text of the number at a path."""

    conditions: dict[str, str]

    def condition(self, expression: str) -> str:
        """Return a column that holds a condition over columns that were made: several rules share it."""
        name = quoted(f"condition {len(self.conditions)} of the row")
        return self.conditions.setdefault(expression, name)

    def epoch(self, path: Path, a_second: int) -> str:
        """Return the instant that a number at a path is since 1970, in a unit of which a second has so many."""
        return f"instant_of_epoch({self.number(path)}, {a_second})"


@dataclass
class ColumnCells(NumberCells):
    """Cells of tables: a path's first name is a column, the rest a path into JSON in its text, or
    into its struct. `types` has each column's type in DuckDB; a CSV's are all text. `relation` holds the
    records, which have the columns `row_keys`."""

    types: Mapping[str, str]
    relation: str = "raw"
    row_keys: tuple[str, ...] = ("row_number",)
    steps: dict[str, set[tuple[Step, ...]]] = field(default_factory=dict)
    """What is read of the JSON in columns of text, by the columns as SQL."""
    keyed: dict[str, set[str]] = field(default_factory=dict)
    """The lists of pairs as SQL, with the keys that are read there."""
    flat: set[str] = field(default_factory=set)
    """The columns, as SQL, in which paths lead where their type has nothing."""
    conditions: dict[str, str] = field(default_factory=dict)

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
            return sum_of_members(self.parent(path), path.glob)
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

    def parent(self, path: Path) -> str:
        """Return the JSON value that the last name of a path lies in."""
        return self._json(path.parent)

    def holds(self, path: Path) -> str:
        """Return whether what stands at a path is not blank."""
        return (
            "true" if path.glob is not None else f"coalesce(holds_text({self.text(path)}), false)"
        )

    def number(self, path: Path) -> str:
        """Return the decimal text of the number at a path; bytes are none."""
        if len(path.steps) == 1 and self._type(path) == "BLOB":
            return f"hex({self._column(path)}) || ' of bytes'"
        return self.text(path)

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
        """Whether a record cannot be read: its line, or a text that is not JSON of the kind that is read in it."""
        tests = ["not is_readable", *(f"{column} is not null" for column in sorted(self.flat))]
        for column, read in self.steps.items():
            kinds = {
                "OBJECT" if not steps or steps[0].kind == "member" else "ARRAY" for steps in read
            }
            wanted = ", ".join(map(text_literal, sorted(kinds)))
            tests.append(
                f"(holds_text({column}) and kind_of_json({column}) not in ('NULL', {wanted}))"
            )
        return " or ".join([*tests, *keys_come_twice(self.keyed)])

    def _column(self, path: Path) -> str:
        name = ("join." if path.joined else "") + path.steps[0].name
        if self.types.get(name) == "JSON":  # a text that says so of itself
            return f"cast({quoted(name)} as varchar)"
        return quoted(name) if name in self.types else "null"

    def _type(self, path: Path) -> str:
        kind = self.types.get(("join." if path.joined else "") + path.steps[0].name, '"NULL"')
        return "VARCHAR" if kind == "JSON" else kind

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
        return within(self._json(first), steps, pair, self.keyed)


def _nested(kind: str) -> str:
    """Return STRUCT, MAP or LIST, of a type in which something lies."""
    return "LIST" if kind.endswith("]") else kind.partition("(")[0]
