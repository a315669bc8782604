"""What is wrong with a source's TOML, by file, line and rule.

Which rules there are belongs to `checking` and `column_rules`.
"""

import re
from pathlib import Path
from typing import Any

from pricing_assets.common.errors import BrokenRules
from pricing_assets.sources import paths


class SourceError(BrokenRules):
    """A source that breaks rules."""


class Findings:
    """The broken rules of one file so far, each at its line; `joins`: its records are joined with a table;
    `is_kept`: a home keeps it."""

    joins = False
    is_kept = False

    def __init__(self, file: Path, text: str) -> None:
        self.file, self.lines = file, text.splitlines()
        self.findings: list[str] = []

    def find(self, rule: str, message: str, key: str = "") -> None:
        """Note a broken rule, at the line that begins with a key, if one does."""
        line = next(
            (
                number
                for number, line in enumerate(self.lines, 1)
                if key and re.match(rf'\s*\[*\s*"?{re.escape(key)}"?\s*[=\]]', line)
            ),
            None,
        )
        place = f"{self.file}" if line is None else f"{self.file}:{line}"
        finding = f"{place}: {rule}: {message}"
        if finding not in self.findings:
            self.findings.append(finding)

    def path(self, value: Any, key: str) -> str | None:
        """Return a path, or None and note why it is none."""
        if not isinstance(value, str):
            self.find("bad_path", f"{key}: a path is text, not {value!r}", key)
            return None
        try:
            is_joined = paths.parse(value).joined
        except paths.BadPath as error:
            self.find("bad_path", f"{key}: {error}", key)
            return None
        if is_joined and not self.joins:
            what = (
                f"{key}: {value} is a column of the table that [join] names, and there is no [join]"
            )
            self.find("bad_path", what, key)
            return None
        return value
