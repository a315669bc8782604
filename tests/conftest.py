"""Fixtures that several tests share."""

import gc
import os
import zoneinfo
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from pricing_assets.catalog import build
from pricing_assets.intake import take_in
from pricing_assets.objects import client
from tests.support import fault_injection, old_duckdb_wheel
from tests.support import workspace as workspace_module
from tests.support.histories import grown
from tests.support.ledgers import worked_example
from tests.support.leftovers import nothing_left_in
from tests.support.offline import creditmill_offline
from tests.support.plain_judge import judged_by_great_expectations, judged_plainly
from tests.support.shared import shared
from tests.support.workspace import READER, Workspace, row, write_card

if TYPE_CHECKING:
    from tests.support.object_server import Bucket, ObjectServer

zoneinfo.reset_tzpath(())  # the tests, too, read zones from the package tzdata


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case of bytes by its argument: a gzip's bytes hold the clock, and each process that
    collects the tests must find the same names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No temporary file and no process is left when the tests of this process end."""
    with nothing_left_in(tmp_path_factory.mktemp("temporary")):
        yield
        fault_injection.remove_library()


@pytest.fixture(scope="session", autouse=True)
def plain_judge() -> Iterator[None]:
    """Counts judged without Great Expectations in every test that does not ask for `real_judge`."""
    with judged_plainly():
        yield


@pytest.fixture(scope="session", autouse=True)
def one_reader(nothing_left: None) -> Iterator[None]:
    """One process in which logs are examined for all runs: each would begin its own."""
    with mock.patch.object(take_in, "Reader", return_value=nullcontext(READER)):
        yield
    READER.close()


@pytest.fixture(scope="session", autouse=True)
def begun_homes(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder for the homes that many tests begin with."""
    workspace_module.BEGUN_IN.append(tmp_path_factory.mktemp("begun"))


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_disks() -> Iterator[None]:
    """Nothing is made durable in this process, 54 waits for each run: runs that are killed, and
    whose disks fail, are in processes of their own, which wait."""

    def at_once(handle: int) -> None:
        return None

    with mock.patch.object(os, "fsync", at_once):
        yield


COMMENT = build.comment


@pytest.fixture(scope="session", autouse=True)
def no_comments() -> Iterator[None]:
    """Databases without comments, 290 statements for each, in every test that does not ask for
    `comments`."""
    with mock.patch.object(build, "comment"):
        yield


@pytest.fixture
def comments() -> Iterator[None]:
    """Databases with comments on tables and columns."""
    with mock.patch.object(build, "comment", COMMENT):
        yield


@pytest.fixture(scope="session", autouse=True)
def few_searches_for_cycles() -> Iterator[None]:
    """What was imported is not looked at again and again: it stays."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.fixture
def real_judge() -> Iterator[None]:
    """Counts judged by Great Expectations."""
    with judged_by_great_expectations():
        yield


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with one book of one small card, an empty inbox and no home yet."""
    return Workspace(tmp_path, (write_card(tmp_path / "book"),))


@pytest.fixture(scope="session")
def _one_row(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    def publish(folder: Path) -> None:
        workspace = Workspace(folder, (write_card(folder / "book"),), catalog=True)
        workspace.log("a.parquet", row())
        workspace.run()

    folder = shared(tmp_path_factory, "one-row", publish)
    return Workspace(folder, (folder / "book",), catalog=True)


@pytest.fixture
def one_row(_one_row: Workspace, tmp_path: Path) -> Workspace:
    """A workspace whose one log, `a.parquet` of one row, is published, to go on from there."""
    return _one_row.copied(tmp_path)


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The worked example of the ledger, not to be changed."""
    folder = shared(tmp_path_factory, "worked", worked_example)
    return Workspace(folder, (folder / "book",), catalog=True)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `creditmill run` was run once, without options, network and environment;
    its home is not changed."""

    def run(folder: Path) -> None:
        done = creditmill_offline("run", cwd=folder)
        assert done.returncode == 0, done.stderr.decode()
        (folder / "out.txt").write_bytes(done.stdout)
        (folder / "err.txt").write_bytes(done.stderr)

    return shared(tmp_path_factory, "sample", run)


@pytest.fixture(scope="session")
def old_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with DuckDB 1.2 to import."""

    def install(folder: Path) -> None:
        failure = old_duckdb_wheel.install(folder)
        if failure and not os.environ.get("CI"):
            name = f"duckdb=={old_duckdb_wheel.VERSION}"
            pytest.skip(f"{name} cannot be installed here: {failure[-200:]}")
        assert failure is None, failure

    return shared(tmp_path_factory, "old-duckdb", install)


@pytest.fixture(scope="session")
def _object_server() -> Iterator["ObjectServer"]:
    from tests.support.object_server import serving  # and all of moto: only where it is asked for

    with serving() as server:
        yield server


@pytest.fixture
def objects(
    _object_server: "ObjectServer", request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> "Bucket":
    """An empty bucket of a store that speaks S3's protocol; requests that fail are tried again at
    once."""
    from tests.support.object_server import Bucket

    hurried = client.PATIENCE._replace(retries=2, first_pause=0.001, read_seconds=2)
    monkeypatch.setattr(client, "PATIENCE", hurried)
    _object_server.watch()
    return Bucket.of(_object_server, request.node.name)


@pytest.fixture(scope="session")
def four_versions(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One date of four versions, not to be changed."""
    folder = shared(
        tmp_path_factory,
        "four-versions",
        lambda folder: grown(Workspace(folder, (write_card(folder / "book"),), catalog=True)),
    )
    workspace = Workspace(folder, (folder / "book",), catalog=True)
    assert workspace.versions() == {"2026-02-03": [1, 2, 3, 4]}
    return workspace


@pytest.fixture
def own_versions(four_versions: Workspace, tmp_path: Path) -> Workspace:
    """The same home, to spoil."""
    return four_versions.copied(tmp_path)
