"""What is published is durable before anything depends on it: found by watching every call of every
library that changes the home (`faults.c`).

That a kill at any of these calls leaves a whole home belongs to `test_crash`.
"""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.fault_injection import (
    CHMOD,
    EVERY_CALL,
    LINK,
    MKDIR,
    OPEN,
    RENAME,
    SYNC,
    UNLINK,
    WRITE,
    Fault,
    Killer,
)
from tests.support.workspace import NOON, Workspace, row


def not_durable(home: Path, known: set[str], kinds: list[int], paths: list[str]) -> list[str]:
    """Every rename to a place in the home before which something was not durable: in what is
    renamed, or among what was put in its place before. `known` is what was there already. What was
    made of logs (`rollups`) is held against its digests at each use, and nothing depends on it."""
    dirty: set[str] = set()
    temporary, rollups = os.path.join(home, "tmp"), os.path.join(home, "rollups")
    found = []

    def is_in(path: str, folder: str) -> bool:
        return path == folder or path.startswith(folder + os.sep)

    for kind, path in zip(kinds, paths, strict=True):
        if kind in (OPEN, WRITE):
            dirty.add(path)
        if kind in (OPEN, MKDIR, LINK) and path not in {*known, temporary}:
            dirty.add(str(Path(path).parent))
            known.add(path)
        if kind == SYNC:
            dirty.discard(path)
        if kind == UNLINK:
            dirty = {one for one in dirty if not is_in(one, path)}
            known.discard(path)
        if kind != RENAME:
            continue
        source, target = path.split("\t")
        if not is_in(target, temporary):
            left = {one for one in dirty if not is_in(one, temporary) or is_in(one, source)}
            left = {one for one in left if is_in(one, str(home)) and not is_in(one, rollups)}
            found += [f"{target}: {one}" for one in sorted(left)]
        dirty = {target + one[len(source) :] if is_in(one, source) else one for one in dirty}
        dirty.add(str(Path(target).parent))
    return found


@pytest.mark.slow
def test_nothing_depends_on_what_may_be_lost(workspace: Workspace) -> None:
    """A first run that makes the home, its pages and their events, and one that restates."""
    workspace = replace(workspace, pages=True)
    home = workspace.home.path
    with Killer() as killer:
        for name in ("a", "b"):
            log = (row(event_id=name), row(event_id=name, event_time=None))
            workspace.log(f"{name}.parquet", *log, row(event_time=NOON + timedelta(days=1)))
            known = {str(one) for one in home.rglob("*")}
            ended = killer.run(workspace, Fault(EVERY_CALL))
            assert ended.code == 0, ended.said
            kinds = [kind for kind, _ in ended.calls]
            watched = [
                (kind, path)
                for kind, path in zip(kinds, ended.paths, strict=True)
                if kind != CHMOD and ".lock" not in path
            ]
            assert sum(kind == RENAME for kind, _ in watched) > 10
            assert sum(kind == SYNC for kind, _ in watched) > 30
            assert not_durable(home, known, *map(list, zip(*watched, strict=True))) == [], name
