"""A home in the middle of its life, whose next run is disturbed over and over, each time in a copy.

How runs are disturbed belongs to `fault_injection`.
"""

import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import duckdb

from pricing_assets.common import files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.contract import tables
from pricing_assets.usage.units import Units
from tests.support.fault_injection import RENAME, Ended, Fault, Killer
from tests.support.workspace import NOON, Row, Workspace, leftovers, row, stored_manifest

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
        units = Units(workspace.home.rollups)
        assert (units.strays(), units.superseded(), units.changed_files()[1]) == ([], [], [])
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
                for name, output in stored_manifest(version)["outputs"].items():
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
