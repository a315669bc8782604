"""A run that is killed at any instant: what was published stays in force, and the next run ends it.

How runs are killed belongs to `fault_injection`, what a failing disk does to `test_disk_faults`, what an undisturbed run publishes to `test_versions`.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.crash_scene import AT_ONCE, CLOSED, Scene, all_of, state_of
from tests.support.fault_injection import RENAME, SIDE_EFFECTS, Fault, Killer
from tests.support.workspace import leftovers


def test_what_there_is_to_disturb(scene: Scene) -> None:
    """The scene is what it says: a change of the old, new dates, and a blocked one let through."""
    assert [(str(day), version, state) for day, version, state, *_ in scene.before[0]] == [
        ("2026-01-31", 1, "current"),
        ("2026-02-02", None, "blocked"),
        ("2026-02-03", 1, "current"),
        ("2026-02-04", 1, "current"),
    ]
    assert scene.before[1] == []
    assert [(str(booked), str(day)) for booked, day, *_ in scene.after[1]] == [
        ("2026-02-01", str(CLOSED))
    ]
    assert scene.versions == {
        "2026-01-31": [1],
        **{"2026-02-02": [1], "2026-02-03": [1, 2], "2026-02-04": [1]},
        "2026-02-05": [1],
    }
    assert scene.undisturbed.count(RENAME) >= 14
    assert scene.undisturbed.count(SIDE_EFFECTS) >= 40


def test_a_kill_after_a_rename(scene: Scene, tmp_path: Path) -> None:
    """After the first, a middle one and the last; the slow form kills at every call."""
    last = scene.undisturbed.count(RENAME)
    all_of(scene, tmp_path, [Fault(nth=nth) for nth in (1, (1 + last) // 2, last)])


def test_a_kill_at_a_random_instant(scene: Scene, tmp_path: Path) -> None:
    rng = random.Random(5)
    all_of(scene, tmp_path, [Fault(seconds=rng.uniform(0.02, scene.undisturbed.seconds))])


@pytest.mark.slow
def test_a_kill_before_and_after_every_side_effect(scene: Scene, tmp_path: Path) -> None:
    """Wherever a file is made, synced, renamed, linked, deleted or closed to writing."""
    every = range(1, scene.undisturbed.count(SIDE_EFFECTS) + 1)
    kinds = ("kill before", "kill after")
    all_of(scene, tmp_path, [Fault(SIDE_EFFECTS, n, kind) for n in every for kind in kinds])


@pytest.mark.slow
def test_a_kill_at_100_instants(scene: Scene, tmp_path: Path) -> None:
    rng = random.Random(6)
    seconds = [rng.uniform(0.02, 1.2 * scene.undisturbed.seconds) for _ in range(100)]
    all_of(scene, tmp_path, [Fault(seconds=at) for at in seconds])


def wait_for_each_other(scene: Scene, folder: Path, killers: list[Killer]) -> None:
    """Started at once over one home, they publish what one would."""
    workspace = scene.workspace.copied(folder)
    with ThreadPoolExecutor(len(killers)) as pool:
        ended = pool.map(lambda killer: killer.run(workspace), killers)
        assert [one.code for one in ended] == [0] * len(killers)
    assert state_of(workspace) == scene.after
    assert workspace.published_bytes() == scene.outputs
    assert workspace.versions() == scene.versions
    assert leftovers(workspace.home) == []


def test_two_runs_wait_for_each_other(scene: Scene, tmp_path: Path) -> None:
    killers = [scene.killers.get() for _ in range(AT_ONCE)]
    wait_for_each_other(scene, tmp_path / "two", killers)
    for killer in killers:
        scene.killers.put(killer)


@pytest.mark.slow
def test_eight_runs_wait_for_each_other(scene: Scene, tmp_path: Path) -> None:
    with ExitStack() as stack:
        killers = [stack.enter_context(Killer()) for _ in range(8)]
        wait_for_each_other(scene, tmp_path / "eight", killers)
