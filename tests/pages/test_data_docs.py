"""Data Docs: what is stored of the checks, as pages that open without a network.

What is stored belongs to `test_results`.
"""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pricing_assets.checks.suite import RULES, WARNINGS
from tests.support.command import Done, creditmill
from tests.support.homes import old_home
from tests.support.workspace import NOON, STRICT, Workspace, row

HOSTILE = "<script>alert(1)</script>\u202e"


class Page(HTMLParser):
    """The text of a page, row by row of its tables, and all that it loads or leads to."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file, self.rows, self.links = file, [], []  # type: ignore[var-annotated]
        self.tags: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]
        if tag == "tr":
            self.rows.append("")

    def handle_data(self, data: str) -> None:
        if self.rows and data.strip():
            self.rows[-1] += f"{' '.join(data.split())} | "


def written(workspace: Workspace, *more: str) -> Done:
    words = ("checks", "docs", "--home", workspace.home.path, "--to", "docs", *more)
    return creditmill(*words, cwd=workspace.folder)


@pytest.fixture
def blocked(workspace: Workspace) -> Workspace:
    """A date in force, whose id deceives, and another that is blocked."""
    workspace.log("a.parquet", row(org_id=HOSTILE), row(event_id="2", org_id="acme"))
    workspace.run()
    bad = [row(event_id=f"b{n}", event_time=NOON.replace(day=4), model="?") for n in range(30)]
    workspace.log("b.parquet", *bad)
    workspace = workspace.under(quarantine_limit=STRICT)
    workspace.run()
    return workspace


def test_the_pages_show_the_suite_and_each_verdict(blocked: Workspace) -> None:
    done = written(blocked)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == b"2 dates in docs/index.html\n"
    docs = blocked.folder / "docs"
    shown = "\n".join(Page(docs / "index.html").rows)
    for rule, claim in RULES.items():
        assert f"{rule} | blocks | {claim} | 2 |" in shown
    for rule, claim in WARNINGS.items():
        assert f"{rule} | warns | {claim} | 2 |" in shown
    assert re.search(
        r"2026-02-04 \| blocked attempt \| \S+ \S+ \| blocked \| quarantine_within_limit", shown
    )
    assert re.search(
        r"2026-02-03 \| version 1 \| \S+ \S+ \| passed, with warnings \| deceiving_ids", shown
    )
    of_date = "\n".join(Page(docs / "dates/2026-02-04.html").rows)
    assert "30 of 30 rows are quarantined" in of_date


@pytest.mark.slow
def test_they_load_nothing_but_their_style(blocked: Workspace) -> None:
    written(blocked)
    docs = blocked.folder / "docs"
    files = {file.relative_to(docs).as_posix() for file in docs.rglob("*") if file.is_file()}
    assert files == {"index.html", "page.css", "dates/2026-02-03.html", "dates/2026-02-04.html"}
    for file in docs.rglob("*.html"):
        page = Page(file)
        assert "script" not in page.tags
        assert "default-src 'none'" in file.read_text()
        for link in page.links:
            assert (file.parent / link).resolve().is_relative_to(docs.resolve())
            assert (file.parent / link).is_file(), link
    assert "url(" not in (docs / "page.css").read_text()
    assert "@import" not in (docs / "page.css").read_text()


@pytest.mark.slow
def test_hostile_text_stays_text(blocked: Workspace) -> None:
    written(blocked)
    text = (blocked.folder / "docs/dates/2026-02-03.html").read_text()
    assert "<script" not in text
    assert "\u202e" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.slow
def test_the_same_home_gives_the_same_bytes(blocked: Workspace) -> None:
    docs = blocked.folder / "docs"
    written(blocked)
    before = {file: file.read_bytes() for file in docs.rglob("*") if file.is_file()}
    done = written(blocked, "--json")
    assert json.loads(done.stdout) == {"index": "docs/index.html", "dates": 2}
    assert before == {file: file.read_bytes() for file in docs.rglob("*") if file.is_file()}


def test_versions_from_before_the_suite_are_shown(tmp_path: Path) -> None:
    workspace = old_home("format_1", tmp_path)
    workspace.run()
    done = written(workspace)
    assert done.returncode == 0, done.stderr.decode()
    rows = Page(tmp_path / "docs/dates/2026-02-02.html").rows
    assert any("daily sums = sums of the charges" in text for text in rows)


def test_a_folder_that_is_no_place_for_them_is_refused(blocked: Workspace) -> None:
    docs = blocked.folder / "docs"
    docs.mkdir()
    (docs / "index.html").write_text("my own page")
    done = written(blocked)
    assert done.returncode == 2
    assert b"holds other pages" in done.stderr
    assert (docs / "index.html").read_text() == "my own page"
    inside = str(blocked.home.path / "reports")
    done = creditmill("checks", "docs", "--home", blocked.home.path, "--to", inside, cwd=docs)
    assert done.returncode == 2
    assert b"lies in the home" in done.stderr
    done = creditmill(
        *("checks", "docs", "--home", blocked.home.path, "--to", docs / "index.html" / "x"),
        cwd=docs,
    )
    assert done.returncode == 2
    assert b"cannot be written" in done.stderr


def test_a_home_without_reports_has_none(workspace: Workspace) -> None:
    workspace.log("undated.parquet", row(event_time=None))
    workspace.run()
    done = written(workspace)
    assert done.returncode == 2
    assert b"nothing is published" in done.stderr
