"""`credits.duckdb` in the oldest DuckDB that the contract names, and in a home that lies elsewhere.

Python's package of DuckDB 1.2 is installed beside ours for it; where it cannot be had, the tests that
need it are skipped by name, but never in CI.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.cli import run_summary
from pricing_assets.catalog import export
from pricing_assets.contract import tables as schemas
from pricing_assets.db import connection as duck
from pricing_assets.db.io import text_literal
from pricing_assets.home import Home
from tests.support import old_duckdb_wheel
from tests.support.workspace import NOON, Workspace, row, write_card

DAYS = [NOON.date() + timedelta(days=shift) for shift in range(4)]
READ = """
import json, sys, duckdb
database, statements = sys.argv[1], sys.argv[2:]
assert duckdb.__version__ == "VERSION", duckdb.__version__
con = duckdb.connect(database, read_only=True)
found = [con.execute(one).fetchall() for one in statements]
print(json.dumps(found, default=str))
""".replace("VERSION", old_duckdb_wheel.VERSION)
Read = Callable[..., list[list[list[object]]]]


@pytest.fixture(scope="session")
def read(old_duckdb: Path) -> Read:
    """Statements in DuckDB 1.2 on a database, read-only; gives the rows of each."""

    def read(database: Path, *statements: str) -> list[list[list[object]]]:
        done = subprocess.run(
            [sys.executable, "-c", READ, str(database), *statements],
            env={**os.environ, "PYTHONPATH": str(old_duckdb)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        found: list[list[list[object]]] = json.loads(done.stdout)
        return found

    return read


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Four dates with quarantined rows, one of them closed and corrected, and rows of no date. Its
    path is one that a reader may take for a pattern or a column."""
    folder = tmp_path_factory.mktemp("kept") / "org_id=[1] it's"
    folder.mkdir()
    workspace = Workspace(folder, (write_card(folder / "book"),), catalog=True)
    for n, day in enumerate(DAYS):
        at = NOON + timedelta(days=n)
        workspace.log(
            f"{day}.parquet",
            row(event_time=at),
            row(event_id="e2", event_time=at, model="nobody", images=[{"width": 1, "height": 2}]),
            row(event_id="e3", event_time=None),
        )
    workspace.run()
    workspace.log("late.parquet", row(event_id="late"))
    workspace.run()
    return workspace


def every_row(home: Home, *, place: str | None = None) -> list[str]:
    """A statement per table, all rows in order; behind one that sets where the home is."""
    tables = schemas.tables(home.settings().dimensions)
    first = f"set variable creditmill_home = {text_literal(place)}" if place else "select 1"
    return [first, *(f"select * from {name} order by all" for name in tables)]


def here(database: Path, *statements: str) -> list[list[list[object]]]:
    """The same as `read`, in the DuckDB of today."""
    with duckdb.connect(str(database), read_only=True) as con:
        found = [con.execute(one).fetchall() for one in statements]
    plain: list[list[list[object]]] = json.loads(json.dumps(found, default=str))
    return plain


def test_duckdb_1_2_reads_every_row(kept: Workspace, read: Read) -> None:
    home = kept.home
    statements = every_row(home)
    expected = here(home.catalog, *statements)
    assert sum(map(len, expected)) > 50
    assert read(home.catalog, *statements) == expected


def test_duckdb_1_2_reads_a_self_contained_copy(
    kept: Workspace, read: Read, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.duckdb"
    export.export(kept.home, copy, duck.Limits())
    statements = every_row(kept.home)
    assert read(copy, *statements) == read(kept.home.catalog, *statements)


def test_the_printed_query_runs_as_printed(
    kept: Workspace, old_duckdb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a shell, whatever the home's path holds; `duckdb` stands for the command-line tool."""
    run_summary.show_query(kept.home)
    line = capsys.readouterr().err.strip().partition("query:")[2]
    tool = tmp_path / "duckdb"
    code = (
        "import sys, duckdb; option, database, query = sys.argv[1:]; assert option == '-readonly';"
        "print(duckdb.connect(database, read_only=True).execute(query).fetchone())"
    )
    tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "{code}" "$@"\n')
    tool.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(old_duckdb)}
    done = subprocess.run(["sh", "-c", line], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "acme" in done.stdout


def test_a_home_that_lies_elsewhere_is_read_there(
    kept: Workspace, read: Read, tmp_path: Path
) -> None:
    """By the variable, in both versions; the rows are its own, not those of the old place."""
    moved = Home(tmp_path / "usage_date=2020-01-01" / "b*[x] it's")
    shutil.copytree(kept.home.path, moved.path, symlinks=True)
    statements = every_row(moved, place=f"{moved.path}/")
    expected = [[], *here(kept.home.catalog, *every_row(kept.home))[1:]]
    kept.home.path.rename(kept.folder / "gone")
    try:
        assert here(moved.catalog, *statements) == expected
        assert read(moved.catalog, *statements) == expected
        with pytest.raises(duckdb.IOException, match="No files found"):
            here(moved.catalog, *every_row(moved))
    finally:
        (kept.folder / "gone").rename(kept.home.path)


@pytest.fixture
def one_date_whole(workspace: Workspace) -> tuple[Home, date]:
    """A home of four dates in which only the files of the first, whose columns are looked at, and
    of the third can be opened."""
    for n in range(len(DAYS)):
        at = NOON + timedelta(days=n)
        ids = (row(event_time=at), row(event_id="e2", event_time=at, model="nobody"))
        workspace.log(f"{n}.parquet", *ids)
    replace(workspace, catalog=True).run()
    home = workspace.home
    for day in (DAYS[1], DAYS[3]):
        for file in (home.date_folder(day) / "0001").glob("*.parquet"):
            file.chmod(0o644)
            file.write_bytes(b"not to be opened")
    return home, DAYS[2]


def test_one_date_opens_its_own_files(one_date_whole: tuple[Home, date], read: Read) -> None:
    home, day = one_date_whole
    views = ("usage", "charges", "own_key", "at_risk", "quarantine")
    one = [f"select count(*) from {name} where usage_date = date '{day}'" for name in views]
    assert here(home.catalog, *one) == read(home.catalog, *one)
    assert here(home.catalog, *one) == [[[1]], [[1]], [[0]], [[1]], [[1]]]
    for name in views:
        with pytest.raises(duckdb.Error, match=r"too small|No magic bytes"):
            here(home.catalog, f"select count(usage_date) from {name}")
