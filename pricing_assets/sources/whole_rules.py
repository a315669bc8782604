"""Rules of a source that are about a record as a whole: totals, known names, a table beside the logs.

Rules of single columns, and what else may stand in a source, belong to `checking`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pricing_assets.sources import paths
from pricing_assets.sources.beside import Beside
from pricing_assets.sources.source import (
    COLUMNS,
    INTEGERS,
    NO_RULE_MAKES,
    OF_MAPPED_ROWS,
    ColumnRule,
    Join,
    Source,
)

CHECKS: Final = ("check_sum", "known_keys")


class WholeRules(Beside):
    """A source under check, with its rules about whole records."""

    def check_sum_of(
        self, value: Any, rules: Mapping[str, ColumnRule]
    ) -> tuple[str, tuple[str, ...]] | None:
        """Return the path of a total and the columns that make it; None where there are none."""
        if value is None:
            return None
        if not isinstance(value, dict) or value.keys() != {"total", "of"}:
            self.find("bad_check", "check_sum = { total = PATH, of = [ columns ] }", "check_sum")
            return None
        of = value["of"]
        if not isinstance(of, list) or not of:
            self.find(
                "bad_check", "check_sum: of is a list of the columns that make it", "check_sum"
            )
            return None
        for name in of:
            if name not in INTEGERS or name not in rules:
                self.find(
                    "bad_check", f"check_sum: {name} is not a quantity of [columns]", "check_sum"
                )
        total = self.path(value["total"], "check_sum")
        return None if total is None else (total, tuple(of))

    def known_keys_of(self, value: Any) -> tuple[str, tuple[str, ...]] | None:
        """Return the path of a map and the names that it may have; None where there are none."""
        if value is None:
            return None
        if not isinstance(value, dict) or value.keys() != {"path", "keys"}:
            what = "known_keys = { path = …, keys = [ names or patterns ] }"
            self.find("bad_check", what, "known_keys")
            return None
        path = self.path(value["path"], "known_keys")
        keys = value["keys"]
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            self.find("bad_check", "known_keys: keys is a list of names or patterns", "known_keys")
            return None
        return None if path is None else (path, tuple(str(key) for key in keys))

    def check_spelling(self, names: Iterable[str]) -> None:
        """Note columns whose names differ in case alone from one of the contract, or from another."""
        known = {one.lower(): one for one in (*COLUMNS, *CHECKS, *OF_MAPPED_ROWS, *NO_RULE_MAKES)}
        for name in names:
            right = known.setdefault(name.lower(), name)
            if right != name:
                what = f"{name} differs from {right} in case alone; write {right}, or rename it"
                self.find("bad_column", what, name)
            elif not name.strip():
                self.find("bad_column", "a column has no name")
            elif name in OF_MAPPED_ROWS:
                self.find("bad_column", f"{name} is a column of mapped rows; rename it", name)
            elif name in NO_RULE_MAKES:
                self.find(
                    "bad_column", f"{name} is not a text, and no rule makes it; rename it", name
                )

    def check_conditions(self, source: Source) -> None:
        """Note conditions that name a column which is made no earlier, or which is not a text."""
        later = source.conditional
        of = {
            name: {*rule.of_alternatives, *rule.also.get("when", ())}
            for name, rule in source.columns.items()
        }
        of |= {
            name: {key for test in tests for key in test.when}
            for name, tests in source.skip.items()
        }
        for name, keys in of.items():
            for key in sorted({*keys} & {*source.columns} - {name}):
                if key == "event_time":
                    self.find("bad_when", f"{name}: when: event_time is not a text", name)
                elif key in later and name in source.columns:
                    what = f"{name}: when: {key} has a when of its own; for the field of the log write '\"{key}\"'"
                    self.find("bad_when", what, name)

    def check_paths(self, source: Source) -> None:
        """Note paths to parents that no record has, and patterns where one name is read."""
        levels = len(paths.record_levels(source.records))
        for name, text, is_summed in source.paths:
            path = paths.parse(text)
            if path.up > levels:
                what = f"{name}: {text} is a parent, and `records` gives {levels or 'none'}; for a field of this name write '\"up{path.up}\".…'"
                self.find("bad_path", what, name)
            first = 1 if {*source.formats}.isdisjoint(("ndjson", "json")) else 0  # a column's name
            if any('"' in step.name for step in path.steps[first:] if step.kind == "member"):
                self.find("bad_path", f"{name}: {text}: a JSON name must not contain a quote", name)
            if path.glob is not None and not is_summed:
                what = f"{name}: {text} is a pattern, which only a quantity's path or sum may be"
                self.find("bad_path", what, name)

    def join_of(self, value: Any) -> Join | None:
        """Return the table that records are joined with; None where there is none."""
        if value is None:
            return None
        if not isinstance(value, dict) or value.keys() != {"file", "on", "key"}:
            what = "[join] needs file, on (a path) and key (a column of the file)"
            self.find("bad_join", what, "join")
            return None
        on = self.path(value["on"], "on")
        if on is not None and any(step.kind == "pair" for step in paths.parse(on).steps):
            self.find("bad_join", "[join] on: a name, not a pair of a list of attributes", "on")
        file = str(value["file"])
        if self.is_kept:  # its table is kept with it, and lies beside the logs by its name alone
            file = Path(file).name
        return None if on is None else Join(file, on, str(value["key"]))
