"""The sandbox: what a DuckDB connection of ours cannot do, whatever statement reached it.

That statements are never built from data belongs to the tests of the steps.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.statements import data_folder
from pricing_assets.home import prune
from pricing_assets.home.version import PRUNED
from tests.support.workspace import LIMITS, Workspace, row

# Statements that must fail; `{out}` is a folder beside the home, `{home}` the home.
ESCAPES = [
    # reading files that are not the home's
    "from read_text('/etc/passwd')",
    "from read_blob('/etc/hostname')",
    "from read_csv('/proc/self/environ', delim = '\\0')",
    "from read_json('{out}/secret.json')",
    "from read_parquet('{out}/secret.parquet')",
    "from '{out}/secret.parquet'",
    "from '{home}/../out/secret.parquet'",
    "from '{home}/logs/link.parquet'",  # a link that leads out
    "from parquet_metadata('{out}/secret.parquet')",
    "from sniff_csv('/etc/passwd')",
    "from glob('{out}/*')",
    "attach '{out}/secret.duckdb' as secret (read_only)",
    "import database '{out}'",
    # writing outside the home
    "copy (select 1) to '{out}/written.csv'",
    "copy (select 1) to '{home}/../out/written.parquet'",
    "copy (select 1) to '/dev/stdout'",
    "attach '{out}/written.duckdb' as written",
    "export database '{out}/written'",
    "call enable_logging(storage = 'file', storage_path = '{out}/written')",
    # the network and other people's code
    "from 'https://example.com/x.parquet'",
    "from 's3://bucket/x.parquet'",
    "install httpfs",
    "load httpfs",
    "load '{out}/own.duckdb_extension'",
    # opening the lock
    "set enable_external_access = true",
    "set allowed_directories = ['/']",
    "set allowed_paths = ['/etc/passwd']",
    "set lock_configuration = false",
    "reset lock_configuration",
    "set autoload_known_extensions = true",
    "set allow_unsigned_extensions = true",
    "set extension_directory = '{out}'",
    "set custom_extension_repository = 'http://localhost:1'",
    "set secret_directory = '{out}'",
    "set home_directory = '{out}'",
    "set file_search_path = '{out}'",
    "set temp_directory = '{out}'",
    "set memory_limit = '1TB'",
    "set timezone = 'Asia/Tokyo'",
    "pragma enable_profiling",
]


@pytest.fixture(scope="module")
def fenced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Path]:
    """A home of one log, and beside it what must not be reached."""
    workspace = Workspace(tmp_path_factory.mktemp("sandbox"))
    out = workspace.folder / "out"
    out.mkdir()
    with duckdb.connect(str(out / "secret.duckdb")) as con:
        con.execute("create table secret as select 1 as x")
        con.execute("copy secret to $target", {"target": str(out / "secret.parquet")})
        con.execute("copy secret to $target", {"target": str(out / "secret.json")})
    (out / "schema.sql").write_text("select 1")
    (out / "load.sql").write_text("select 1")
    workspace.log("a.parquet", row())
    with workspace.home.lock():
        shutil.copy(workspace.inbox / "a.parquet", workspace.home.logs)
        (workspace.home.logs / "link.parquet").symlink_to(out / "secret.parquet")
        with duckdb.connect(str(workspace.home.path / "real.duckdb")) as con:
            con.execute("create table secret as select 1 as x")
            for name in tables.tables(()):
                con.execute(f"create table {name} as select 1 as x")
    workspace.home.catalog.symlink_to("real.duckdb")
    return workspace, out


@pytest.fixture(params=["compute", "credits.duckdb"], scope="module")
def con(request: Any, fenced: tuple[Workspace, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both kinds of connection."""
    home = fenced[0].home
    if request.param == "compute":
        with duck.connection(LIMITS, home.path, [home.path]) as made:
            yield made
    else:
        with duck.open_catalog(home.catalog, home.path) as made:
            yield made


@pytest.mark.parametrize("escape", ESCAPES)
def test_no_statement_gets_out(
    fenced: tuple[Workspace, Path], con: duckdb.DuckDBPyConnection, escape: str
) -> None:
    workspace, out = fenced
    before = sorted(out.rglob("*"))
    with pytest.raises(duckdb.Error) as refused:
        con.execute(escape.replace("{out}", str(out)).replace("{home}", str(workspace.home.path)))
    assert isinstance(refused.value, duckdb.PermissionException | duckdb.InvalidInputException), (
        refused.value
    )
    assert sorted(out.rglob("*")) == before


def test_a_sandboxed_connection_reads_the_home(
    fenced: tuple[Workspace, Path], con: duckdb.DuckDBPyConnection
) -> None:
    """Or the refusals above would prove nothing."""
    home = fenced[0].home
    assert scan_parquet(con, [home.logs / "a.parquet"]).aggregate("count(*)").fetchall() == [(1,)]
    assert con.sql("select current_setting('timezone')").fetchall() == [("UTC",)]


def test_without_folders_there_are_no_files(fenced: tuple[Workspace, Path]) -> None:
    with (
        duck.connection(LIMITS) as con,
        pytest.raises(duckdb.PermissionException),
    ):
        scan_parquet(con, [fenced[0].home.logs / "a.parquet"])


def test_no_connection_is_made_elsewhere() -> None:
    """Every one of them is made in `db.connection`, where it is locked."""
    root = data_folder("pricing_assets/rate_cards").parents[1]
    makers = [
        path.relative_to(root).as_posix()
        for package in ("pricing_assets", "pipelines")
        for path in sorted((root / package).rglob("*.py"))
        if "duckdb.connect(" in path.read_text(encoding="utf-8")
    ]
    assert makers == ["pricing_assets/db/connection.py"]


def test_what_is_published_is_read_only(workspace: Workspace) -> None:
    """Versions, corrections and `credits.duckdb`, by their modes; only `prune` opens a version."""
    workspace.log("a.parquet", row())
    workspace.run()
    workspace.log("b.parquet", row(event_id="e2"))
    workspace.run()
    home = workspace.home
    folders = [version.folder for day in home.dates() for version in home.versions(day)]
    assert len(folders) == 2
    found = prune.prunable(home, versions=True, grace_days=0)
    assert [one.path for one in found if one.what == "version"] == folders[:1]
    for _ in range(2):  # before and after the prune
        assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o555}
        assert workspace.database().stat().st_mode & 0o777 == 0o444
        written = {file.name for folder in folders for file in folder.iterdir()}
        kept = [file for folder in folders for file in folder.iterdir() if file.name != PRUNED]
        assert {file.stat().st_mode & 0o777 for file in kept} == {0o444}
        with home.lock():
            prune.prune(home, found)
    assert PRUNED in written


def test_no_progress_bar_is_drawn_in_a_process_without_a_main_file() -> None:
    """DuckDB takes it for a notebook, and would write the bar into standard output."""
    setting = "select current_setting('enable_progress_bar')"
    code = (
        "import duckdb; from pricing_assets.db import connection as duck;"
        f'print([con.sql("{setting}").fetchall()[0][0]'
        " for con in (duckdb.connect(), duck.new_database({}))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[True, False]\n"
