"""A disk that is full, fails or writes half at any call of a run: the old version stays in force,
whole, the run says so and exits 1, and the next run ends in the bytes of an undisturbed one.

The calls are those of every library, found by `faults.c`; kills are in `test_crash`.
"""

import errno
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.cli import disk_errors
from tests.support.command import creditmill
from tests.support.crash_scene import Scene, all_of
from tests.support.fault_injection import EVERY_CALL, LINK, MKDIR, OPEN, SYNC, WRITE, Fault

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


def all_places(scene: Scene, fault: Fault) -> list[Fault]:
    """The fault at every place of an undisturbed run that it may befall."""
    return [replace(fault, nth=n + 1) for n in range(scene.undisturbed.count(fault.calls))]


def test_a_disk_that_fails_at_some_places(scene: Scene, tmp_path: Path) -> None:
    faults = []
    for n, fault in enumerate(FAILURES.values()):
        places = all_places(scene, fault)
        step = len(places) // SHORT
        faults += places[step * (2 * n + 1) // (2 * len(FAILURES)) :: step]
    assert len(faults) >= SHORT * len(FAILURES)
    all_of(scene, tmp_path, faults)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAILURES)
def test_a_disk_that_fails_anywhere(scene: Scene, tmp_path: Path, name: str) -> None:
    all_of(scene, tmp_path, all_places(scene, FAILURES[name]))


def test_run_names_the_full_disk_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is full is named, without a traceback."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere")

    monkeypatch.setattr("os.fsync", full)
    done = creditmill("run", "--sample", "--home", "home", cwd=tmp_path)
    assert done.returncode == 1
    assert b"No space left on device: '/somewhere'; what was published stays" in done.stderr


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
