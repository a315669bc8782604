"""Names in a home that are not its own are ignored, and shown by `verify`; a home works where it was
moved to."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.cli.hints import command
from pricing_assets.home import Home
from pricing_assets.verify.strays import strays
from tests.support.command import creditmill
from tests.support.workspace import NOON, Workspace, row

DAY = f"usage_date={NOON.date()}"
FILES = [
    ".DS_Store",
    "Thumbs.db",
    ".nfs000000000123abcd",
    "home.toml~",
    ".home.toml.swp",
    "home.toml.bak",
    "credits.duckdb.wal.tmp",
    "logs/x.parquet",
    "logs/.DS_Store",
    f"logs/{'A' * 64}.parquet",
    "receipts/x.json",
    f"receipts/{'0' * 64}.json~",
    f"receipts/{'z' * 64}.json",
    "receipts/.nfs0001",
    "reports/.DS_Store",
    "reports/usage_date=2026-02-03.bak",
    f"reports/{DAY}/.DS_Store",
    f"reports/{DAY}/0001~",
    f"reports/{DAY}/0001/.DS_Store",
    f"reports/{DAY}/0001/.nfs0003",
    f"reports/{DAY}/current.bak",
    "closings/.DS_Store",
    "closings/0001.json~",
    "closings/1.json",
    "catalogs/mine.duckdb",
    "catalogs/.nfs0002",
    "corrections/Thumbs.db",
]
FOLDERS = [
    "#recycle",
    "reports/usage_date=oops",
    "reports/usage_date=2026-02-30",
    "reports/usage_date=20260203",
    "reports/lost+found",
    f"reports/{DAY}/@eaDir",
    "corrections/usage_date=",
    "logs/old",
    "receipts/old.json",
    "closings/notes",
]
READERS = [
    ("status", "--json"),
    ("quarantine", "--json"),
    ("charges", "--json"),
    ("closings", "--json"),
    ("explain", str(NOON.date()), "--org", "acme", "--json"),
    ("open", "--no-browser"),
    ("prune", "--versions", "--grace-days", "0"),
]


@pytest.fixture
def littered(workspace: Workspace) -> Workspace:
    """A home of two logs, in every folder of which something lies that is not its own."""
    workspace = replace(workspace, catalog=True)
    workspace.log("a.parquet", row(), row(event_id="q", model="nobody"))
    workspace.run()
    for name in FILES:
        path = workspace.home.path / name
        path.parent.chmod(0o755)  # versions are read-only
        path.write_bytes(b"not of the home")
    for name in FOLDERS:
        (workspace.home.path / name).mkdir()
        (workspace.home.path / name / "x.parquet").write_bytes(b"not of the home")
    return workspace


@pytest.mark.slow
def test_what_is_not_of_the_home_is_ignored_and_shown(littered: Workspace) -> None:
    home = littered.home
    at = ("--home", home.path)
    done = creditmill("verify", *at, cwd=littered.folder)
    assert done.returncode == 0, done.stderr.decode()
    for name in (*FILES, *FOLDERS):
        assert f"! {home.path / name}: no name of a home" in done.stderr.decode()
    said = json.loads(creditmill("verify", *at, "--json", cwd=littered.folder).stdout)
    assert sorted(said["ignored"]) == sorted(str(home.path / name) for name in (*FILES, *FOLDERS))
    for words in READERS:
        done = creditmill(*words, *at, cwd=littered.folder)
        assert done.returncode == 0, (words, done.stderr.decode())
        assert "oops" not in done.stdout.decode()


@pytest.mark.slow
def test_what_is_not_of_the_home_stays_and_changes_nothing(littered: Workspace) -> None:
    littered.log("b.parquet", row(event_id="b"))
    assert littered.run().states() == {str(NOON.date()): ("published", 2)}
    assert littered.sql("select sum(events) from usage") == [(2,)]
    for words in (("refresh",), ("prune", "--versions", "--grace-days", "0", "--yes")):
        done = creditmill(*words, "--home", littered.home.path, cwd=littered.folder)
        assert done.returncode == 0, done.stderr.decode()
    for name in (*FILES, *FOLDERS):
        assert (littered.home.path / name).exists(), name


@pytest.mark.slow
def test_a_home_as_it_was_made_has_none(workspace: Workspace) -> None:
    workspace.log("a.parquet", row(), row(event_id="u", event_time=None))
    workspace.run()
    for words in (("refresh",), ("status",)):
        creditmill(*words, "--home", workspace.home.path, cwd=workspace.folder)
    assert strays(workspace.home) == []


def test_a_home_that_was_moved_says_what_shells_need(one_row: Workspace, tmp_path: Path) -> None:
    moved = Home(tmp_path / "it's moved")
    shutil.move(one_row.home.path, moved.path)
    done = creditmill("verify", "--home", moved.path, cwd=tmp_path)
    assert done.returncode == 0
    said = " ".join(done.stderr.decode().split())
    assert "`set variable creditmill_home = '" in said
    assert f"`{command('refresh', moved.path)}` makes this place the default" in said
    creditmill("refresh", "--home", moved.path, cwd=tmp_path)
    assert creditmill("verify", "--home", moved.path, cwd=tmp_path).stderr == b""
