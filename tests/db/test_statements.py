"""The statements of `sql/`: each is one that DuckDB reads, and says what a row of it is.

How they are written is held by sqruff, in `make lint`.
"""

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
