"""A disk that is full, fails or writes half at any call of a run: the old version stays in force,
whole, the run says so and exits 1, and the next run ends in the bytes of an undisturbed one.

The calls are those of every library, found by `faults.c`; kills are in `test_crash`.
"""

import errno
import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.cli import disk_errors
from pricing_assets.common import files
from pricing_assets.home import in_force
from pricing_assets.home.entries import HOME, JournalEntry
from pricing_assets.home.journal import Journal
from tests.support.command import creditmill
from tests.support.crash_scene import Scene, all_of
from tests.support.fault_injection import EVERY_CALL, LINK, MKDIR, OPEN, SYNC, WRITE, Fault
from tests.support.workspace import NOON, Workspace, leftovers, row

FAILURES = {
    "the disk is full from then on": Fault(
        OPEN | WRITE | MKDIR | LINK, kind="fail from", error=errno.ENOSPC
    ),
    "one call fails": Fault(EVERY_CALL, kind="fail", error=errno.EIO),
    "one call cannot make bytes durable": Fault(SYNC, kind="fail", error=errno.EIO),
    "one call writes half": Fault(WRITE, kind="short"),
}
SHORT = 1
"""Places of each kind that the short form takes: in all, spread over the run."""
SHARES = 12
"""Tests among which the places of one kind are dealt out."""


def all_places(scene: Scene, fault: Fault) -> list[Fault]:
    """The fault at every place of an undisturbed run that it may befall."""
    return [replace(fault, nth=n + 1) for n in range(scene.undisturbed.count(fault.calls))]


@pytest.mark.slow
def test_a_disk_that_fails_at_some_places(scene: Scene, tmp_path: Path) -> None:
    faults = []
    for n, fault in enumerate(FAILURES.values()):
        places = all_places(scene, fault)
        step = len(places) // SHORT
        faults += places[step * (2 * n + 1) // (2 * len(FAILURES)) :: step]
    assert len(faults) >= SHORT * len(FAILURES)
    all_of(scene, tmp_path, faults)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("name", FAILURES)
def test_a_disk_that_fails_anywhere(scene: Scene, tmp_path: Path, name: str, share: int) -> None:
    """In shares of some 30 places, so that an hour that ends too soon is not lost."""
    all_of(scene, tmp_path, all_places(scene, FAILURES[name])[share::SHARES])


def test_run_names_the_full_disk_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is full is named, without a traceback."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere")

    monkeypatch.setattr("os.fsync", full)
    done = creditmill("run", "--sample", "--home", "home", cwd=tmp_path)
    assert done.returncode == 1
    assert b"No space left on device: /somewhere; what was published stays" in done.stderr


