"""A team's own rules: files of a folder, each `NAME.sql` a statement that returns the offending rows.

What a rule says of a date is asked in `run`; expectations on `daily_usage` are read in `own_suite`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from pricing_assets.checks import suite
from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.common.text import counted
from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import no_rows
from pricing_assets.home import HomeSettings
from pricing_assets.home.check_rule import BLOCKS, WARNS, Rule

if TYPE_CHECKING:
    import duckdb

TABLES: Final = ("charges", "daily_usage", "usage", "account", "quarantine")
"""Staged tables that a rule may look at: all rows of the dates that are checked."""
PACKED: Final = ("charges", "usage")
"""Those of them in which the reporting dimensions are one column, `dimensions`."""
COLUMNS: Final = {"usage_date": "DATE", "fault": "VARCHAR"}
"""What a statement returns: a row per offending row, with a text that names it."""
VIEW: Final = "faults_of_own_rule"
SQL, SUITE = ".sql", ".suite.json"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
_HEAD = re.compile(r"--\s*(block|warn)\s*:\s*(\S.*?)\s*")
_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)
_SEVERITIES: Final = {"block": BLOCKS, "warn": WARNS}


class OwnRule(Protocol):
    """A rule of a team: its claim, the file and line that it stands in."""

    @property
    def rule(self) -> Rule:
        """What it claims."""

    @property
    def place(self) -> str:
        """Where it stands, as messages name it."""

    def make_view(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the view `faults_of_own_rule`: the rows that break it. ConfigurationError where it is
        no rule, DuckDB's error where it cannot be run."""


@dataclass(frozen=True)
class SqlRule:
    """A rule that is a statement."""

    rule: Rule
    file: Path
    text: str

    @cached_property
    def place(self) -> str:
        """The file."""
        return str(self.file)

    def make_view(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the view `faults_of_own_rule`, of one statement that only reads.
        ConfigurationError where it is not one such statement, or cannot be prepared."""
        import duckdb

        try:
            statements = con.extract_statements(self.text)
        except duckdb.Error as error:
            raise ConfigurationError(_explained(self.place, error)) from error
        if len(statements) != 1:
            raise ConfigurationError(
                f"{self.place}: it has {counted(len(statements), 'statement')}; write one to a file"
            )
        if statements[0].type is not duckdb.StatementType.SELECT:
            raise ConfigurationError(
                f"{self.place}: a rule only reads; write one statement that begins with select or with"
            )
        query = statements[0].query  # without what stands before it
        try:
            con.execute(f"create view {VIEW} as {query}")
        except duckdb.Error as error:
            before = self.text.removesuffix(query).count("\n")
            raise ConfigurationError(_explained(self.place, error, before)) from error


def load(folder: str) -> tuple[OwnRule, ...]:
    """Return the rules of a folder in the order of their names, none where no folder is named.

    ConfigurationError with file and line where the folder is gone, or holds what is not a rule: nothing is
    left out without a word. Whether a statement can be run is asked in `require`.
    """
    if not folder:
        return ()
    found: list[OwnRule] = []
    for file in _files_of(Path(folder)):
        found += _rules_of(file)
    taken = {rule.name: "a rule of creditmill" for rule in suite.rules()}
    for own in found:
        name = own.rule.name
        if name in taken:
            raise ConfigurationError(f"{own.place}: {name} is {taken[name]}; give it another name")
        taken[name] = f"in {own.place} already"
    return tuple(found)


def rules_of(folder: str) -> tuple[Rule, ...]:
    """Return what the rules of a folder claim; ConfigurationError as of `load`."""
    return tuple(own.rule for own in load(folder))


def require(settings: HomeSettings) -> tuple[OwnRule, ...]:
    """Return the rules that a home goes by, each of which can be run; ConfigurationError says which
    cannot, where and why."""
    found = load(settings.checks)
    if found:
        with duck.connection(duck.Limits(threads=1)) as con:
            for name in TABLES:
                table = tables.stored(name, settings.dimensions)
                rows = con.sql(no_rows(table, settings.dimensions if name in PACKED else ()))
                if name in PACKED:
                    rows = rows.project(f"* exclude ({_quoted(settings.dimensions)})")
                rows.create_view(name)
            con.sql("select cast(null as date) as usage_date where false").create_view("checked")
            for own in found:
                require_runs(con, own)
    return found


def require_runs(con: "duckdb.DuckDBPyConnection", own: OwnRule) -> None:
    """Raise ConfigurationError where a rule is not one statement that returns `usage_date, fault`."""
    con.execute(f"drop view if exists {VIEW}")  # none is asked by the rows of another
    own.make_view(con)
    returned = con.table(VIEW)
    columns = dict(zip(returned.columns, map(str, returned.types), strict=True))
    if columns != COLUMNS or list(columns) != list(COLUMNS):
        are = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        raise ConfigurationError(
            f"{own.place}: it returns {are}; a rule returns usage_date DATE, fault VARCHAR"
        )


def _explained(place: str, error: Exception, lines_before: int = 0) -> str:
    """Return what the database says against a statement, with its file and line."""
    text = str(error)
    line = _LINE.search(text)
    where = f"{place}:{int(line[1]) + lines_before}" if line else place
    return f"{where}: {text.splitlines()[0]}"


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def _files_of(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder}: the home is checked by the rules of this folder, which is not there; put it"
            " back, or name another one by the setting checks (an empty one: no rules of your own)"
        )
    for file in sorted(folder.iterdir()):
        if file.name.startswith((".", "_")):
            continue
        is_text = file.suffix.lower() not in (SQL, ".json")
        if is_text and not file.is_dir():  # a README beside the rules
            continue
        if file.is_dir() or not file.name.endswith((SQL, SUITE)):
            raise ConfigurationError(
                f"{file} is not a rule: rules are NAME{SQL} and NAME{SUITE}, in the folder itself; move it"
                " away, or begin its name with _"
            )
        name = file.name.removesuffix(SUITE).removesuffix(SQL)
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"{file}: name a rule in lower-case letters, digits and _, like new_customers{SQL}"
            )
        yield file


def _rules_of(file: Path) -> list[OwnRule]:
    try:
        data = file.read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {reason_of(error, file)}") from error
    sha256 = files.sha256_bytes(data)
    if file.name.endswith(SUITE):
        from pricing_assets.checks import own_suite

        return [*own_suite.parse(file, text, sha256)]
    head = _HEAD.fullmatch(text.partition("\n")[0].rstrip())
    if head is None:
        raise ConfigurationError(
            f"{file}:1: say what the rule does and claims in the first line, like"
            " `-- block: no organization is new` or `-- warn: …`"
        )
    rule = Rule(file.name.removesuffix(SQL), _SEVERITIES[head[1]], head[2], sha256)
    return [SqlRule(rule, file, text)]
