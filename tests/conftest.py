"""Fixtures that several tests share."""

import os
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import old_duckdb_wheel
from tests.support.command import ROOT
from tests.support.histories import grown
from tests.support.plain_judge import judged_plainly
from tests.support.workspace import Workspace, write_card

zoneinfo.reset_tzpath(())  # the tests, too, read zones from the package tzdata


@pytest.fixture
def plain_judge() -> Iterator[None]:
    """Counts judged without Great Expectations, where many verdicts are asked for."""
    with judged_plainly():
        yield


@pytest.fixture
def workspace(plain_judge: None, tmp_path: Path) -> Workspace:
    """A workspace with one book of one small card, an empty inbox and no home yet."""
    return Workspace(tmp_path, (write_card(tmp_path / "book"),))


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `creditmill run` was run once, without options; its home is not changed."""
    folder = tmp_path_factory.mktemp("sample")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "run"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    (folder / "out.txt").write_bytes(done.stdout)
    (folder / "err.txt").write_bytes(done.stderr)
    return folder


@pytest.fixture(scope="session")
def old_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with DuckDB 1.2 to import."""
    folder = tmp_path_factory.mktemp("old") / "packages"
    failure = old_duckdb_wheel.install(folder)
    if failure and not os.environ.get("CI"):
        pytest.skip(
            f"duckdb=={old_duckdb_wheel.VERSION} cannot be installed here: {failure[-200:]}"
        )
    assert failure is None, failure
    return folder


@pytest.fixture(scope="session")
def four_versions(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One date of four versions, not to be changed."""
    folder = tmp_path_factory.mktemp("four_versions")
    with judged_plainly():
        workspace = grown(Workspace(folder, (write_card(folder / "book"),)))
    assert workspace.versions() == {"2026-02-03": [1, 2, 3, 4]}
    return workspace


@pytest.fixture
def own_versions(four_versions: Workspace, plain_judge: None, tmp_path: Path) -> Workspace:
    """The same home, to spoil; its database is built anew, for its own paths."""
    workspace = four_versions.copied(tmp_path)
    workspace.run()
    return workspace
