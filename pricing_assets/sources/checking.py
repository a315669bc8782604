"""Checking of a source's TOML: every broken rule by file, line and rule, before anything is read.

What a source is belongs to `source`.
"""

import hashlib
from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pricing_assets.common import toml
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract.outcomes import SKIPPED
from pricing_assets.contract.usage_log import REQUIRED_COLUMNS
from pricing_assets.sources import mistakes, paths
from pricing_assets.sources.column_rules import VERBS, allowed_keys, bad_when, is_values, problems
from pricing_assets.sources.findings import SourceError
from pricing_assets.sources.source import FORMATS, ColumnRule, Source, Test
from pricing_assets.sources.whole_rules import CHECKS, WholeRules

TOP: Final = (
    *("about", "format", "records", "latest", "skip", "join", "columns", "select", "keep_raw"),
    "files",
)
WITH_SELECT: Final = ("about", "format", "records", "select", "files")
"""The keys that may stand beside `select`, which takes the place of the others."""


def load(file: Path) -> Source:
    """Return the source that a TOML file holds. SourceError where it breaks a rule.
    ConfigurationError where it cannot be read."""
    try:
        return parsed(file.read_bytes(), file)
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read ({error.strerror})") from error


def parsed(content: bytes, file: Path, *, is_kept: bool = False) -> Source:
    """Return the source that the bytes of a TOML file hold. SourceError where it breaks a rule; one that a
    home keeps may hold mistakes."""
    content = content.removeprefix(BOM_UTF8)
    try:
        text = content.decode("utf-8")
        table = toml.loads(text)
    except UnicodeDecodeError as error:
        what = "text in UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "not UTF-8"
        raise SourceError([f"{file}: bad_toml: it is {what}; save it as UTF-8"]) from error
    except ValueError as error:
        raise SourceError([f"{file}: bad_toml: {error}"]) from error
    checked = _Checked(file, text, table.get("files", {}))
    checked.is_kept = is_kept
    source = checked.source(table, hashlib.sha256(content).hexdigest())
    if checked.findings:
        raise SourceError(checked.findings)
    return source


