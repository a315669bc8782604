"""Files beside a source's TOML that it names: a SELECT, and tables of names. A home keeps them with the
TOML, in its table [files].

What else may stand in a source belongs to `checking`.
"""

import csv
from pathlib import Path

from pricing_assets.sources.findings import Findings
from pricing_assets.sources.select_rules import broken_rules


class Beside(Findings):
    """A source under check, with the files that it names: `inline` of [files], `files` those read."""

    def __init__(self, file: Path, text: str, inline: object) -> None:
        super().__init__(file, text)
        self.files: dict[str, str] = {}
        self.inline: dict[str, str] = {}
        if not isinstance(inline, dict):
            self.find("wrong_type", "files must be a table: [files]", "files")
            return
        for name, content in inline.items():
            if isinstance(content, str):
                self.inline[name] = content
            else:
                self.find("wrong_type", f"[files] {name} must be text", name)

    def text_of(self, name: str, key: str) -> str | None:
        """Return the text of a file that the source names, from [files] or beside its TOML; None, and a
        note, where there is none."""
        if name in self.inline:
            return self.inline[name]
        try:
            if self.inline or name != Path(name).name:
                raise OSError("it is not in [files]" if self.inline else "it is a path")
            self.files[name] = (self.file.parent / name).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self.find("no_file", f"{name} beside it cannot be read: {reason}", key)
            return None
        return self.files[name]

    def select_of(self, name: str) -> str:
        """Return the SELECT of a file, every broken rule noted."""
        text = self.text_of(name, "select")
        for problem in broken_rules(text) if text is not None else ():
            self.find("bad_select", f"{name}: {problem}", "select")
        return text or ""

    def names_of(self, file: str, key: str) -> dict[str, str]:
        """Return the other names that a CSV lists: a header, then `from,to`."""
        file = file if file.endswith(".csv") else f"{file}.csv"
        text = self.text_of(file, key)
        lines = list(csv.reader((text or "").splitlines()))
        if text is not None and len(lines) < 2:
            self.find("bad_map", f"{file} has no line `from,to` below its header", key)
        found: dict[str, str] = {}
        for number, line in enumerate(lines[1:], 2):
            if len(line) != 2 or line[0] in found:
                what = "comes twice" if len(line) == 2 else "is not `from,to`"
                self.find("bad_map", f"{file}, line {number}: {','.join(line)} {what}", key)
            else:
                found[line[0]] = line[1]
        return found
