"""What may be pruned, that the chain stays verifiable, and databases rebuilt and exported."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.cli.app import main
from pricing_assets.common.clock import now
from pricing_assets.home import Home, closings, derived, prune
from pricing_assets.home.withdrawals import withdraw
from tests.support.command import creditmill
from tests.support.homes import old_home
from tests.support.rights import read_only
from tests.support.versions import again, by_digest, differences, reseal, snapshot, version_of
from tests.support.workspace import Workspace, stored_manifest

LATER = timedelta(days=8)
KEPT = {"manifest.json", "pruned.json"}


def pruned(home: Home, at: datetime | None = None, versions: bool = True) -> list[str]:
    with home.lock():
        found = prune.prunable(home, versions=versions, grace_days=7, at=at)
        prune.prune(home, found, at)
    return [f"{one.what} {one.path.name}" for one in found]


def test_older_databases_go_and_versions_only_on_request(own_versions: Workspace) -> None:
    home = own_versions.home
    before = snapshot(home)
    assert (
        pruned(home, versions=False)
        == [f"database {path.name}" for path in home.catalogs.iterdir() if 0]
        or len(list(home.catalogs.iterdir())) == 1
    )
    assert own_versions.sql("select count(*) from charges") != [(0,)]
    gone = before.keys() - snapshot(home).keys()
    assert {Path(path).suffix for path in gone} == {".duckdb"}
    assert pruned(home) == []  # within the grace
    assert pruned(home, now() + LATER) == ["version 0001", "version 0002", "version 0003"]
    assert [version.pruned for version in home.versions(date(2026, 2, 3))] == [True] * 3 + [False]
    for number in (1, 2, 3):
        assert {path.name for path in version_of(own_versions, number).folder.iterdir()} == KEPT
    assert pruned(home, now() + LATER) == []


def test_who_may_not_write_a_home_is_shown_what_can_be_pruned(
    own_versions: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    home = own_versions.home
    (home.catalogs / f"{'0' * 32}.duckdb").write_bytes(b"x" * 7)
    before = snapshot(home)
    with read_only(home.path):
        assert main(["prune", "--home", str(home.path), "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert main(["prune", "--yes", "--home", str(home.path)]) == 2
    assert "cannot be written: Permission denied" in capsys.readouterr().err
    assert shown["pruned"] is False
    assert shown["bytes"] >= 7
    assert snapshot(home) == before


@pytest.mark.slow
def test_a_pruned_version_is_no_removed_one(own_versions: Workspace) -> None:
    pruned(own_versions.home, now() + LATER)
    assert by_digest(own_versions) == []
    assert {(one.compared, len(one.differences)) for one in again(own_versions)} == {
        ("with the manifest's digests", 0),
        ("byte by byte", 0),
    }
    assert own_versions.run().stale == []
    assert len(own_versions.sql("select version from reports where state = 'superseded'")) == 3
    folder = version_of(own_versions, 1).folder
    kept = {name: (folder / name).read_bytes() for name in KEPT}
    manifest = stored_manifest(version_of(own_versions, 1))
    manifest["outputs"]["charges.csv"]["sha256"] = "0" * 64
    reseal(version_of(own_versions, 1), manifest)
    said = "0001/charges.csv: was pruned; what is recomputed is not what the manifest names"
    assert any(one.endswith(said) for one in differences(own_versions, first=1))
    for name, data in kept.items():
        (folder / name).write_bytes(data)
    folder = version_of(own_versions, 2).folder
    (folder / "pruned.json").unlink()
    assert any("0002/charges.csv: is missing" in one for one in by_digest(own_versions))
    shutil.copy(version_of(own_versions, 1).folder / "pruned.json", folder)
    assert by_digest(own_versions)[0].endswith("0002/pruned.json: is of another version")
    (folder / "pruned.json").write_text("{}")
    assert "0002/pruned.json: its bytes are not those" in by_digest(own_versions)[0]
    (folder / "manifest.json").unlink()
    assert any("0002" in one for one in by_digest(own_versions))
    assert differences(own_versions, first=1) == []


def test_one_that_was_cut_short_is_finished(own_versions: Workspace) -> None:
    home = own_versions.home
    pruned(home, now() + LATER)
    folder = version_of(own_versions, 1).folder
    kept = version_of(own_versions, 4).folder / "charges.csv"
    shutil.copy(kept, folder / "charges.csv")
    assert pruned(home, now() + LATER) == ["version 0001"]
    assert by_digest(own_versions) == []


def test_a_date_that_was_ever_closed_keeps_its_versions(own_versions: Workspace) -> None:
    home = own_versions.home
    at = datetime(2026, 3, 1, tzinfo=UTC)
    with home.lock():
        closings.close(home, date(2026, 2, 3), "month end", [], at)
    assert [one for one in pruned(home, now() + LATER) if "version" in one] == []
    with home.lock():
        closings.reopen(home, date(2026, 2, 3), "a late log", at)
    assert [one for one in pruned(home, now() + LATER) if "version" in one] == []


def test_the_command_says_before_it_acts(own_versions: Workspace, tmp_path: Path) -> None:
    asked = ("prune", "--versions", "--grace-days", 0, "--home", own_versions.home.path)
    before = snapshot(own_versions.home)
    told = json.loads(creditmill(*asked, "--json", cwd=tmp_path).stdout)
    done = creditmill(*asked, cwd=tmp_path)
    assert f"{told['bytes']:,} bytes to free." in done.stdout.decode()
    assert "add --yes to do it" in done.stderr.decode()
    assert snapshot(own_versions.home).keys() == before.keys()
    sizes = {path: Path(path).lstat().st_size for path in before}
    done = creditmill(*asked, "--yes", cwd=tmp_path)
    gone = before.keys() - snapshot(own_versions.home).keys()
    assert sum(sizes[path] for path in gone) == told["bytes"] > 0
    assert f"Pruned: {told['bytes']:,} bytes freed." in done.stdout.decode()
    done = creditmill("explain", "2026-02-03", "--org", "acme", "--version", 1, "--home",
                      own_versions.home.path, cwd=tmp_path)  # fmt: skip
    assert done.returncode == 2
    assert "version 1 of 2026-02-03 was pruned" in done.stderr.decode()
    done = creditmill(
        "diff", "2026-02-03", "1", "4", "--home", own_versions.home.path, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "version 1 was pruned: its charges are gone" in done.stderr.decode()


def test_where_no_copy_of_the_database_can_be_written(
    own_versions: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "taken.duckdb").write_text("mine")
    for target in ("taken.duckdb", "nowhere/a.duckdb"):
        done = creditmill(
            "export", "--duckdb", target, "--home", own_versions.home.path, cwd=tmp_path
        )
        assert done.returncode == 2
        assert f"--duckdb {target} must be a new file" in done.stderr.decode()
    assert (tmp_path / "taken.duckdb").read_text() == "mine"
    own_versions.home.catalog.unlink()
    done = creditmill(
        "export", "--duckdb", "a.duckdb", "--home", own_versions.home.path, cwd=tmp_path
    )
    assert done.returncode == 1
    assert "`creditmill refresh` makes it" in done.stderr.decode()
    assert not (tmp_path / "a.duckdb").exists()


@pytest.mark.slow
def test_a_moved_home_is_refreshed_and_exported(
    own_versions: Workspace, tmp_path: Path, comments: None
) -> None:
    charges = own_versions.sql("from charges order by all")
    moved = Home(tmp_path / "elsewhere")
    shutil.move(own_versions.home.path, moved.path)
    done = creditmill("export", "--duckdb", "a.duckdb", "--home", moved.path, cwd=tmp_path)
    assert done.returncode == 0
    with duckdb.connect(str(tmp_path / "a.duckdb"), read_only=True) as con:
        assert con.sql("from charges order by all").fetchall() == charges
    done = creditmill("refresh", "--home", moved.path, cwd=tmp_path)
    assert "built again from 1 date." in done.stdout.decode()
    with duckdb.connect(str(moved.catalog), read_only=True) as con:
        assert con.sql("from charges order by all").fetchall() == charges
    # a damaged database is built anew, too
    moved.catalog.resolve().chmod(0o644)
    moved.catalog.resolve().write_bytes(b"damaged")
    done = creditmill("export", "--duckdb", "b.duckdb", "--home", moved.path, cwd=tmp_path)
    assert done.returncode == 1
    assert f"`creditmill refresh --home {moved.path}` rebuilds it" in done.stderr.decode()
    creditmill("refresh", "--home", moved.path, cwd=tmp_path)
    done = creditmill(
        "export", "--duckdb", "b.duckdb", "--json", "--home", moved.path, cwd=tmp_path
    )
    assert json.loads(done.stdout)["tables"]["charges"] == len(charges)
    shutil.rmtree(moved.path)
    with duckdb.connect(str(tmp_path / "b.duckdb"), read_only=True) as con:
        assert con.sql("from charges order by all").fetchall() == charges
        said = con.sql("select comment from duckdb_tables() where table_name = 'charges'")
        assert said.fetchall()[0][0].startswith("One row per ")
        said = con.sql(
            "select count(*) from duckdb_columns() where comment is null and not internal"
        )
        assert said.fetchall() == [(0,)]
        assert con.sql("select count(*) from duckdb_views() where not internal").fetchall() == [
            (0,)
        ]


def test_mapped_rows_go_that_no_log_needs(tmp_path: Path) -> None:
    """Those of another source, of what a killed run left, and of a withdrawn log."""
    home = old_home("format_1", tmp_path).home
    (mapped,) = home.derived.glob("*/*")
    of_another, half = home.derived / "another" / mapped.name, mapped.parent / ".half"
    of_another.parent.mkdir()
    for path in (of_another, half):
        shutil.copy(mapped, path)
    assert derived.superseded(home) == sorted((of_another, half))
    with home.lock():
        withdraw(home, "1.jsonl", "staging")
    assert derived.superseded(home) == sorted((of_another, half, mapped))
