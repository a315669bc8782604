"""A version whose log was given up by decision cannot be recomputed: it is named, and no difference."""

import json
from pathlib import Path

import pytest

from pricing_assets.home import withdrawals
from pricing_assets.repair import accepted_loss
from tests.support.command import Done, creditmill
from tests.support.workspace import RECEIVED, Workspace, row, write_card


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two logs of one date."""
    folder = tmp_path_factory.mktemp("two")
    workspace = Workspace(folder, (write_card(folder / "book"),), catalog=True)
    workspace.log("good.parquet", row())
    workspace.log("lost.parquet", row(event_id="e2"))
    workspace.run()
    return workspace


@pytest.fixture
def two(original: Workspace, tmp_path: Path) -> Workspace:
    """A copy of that home, to go on from there."""
    return original.copied(tmp_path)


def recomputed(workspace: Workspace, *more: str) -> Done:
    words = ("verify", "--recompute", "--home", workspace.home.path, *more)
    return creditmill(*words, cwd=workspace.folder)


def lose(workspace: Workspace) -> None:
    """Lose the log that should not have come."""
    (workspace.inbox / "lost.parquet").unlink()
    (file,) = (log.file for log in workspace.home.all_receipts() if log.file_name == "lost.parquet")
    workspace.home.log(file).unlink()


@pytest.mark.slow
def test_a_version_of_a_withdrawn_log_whose_bytes_are_gone(two: Workspace) -> None:
    with two.home.lock():
        withdrawals.withdraw(two.home, "lost.parquet", "of another month")
    two.run()
    (two.home.log(withdrawals.acts(two.home)[0].file)).unlink()
    done = recomputed(two)
    assert done.returncode == 0, done
    assert b"2026-02-03 version 1 cannot be recomputed: log lost.parquet" in done.stderr
    assert b": of another month" in done.stderr
    assert b"all as published, 1 version not recomputed" in done.stdout


@pytest.mark.slow
def test_a_version_of_a_log_that_accept_loss_gave_up(two: Workspace) -> None:
    lose(two)
    with two.home.lock():
        accepted_loss.begin_anew(two.home, "the disk broke", RECEIVED)
    two.run()
    done = recomputed(two, "--json")
    assert done.returncode == 0, done
    first, second = json.loads(done.stdout)["recomputed"]
    assert first["compared"] == "not recomputed"
    assert "was given up on 2026-02-10 by" in first["given_up"][0]
    assert first["given_up"][0].endswith(": the disk broke")
    assert (second["compared"], second["given_up"]) == ("byte by byte", [])


def test_a_log_that_nobody_gave_up_is_a_difference(two: Workspace) -> None:
    lose(two)
    done = recomputed(two)
    assert done.returncode == 1
    assert b"is missing from" in done.stderr
    assert b"given up" not in done.stdout + done.stderr