class _Checked(WholeRules):
    """A source under check: its findings so far."""

    def source(self, table: Mapping[str, Any], digest: str) -> Source:
        """Return the source as far as it could be read, every broken rule noted."""
        self.joins = "join" in table
        for key in table.keys() - set(TOP):
            what = f"{key} is not a key of a source; these are: {', '.join(TOP)}"
            self.find("unknown_key", what, key)
        query = None
        if "select" in table:
            for key in table.keys() & (set(TOP) - set(WITH_SELECT)):
                self.find("beside_select", f"{key}: select takes its place", key)
            query = self.select_of(str(table["select"]))
        columns = self._table(table, "columns")
        rules = {
            name: rule
            for name, value in columns.items()
            if name not in CHECKS and (rule := self._rule(name, value)) is not None
        }
        self.check_spelling(columns)
        for name in REQUIRED_COLUMNS:
            if name not in columns and query is None:
                self.find("missing_column", f"[columns] must say how {name} is made", "columns")
        source = Source(
            name=self.file.stem,
            digest=digest,
            formats=self._formats(table.get("format")),
            records=self._records(table.get("records", "")),
            skip={
                name: self._tests(name, value) for name, value in self._table(table, "skip").items()
            },
            columns=rules,
            check_sum=self.check_sum_of(columns.get("check_sum"), rules),
            known_keys=self.known_keys_of(columns.get("known_keys")),
            latest=self._latest(table.get("latest")),
            join=self.join_of(table.get("join")),
            select=query,
            keep_raw=self._keep_raw(table.get("keep_raw", True)),
            files=self.files,
            about=str(table.get("about", "")),
        )
        if not self.findings:
            self.check_conditions(source)
            self.check_paths(source)
        for finding in () if self.is_kept else mistakes.of_source(source):
            self.find(*finding)
        return source

    def _table(self, table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.find("wrong_type", f"{key} must be a table: [{key}]", key)
        return {}

    def _formats(self, value: Any) -> tuple[str, ...]:
        formats = tuple(value) if isinstance(value, list) else (value,)
        if not formats or any(one not in FORMATS for one in formats):
            self.find(
                "bad_format",
                f"format must be of {', '.join(FORMATS)}, or a list of these",
                "format",
            )
            return ("ndjson",)
        return formats

    def _records(self, value: Any) -> str:
        try:
            paths.record_levels(str(value))
        except paths.BadPath as error:
            self.find("bad_path", str(error), "records")
            return ""
        return str(value)

    def _keep_raw(self, value: Any) -> bool:
        if not isinstance(value, bool):
            self.find("wrong_type", "keep_raw must be true or false", "keep_raw")
        return value is not False

    def _latest(self, value: Any) -> str | None:
        return None if value is None else self.path(value, "latest")

    def _tests(self, name: str, value: Any) -> tuple[Test, ...]:
        """Return the alternatives of one outcome of [skip]."""
        tests = []
        if name not in SKIPPED:
            self.find(
                "bad_outcome",
                f"[skip] {name} is not an outcome; these are: {', '.join(SKIPPED)}",
                name,
            )
        if value == []:
            self.find("bad_skip", f"[skip] {name} has no test", name)
        for one in value if isinstance(value, list) else [value]:
            if (
                not isinstance(one, dict)
                or one.keys() - {"path", "is", "missing", "when"}
                or "path" not in one
            ):
                self.find(
                    "bad_skip",
                    f"[skip] {name} must be {{ path = …, is = [ … ] }} or missing = true",
                    name,
                )
                continue
            if ("is" in one) == ("missing" in one):
                self.find("bad_skip", f"[skip] {name}: either `is` or `missing`", name)
                continue
            if "is" in one and not (isinstance(one["is"], list) and is_values(one["is"])):
                self.find("bad_skip", f"[skip] {name}: `is` must be a list of values", name)
                continue
            if "missing" in one and not isinstance(one["missing"], bool):
                self.find("bad_skip", f"[skip] {name}: missing is true or false", name)
                continue
            listed = one["path"] if isinstance(one["path"], list) else [one["path"]]
            if not listed:
                self.find("bad_skip", f"[skip] {name}: path is one, or a list of some", name)
            found = [path for each in listed if (path := self.path(each, name)) is not None]
            when = one.get("when", {})
            for problem in bad_when(name, when) if "when" in one else ():
                self.find(*problem, name)
            tests.append(Test(tuple(found), tuple(one.get("is", ())), one.get("missing"), when))
        return tuple(tests)

    def _rule(
        self, name: str, value: Any, of: Mapping[str, Any] | None = None
    ) -> ColumnRule | None:
        """Return the rule of a column, or one of the alternatives of its `first`, which is that `of` the
        column; how its texts are instants holds for each of them."""
        if not isinstance(value, dict):
            self.find("bad_column", f'{name} must be a table such as {{ path = "…" }}', name)
            return None
        if of is not None and name == "event_time":
            value = {key: one for key, one in of.items() if key != "first"} | value
        allowed = allowed_keys(name)
        for key in value.keys() - set(allowed):
            self.find(
                "unknown_key",
                f"{name}: {key} is not a key here; these are: {', '.join(allowed)}",
                name,
            )
        verbs = [verb for verb in VERBS if verb in value]
        if len(verbs) != 1:
            self.find("bad_column", f"{name} needs one of {', '.join(VERBS)}, and one only", name)
            return None
        if name == "event_time" and verbs[0] not in ("path", "first"):
            self.find("bad_column", "event_time is made by path or first", name)
            return None
        verb = verbs[0]
        content = self._content(name, verb, value, is_inner=of is not None)
        if content is None:
            return None
        also = {key: one for key, one in value.items() if key not in (*VERBS, "map_file")}
        if "map_file" in value:
            if "map" in value:
                self.find("bad_map", f"{name}: either map or map_file", name)
            also["map"] = self.names_of(str(value["map_file"]), name)
            if not also["map"]:
                return None
        for problem in problems(name, verb, content, also):
            self.find(*problem, name)
        for mistake in () if self.is_kept else mistakes.of_column(name, verb, content, also):
            self.find(*mistake, name)
        return ColumnRule(verb, content, also)

    def _content(self, name: str, verb: str, of: Mapping[str, Any], *, is_inner: bool) -> Any:
        """Return what a verb names: a path, alternatives, a constant, or paths to add up."""
        value = of[verb]
        if verb == "const":
            return value
        if verb == "path":
            return self.path(value, name)
        if not isinstance(value, list) or not value:
            self.find("bad_column", f"{name}: {verb} is a list of paths", name)
            return None
        if verb == "sum":
            found = [self.path(one, name) for one in value]
        elif is_inner:
            self.find("bad_column", f"{name}: a first within a first", name)
            return None
        else:
            rules = [
                self._rule(name, one if isinstance(one, dict) else {"path": one}, of=of)
                for one in value
            ]
            return None if None in rules else tuple(rules)
        return None if None in found else tuple(found)
