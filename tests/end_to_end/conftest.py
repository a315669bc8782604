"""Fixtures that several of these tests share."""

import pickle
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

import pytest

from pricing_assets.home import closings
from tests.support.crash_scene import AT_ONCE, CLOSED, Scene, on, state_of
from tests.support.fault_injection import EVERY_CALL, Fault, Killer
from tests.support.shared import shared
from tests.support.workspace import STRICT, Workspace, row, write_card


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Three dates are published, the first of them closed, and one is blocked; late rows, also for
    the closed date, new dates and a bad file have come."""
    folder = shared(tmp_path_factory, "crash-scene", build_scene)
    free: SimpleQueue[Killer] = SimpleQueue()
    with ExitStack() as stack:
        for _ in range(AT_ONCE):
            free.put(stack.enter_context(Killer()))
        workspace, *undisturbed = pickle.loads((folder / "scene.pickle").read_bytes())
        yield Scene(workspace, free, *undisturbed)


def build_scene(folder: Path) -> None:
    """Build the home, and note what an undisturbed run makes of a copy."""
    book = write_card(folder / "workspace" / "book", effective_from="2026-01-01T00:00:00Z")
    workspace = Workspace(folder / "workspace", (book,), catalog=True)
    workspace = workspace.under(quarantine_limit=STRICT)
    with Killer() as killer:
        blocked = (on(-1, f"{n}", org_id="") for n in range(101))
        workspace.log("old.parquet", on(-3, "1"), on(0, "1"), on(1, "1"), *blocked)
        assert killer.run(workspace).code == 0
        with workspace.home.lock():
            closings.close(workspace.home, CLOSED, "invoiced", [])
        before = state_of(workspace)
        workspace.log("late.parquet", on(-3, "2"), on(0, "2"), on(2, "1"), row(event_time=None))
        (workspace.inbox / "bad.parquet").write_bytes(b"PAR1")
        workspace = workspace.under(quarantine_limit="1")  # what was blocked may be published
        whole = workspace.copied(folder / "whole")
        undisturbed = killer.run(whole, Fault(EVERY_CALL))
        assert undisturbed.code == 0
    seen = (workspace, before, state_of(whole), whole.published_bytes(), whole.versions())
    (folder / "scene.pickle").write_bytes(pickle.dumps((*seen, undisturbed)))