def test_a_run_whose_database_finds_no_room_says_what_became_of_its_dates(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And `status` says that the database is behind, or missing."""
    workspace.log("a.parquet", row())
    home = ("--home", workspace.home.path, "--rates", workspace.books[0], "--no-pages")
    words = ("run", "--logs", workspace.inbox, *home)
    assert creditmill(*words, cwd=workspace.folder).returncode == 0
    assert told_by_status(workspace) == (0, "")
    workspace.log("late.parquet", row(event_id="late"))

    def full(*_: object) -> None:
        raise duckdb.IOException("CHECKPOINT during DETACH failed. ;\nNo space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pricing_assets.catalog.build._fill", full)
        done = creditmill(*words, cwd=workspace.folder)
    assert done.returncode == 1
    assert f"{NOON.date()}  published        2" in done.stdout.decode()
    assert "DETACH failed: No space left on device; what was" in " ".join(
        done.stderr.decode().split()
    )
    assert told_by_status(workspace) == (1, "behind what is published")
    with workspace.home.lock():  # the run that holds it brings it up to date
        assert in_force.wrong(workspace.home) == ""
    workspace.home.catalog.unlink()
    assert told_by_status(workspace) == (1, "missing")


def told_by_status(workspace: Workspace) -> tuple[int, str]:
    """Its exit code, and what it says `credits.duckdb` is."""
    words = ("status", "--json", "--home", workspace.home.path)
    done = creditmill(*words, cwd=workspace.folder)
    said = json.loads(done.stdout)["database"].partition(";")[0].partition(":")[0]
    return done.returncode, said.removeprefix(f"{workspace.home.catalog} is ")


TOLD = [
    (OSError(errno.EIO, "Input/output error", "/a"), True),
    (OSError("Could not write: No space left on device"), True),  # as Arrow says it
    (duckdb.IOException('Could not write file "/a": No space left on device'), True),
    (duckdb.FatalException("FATAL Error: fsync failed!"), True),
    (duckdb.TransactionException("Failed to commit: Input/output error"), True),
    (FileNotFoundError(errno.ENOENT, "No such file or directory", "/a"), False),
    (duckdb.BinderException("no such column"), False),
    (ValueError("Input/output error"), False),
]


@pytest.mark.parametrize(("error", "is_told"), TOLD)
def test_only_what_a_disk_says_is_told(error: Exception, is_told: bool) -> None:
    """Every other error is a bug, and raises."""
    assert disk_errors.failed(error) is is_told


THREE = [NOON.date() + timedelta(days=days) for days in range(3)]


def three_dates(workspace: Workspace) -> str:
    """Logs of three dates; the one in the middle is that for which there will be no room."""
    for day in THREE:
        at = NOON.replace(day=day.day)
        workspace.log(f"{day}.parquet", row(event_id=f"{day}", event_time=at))
    return THREE[1].isoformat()


def no_room(monkeypatch: pytest.MonkeyPatch, name: str, day: str) -> None:
    """Let one of the calls that change a disk find no room for a date's version."""
    does = getattr(files, name)

    def finds_no_room(path: Path, *more: object) -> object:
        if day in f"{path}{more}" and "0001" not in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return does(path, *more)

    monkeypatch.setattr(files, name, finds_no_room)


@pytest.mark.slow
@pytest.mark.parametrize(
    "call",
    [
        *(pytest.param(call, marks=pytest.mark.slow) for call in ("sync_file", "sync_folder")),
        "move",
    ],
)
def test_a_date_for_which_there_is_no_room_fails_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """By name, while it is published; the dates beside it are, and the next run ends in the bytes of
    an undisturbed one."""
    middle = three_dates(workspace)
    with monkeypatch.context() as patched:
        no_room(patched, call, middle)
        ran = workspace.run()
    assert list(ran.states().values()) == [("published", 1), ("failed", None), ("published", 1)]
    assert "temporary disk than there is (No space left on device: " in ran.published[1].reason
    assert leftovers(workspace.home) == []
    assert workspace.run().states() == {middle: ("published", 1)}
    undisturbed = workspace.beside("undisturbed").begin()
    assert workspace.outputs() == undisturbed.outputs()


def test_a_date_that_is_in_the_journal_is_finished_by_the_next_run(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is published then: that it failed would be false."""
    middle = three_dates(workspace)
    with monkeypatch.context() as patched:
        no_room(patched, "publish_folder", middle)
        with pytest.raises(OSError, match="No space left on device"):
            workspace.run()
    assert workspace.run().states() == {THREE[2].isoformat(): ("published", 1)}
    assert workspace.versions() == {day.isoformat(): [1] for day in THREE}


def test_a_journal_without_room_is_as_it_was(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.begin(row())
    journal = workspace.home.journal
    was, lines = journal.file.read_bytes(), journal.lines
    entry = JournalEntry(HOME, {"toml": "text"})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(journal.file))

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left on device"):
            journal.append([entry], "2026-02-03T00:00:00+00:00")
    assert (journal.file.read_bytes(), journal.lines) == (was, lines)
    journal.append([entry], "2026-02-03T00:00:00+00:00")
    assert Journal(journal.file).lines == lines + 1
