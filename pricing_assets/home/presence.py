"""Presence: whether everything that the journal names is still there, as it was.

How that is looked at belongs to `look`; what brings a lost thing back to `repair`.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pricing_assets.common.errors import DamagedHome
from pricing_assets.home import effects
from pricing_assets.home import settings as home_settings
from pricing_assets.home.entries import SEALED, JournalEntry
from pricing_assets.home.journal import Journal
from pricing_assets.home.listing import names_in, numbered_folders
from pricing_assets.home.look import Look
from pricing_assets.home.loss import Loss
from pricing_assets.home.names import log_of

if TYPE_CHECKING:
    from pricing_assets.home.home import Home


def require_whole(home: "Home") -> None:
    """Raise DamagedHome where anything that the journal names is missing, rolled back or replaced;
    ConfigurationError where the home is of another format, made before there was a journal."""
    if home.found_whole:
        return
    lost = losses(home)
    if lost:
        if not home.journal.lines and home.settings_file.is_file():
            home_settings.read(home.settings_file)  # a home of an earlier format has no journal
        raise DamagedHome([str(one) for one in lost])
    home.found_whole = True


def is_whole(home: "Home") -> bool:
    """Return whether everything that the journal names is there."""
    return next(Look(home).losses(), None) is None


def losses(home: "Home", *, read_again: bool = False, every_byte: bool = False) -> list[Loss]:
    """Return everything that is not as the journal says, in the order of a log's way to a report;
    `read_again` goes by no sizes and times of receipts, manifests and acts, `every_byte` by none, and
    what it finds is found by each look after it."""
    return list(Look(home, read_again=read_again, every_byte=every_byte).losses())


def is_of(journal: Journal, home: "Home") -> bool:
    """Return whether a journal names every log, version and booking that lies in this home, and is
    no shorter than its own was: it is this home's, neither another's nor an older one."""
    if journal.faults or journal.lines < (home.checked.through or 0):
        return False
    named = journal.named
    receipts = {file for name in names_in(home.receipts) if (file := log_of(name)) is not None}
    return receipts <= named.receipts.keys() and all(
        numbers <= held.get(day.isoformat(), {}).keys()
        for kind, parent in home.parents.items()
        for held in (named.sealed(kind),)
        for day, numbers in numbered_folders(parent).items()
    )


def lost_logs(home: "Home") -> set[str]:
    """Return the SHA-256 of logs that count and are missing or damaged: their bytes may come again.
    DamagedHome where anything else is lost, which no log restores."""
    lost = losses(home)
    others = [loss for loss in lost if loss.path.parent != home.logs]
    if others:
        raise DamagedHome([str(loss) for loss in lost])
    home.found_whole = not lost
    return {loss.path.stem for loss in lost}


def note(home: "Home", entries: Sequence[JournalEntry]) -> None:
    """Note files that were just written by this process as found right."""
    for entry in entries:
        paths = [path for path, _ in effects.files_of(home, entry)]
        if entry.kind in SEALED:
            paths += effects.folder_of(home, entry).iterdir()
        for path in paths:
            with suppress(FileNotFoundError):  # the bytes of a withdrawn log
                home.note(path)
