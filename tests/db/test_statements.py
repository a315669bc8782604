"""The statements of `sql/`: each is one that DuckDB reads, and says what a row of it is.

How they are written is held by sqruff, in `make lint`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

SQL = Path(__file__).parents[2] / "sql"
MACROS = ("prelude/duckdb", "prelude/spark", "finance/neutral", "sources/functions")
"""Files of functions, which have no rows."""
NAMES = [file.relative_to(SQL).with_suffix("").as_posix() for file in sorted(SQL.rglob("*.sql"))]


def faults(text: str) -> list[str]:
    """What is wrong with the text of one file."""
    found = []
    if not text.startswith(("-- One row per ", "-- One row: ")):
        found.append("does not begin with `-- One row per …`")
    try:
        statements = duckdb.extract_statements(text)
    except duckdb.ParserException as error:
        return [*found, str(error)]
    if [one.type.name for one in statements] != ["SELECT"]:
        found.append("is not one select")
    return found


def test_each_file_is_one_statement_that_says_what_a_row_is() -> None:
    read = {name: (SQL / f"{name}.sql").read_text() for name in NAMES if name not in MACROS}
    assert len(read) > 100
    assert {name: found for name, text in read.items() if (found := faults(text))} == {}


@pytest.mark.parametrize(
    "text, fault",
    [
        ("select 1\n", "does not begin with"),
        ("-- One row per day.\nselect day form days\n", "syntax error"),
        ("-- One row per day.\nselect 1;\nselect 2\n", "is not one select"),
        ("-- One row per day.\ndelete from days\n", "is not one select"),
    ],
)
def test_a_bad_file_is_named(text: str, fault: str) -> None:
    assert fault in faults(text)[0]


def statements_of(file: Path) -> Iterator[str]:
    """The names of statements that a module spells, or how they begin."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and node.value in NAMES:
            yield str(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(RUNNERS):
            for given in node.args:
                if isinstance(given, ast.JoinedStr) and isinstance(given.values[0], ast.Constant):
                    yield str(given.values[0].value)


RUNNERS = ("statement", "make_table", "for_spark")
SHARED = {"prelude": {"db", "usage"}}
"""The functions of both engines, which connections and Spark's sessions begin with."""


def test_a_package_runs_its_own_statements_only() -> None:
    packages = SQL.parent / "pricing_assets"
    found = {
        (file.relative_to(packages).parts[0], name.partition("/")[0])
        for file in packages.rglob("*.py")
        for name in statements_of(file)
    }
    assert len(found) > 10
    assert [pair for pair in sorted(found) if pair[0] not in SHARED.get(pair[1], {pair[1]})] == []
    others = [file for file in (SQL.parent / "pipelines").rglob("*.py") if [*statements_of(file)]]
    assert others == []
