"""The pages of `docs/` that are made say what they are made from, and their queries answer so."""

import re
from pathlib import Path

import duckdb
import pytest

from docs.generate import document
from pricing_assets.contract import data_dictionary, tables
from pricing_assets.home import Home
from tests.support.command import ROOT

DOCS = ROOT / "docs"
QUERIES = (DOCS / "queries.md").read_text(encoding="utf-8")
ASKED = [found[2] for found in data_dictionary.QUERY.finditer(QUERIES)]


def test_the_dictionary_is_that_of_the_contract() -> None:
    page = (DOCS / "dictionary.md").read_text(encoding="utf-8")
    assert page == data_dictionary.page(), "stale: `make docs` writes it anew"


def test_the_dictionary_names_every_table_and_column() -> None:
    page = data_dictionary.page()
    for table in tables.tables(data_dictionary.DIMENSIONS).values():
        section = page.split(f"### `{table.name}`\n")[1].split("\n### ")[0]
        assert f"One row per {table.grain}." in section
        named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert named[: len(table.columns)] == [column.name for column in table.columns]
        assert all(column.meaning for column in table.columns)


def test_ten_queries_answer_as_the_page_says(sample: Path) -> None:
    with duckdb.connect(str(sample / "home" / "credits.duckdb"), read_only=True) as con:
        assert data_dictionary.worked(QUERIES, con) == QUERIES, "stale: `make docs` writes it anew"
    assert len(ASKED) == len(set(ASKED)) == 10


@pytest.mark.parametrize("query", ASKED)
def test_a_worked_query_makes_no_float_of_money(query: str, sample: Path) -> None:
    with duckdb.connect(str(sample / "home" / "credits.duckdb"), read_only=True) as con:
        relation = con.sql(query)
        assert "DOUBLE" not in map(str, relation.types)
        assert relation.fetchall()


def test_documents_are_written(sample: Path, tmp_path: Path) -> None:
    unanswered = data_dictionary.QUERY.sub(lambda found: found[1], QUERIES)
    (tmp_path / "queries.md").write_text(unanswered, encoding="utf-8")
    columns = (DOCS / "focus.md").read_text(encoding="utf-8").replace("`DECIMAL", "`OLD")
    (tmp_path / "focus.md").write_text(columns, encoding="utf-8")
    assert "```text" not in unanswered
    document(tmp_path, Home(sample / "home"))
    for name in ("queries.md", "dictionary.md", "focus.md"):
        assert (tmp_path / name).read_text() == (DOCS / name).read_text()
