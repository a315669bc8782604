"""Holding a home: what a thread does to it when it takes its lock, and when it lets go.

How the lock itself is taken, and waited for, belongs to `lock`.
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import files
from pricing_assets.common.errors import DamagedHome
from pricing_assets.home import effects, lock, references

if TYPE_CHECKING:
    from pricing_assets.home.home import Home

_HELD = threading.local()


def is_held(home: "Home") -> bool:
    """Return whether this thread holds the lock of the home."""
    return str(home.path) in _HELD.__dict__.setdefault("homes", set())


def spill(home: "Home") -> Path | None:
    """Return where temporary files go: into the home while this thread holds its lock, else None, the
    system's place."""
    return home.scratch if is_held(home) else None


@contextmanager
def to_look(home: "Home") -> Iterator[None]:
    """Lock the home for who writes nothing: where this user may not write it, there is no lock to
    take, and what is published can be read without."""
    with home.lock() if lock.may_be_held(home.path) else nullcontext():
        yield


@contextmanager
def holding(home: "Home") -> Iterator[None]:
    """Note that this thread holds the lock; leave nothing temporary behind, whatever happens, but
    what the journal may already name: the next one that holds the lock finishes that."""
    held: set[str] = _HELD.__dict__.setdefault("homes", set())
    held.add(str(home.path))
    try:
        _tidy(home)
        yield
        home.note_checked()
        shutil.rmtree(home.scratch, ignore_errors=True)
    except BaseException:
        effects.forget_all_but_pending(home)
        raise
    finally:
        references.let_go(home)
        held.discard(str(home.path))


def _tidy(home: "Home") -> None:
    """Remove what a killed run left behind before the next one begins."""
    for folder in (
        *(home.logs, home.receipts, home.reports),
        *(home.corrections, home.closings, home.withdrawals, home.catalogs, home.scratch),
    ):
        try:
            files.make_folder(folder)
        except FileExistsError:
            raise DamagedHome(
                [f"{folder}: a file has the name of a folder of the home; move it away"]
            ) from None
    home.forget_checked()
    effects.finish_last(home)
    home.note_checked()
    references.tidy(home)
    shutil.rmtree(home.scratch, ignore_errors=True)
    home.scratch.mkdir(exist_ok=True)
