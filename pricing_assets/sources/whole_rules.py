"""Rules of a source that are about a record as a whole: totals, known names, a table beside the logs.

Rules of single columns, and what else may stand in a source, belong to `checking`.
"""

from collections.abc import Mapping
from typing import Any

from pricing_assets.sources import paths
from pricing_assets.sources.beside import Beside
from pricing_assets.sources.source import INTEGERS, Join, Rule


class WholeRules(Beside):
    """A source under check, with its rules about whole records."""

    def check_sum_of(
        self, value: Any, rules: Mapping[str, Rule]
    ) -> tuple[str, tuple[str, ...]] | None:
        """Return the path of a total and the columns that make it; None where there are none."""
        if value is None:
            return None
        if not isinstance(value, dict) or value.keys() != {"total", "of"}:
            self.find("bad_check", "check_sum = { total = PATH, of = [ columns ] }", "check_sum")
            return None
        of = value["of"] if isinstance(value["of"], list) else []
        for name in of:
            if name not in INTEGERS or name not in rules:
                self.find(
                    "bad_check", f"check_sum: {name} is not a quantity of [columns]", "check_sum"
                )
        total = self.path(value["total"], "check_sum")
        return None if total is None or not of else (total, tuple(of))

    def known_keys_of(self, value: Any) -> tuple[str, tuple[str, ...]] | None:
        """Return the path of a map and the names that it may have; None where there are none."""
        if value is None:
            return None
        if not isinstance(value, dict) or value.keys() != {"path", "keys"}:
            what = "known_keys = { path = …, keys = [ names or patterns ] }"
            self.find("bad_check", what, "known_keys")
            return None
        path = self.path(value["path"], "known_keys")
        keys = value["keys"] if isinstance(value["keys"], list) else []
        return None if path is None else (path, tuple(str(key) for key in keys))

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
        return None if on is None else Join(str(value["file"]), on, str(value["key"]))
