"""A run that is killed at any instant: what was published stays in force, and the next run ends it.

How runs are killed belongs to `fault_injection`, what a failing disk does to `test_disk_faults`, what an undisturbed run publishes to `test_versions`.
"""

import random
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import duckdb
import pytest

from pricing_assets.common import files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.contract import tables
from pricing_assets.home import closings
from tests.support.fault_injection import EVERY_CALL, RENAME, SIDE_EFFECTS, Ended, Fault, Killer
from tests.support.workspace import NOON, STRICT, Row, Workspace, leftovers, row, write_card

AT_ONCE = 2
DAY = timedelta(days=1)
CLOSED = (NOON - 3 * DAY).date()
TOTALS = "select usage_date, version, state, credits, events, quarantined from reports order by all"
BOOKED = (
    "select booked_on, usage_date, org_id, meter, quantity, credits from corrections order by all"
)
State = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]
"""Every report's totals, and every booking for a closed date."""


@dataclass(frozen=True)
class Scene:
    """A home with logs to take in, what it shows now, and what it is to show."""

    workspace: Workspace
    killers: "SimpleQueue[Killer]"
    before: State
    after: State
    outputs: dict[str, str]
    versions: dict[str, list[int]]
    undisturbed: Ended

    def disturbed(self, folder: Path, fault: Fault) -> Ended:
        """Disturb a run over a copy, look at what is left, and run again."""
        workspace = self.workspace.copied(folder)
        killer = self.killers.get()
        try:
            ended = killer.run(workspace, fault)
            if fault.kind.startswith("kill"):
                # at an instant, or at calls whose number varies, the run may have ended before
                may_end = fault.seconds is not None or fault.calls != RENAME
                assert ended.code in ((-signal.SIGKILL, 0) if may_end else (-signal.SIGKILL,))
            else:
                assert (ended.code, ended.is_told) in ((0, False), (1, True)), ended.said
            self.is_sound(workspace)
            if ended.code == 0 and fault.seconds is None:
                assert state_of(workspace) == self.after
            assert killer.run(workspace).code == 0
        finally:
            self.killers.put(killer)
        self.is_sound(workspace)
        assert state_of(workspace) == self.after
        assert workspace.published_bytes() == self.outputs
        assert workspace.versions() == self.versions
        assert leftovers(workspace.home) == []
        assert not any(
            workspace.home.blocked_folder(day).exists() for day in workspace.home.dates()
        )
        assert len(list(workspace.home.catalogs.iterdir())) <= 2
        shutil.rmtree(folder)
        return ended

    def is_sound(self, workspace: Workspace) -> None:
        """Every version in force is whole, and the database shows the old or the new state."""
        home = workspace.home
        for day in home.dates():
            version = home.current(day)
            if version is not None:
                for name, output in version.manifest["outputs"].items():
                    assert files.sha256_of(version.folder / name) == output["sha256"]
        with duckdb.connect(str(home.catalog), read_only=True) as con:
            assert state(con) in (self.before, self.after)
            for table in tables.tables(("agent_id",)):
                con.sql(f"select count(*) from {table}").fetchall()


def state(con: duckdb.DuckDBPyConnection) -> State:
    return con.sql(TOTALS).fetchall(), con.sql(BOOKED).fetchall()


def state_of(workspace: Workspace) -> State:
    with duckdb.connect(str(workspace.home.catalog), read_only=True) as con:
        return state(con)


def on(days: int, event_id: str, **changes: object) -> Row:
    return row(event_id=event_id, event_time=NOON + days * DAY, **changes)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Three dates are published, the first of them closed, and one is blocked; late rows, also for
    the closed date, new dates and a bad file have come."""
    folder = tmp_path_factory.mktemp("crash")
    book = write_card(folder / "workspace" / "book", effective_from="2026-01-01T00:00:00Z")
    workspace = Workspace(folder / "workspace", (book,)).under(quarantine_limit=STRICT)
    with ExitStack() as stack:
        killers = [stack.enter_context(Killer()) for _ in range(AT_ONCE)]
        blocked = (on(-1, f"{n}", org_id="") for n in range(101))
        workspace.log("old.parquet", on(-3, "1"), on(0, "1"), on(1, "1"), *blocked)
        assert killers[0].run(workspace).code == 0
        with workspace.home.lock():
            closings.close(workspace.home, CLOSED, "invoiced", [])
        before = state_of(workspace)
        workspace.log("late.parquet", on(-3, "2"), on(0, "2"), on(2, "1"), row(event_time=None))
        (workspace.inbox / "bad.parquet").write_bytes(b"PAR1")
        workspace = workspace.under(quarantine_limit="1")  # what was blocked may be published
        whole = workspace.copied(folder / "whole")
        undisturbed = killers[1].run(whole, Fault(EVERY_CALL))
        assert undisturbed.code == 0
        free: SimpleQueue[Killer] = SimpleQueue()
        for killer in killers:
            free.put(killer)
        yield Scene(
            workspace,
            free,
            before,
            state_of(whole),
            whole.published_bytes(),
            whole.versions(),
            undisturbed,
        )


def all_of(scene: Scene, folder: Path, faults: list[Fault]) -> None:
    """Several faults at once; the first that leaves a wrong home fails, and is named."""

    def one(n: int) -> str | None:
        try:
            scene.disturbed(folder / f"{n}", faults[n])
        except (AssertionError, CreditmillError, duckdb.Error) as error:
            return f"{faults[n]}: {error}"
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [text for text in pool.map(one, range(len(faults))) if text is not None]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(faults)}", *wrong[:5]])


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
    """After every second; the slow form kills before and after each, and every other call."""
    last = scene.undisturbed.count(RENAME)
    all_of(scene, tmp_path, [Fault(nth=n) for n in range(last, 0, -2)])


def test_a_kill_at_random_instants(scene: Scene, tmp_path: Path) -> None:
    rng = random.Random(5)
    seconds = [rng.uniform(0.02, scene.undisturbed.seconds) for _ in range(5)]
    all_of(scene, tmp_path, [Fault(seconds=at) for at in seconds])


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
