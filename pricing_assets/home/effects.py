"""Commits: what happens to a home is written into its journal first, and done then.

A run that is killed between the two is finished by the next one that holds the lock. A commit is
finished before the next is written, so only the last one is ever in doubt.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common import files, json_files
from pricing_assets.common.errors import DamagedHome
from pricing_assets.home import journal, references
from pricing_assets.home.entries import (
    BOOKING,
    CLOSING,
    HOME,
    RECEIPT,
    SEALED,
    WITHDRAWAL,
    JournalEntry,
    NamedEntries,
)

if TYPE_CHECKING:
    from pricing_assets.home.home import Home

MANY = 50
"""So many entries of one commit, or files of one look, are made durable together."""
PENDING = "pending-"
"""How the names of folders begin that wait for their commit."""


def commit(home: "Home", entries: Sequence[JournalEntry]) -> None:
    """Write the entries into the journal in one step, then bring them about.

    The home is locked by the caller. Folders of versions and bookings wait under `pending`.
    """
    require_journal(home)
    home.journal.append(entries, datetime.now(UTC).isoformat())
    if len(entries) < MANY:
        for entry in entries:
            bring_about(home, entry)
        return
    with files.synced_together():
        for entry in entries:
            bring_about(home, entry)
    files.sync_file_system(home.path)


def require_journal(home: "Home") -> None:
    """Raise DamagedHome where the journal is gone or shorter than it was: nothing is added to
    that."""
    lines, through = home.journal.require().lines, home.checked.through or 0
    if lines < through or (not lines and home.received()):
        what = home.journal.said_short(through)
        raise DamagedHome([f"{home.journal_file}: {what}; {journal.RESTORED}"])


def finish_last(home: "Home") -> None:
    """Bring about what a killed run wrote into the journal and did not live to do."""
    through = home.checked.through
    if home.journal.faults or (through is not None and through >= home.journal.lines):
        return
    for entry in home.journal.last:
        bring_about(home, entry)


def forget_all_but_pending(home: "Home") -> None:
    """Remove what is temporary, but for folders that the journal may name already."""
    with suppress(OSError):
        for path in home.scratch.iterdir():
            if path.is_dir() and not path.name.startswith(PENDING):
                shutil.rmtree(path, ignore_errors=True)
            elif not path.is_dir():
                path.unlink()
        home.scratch.rmdir()  # where nothing is pending


def forget_pending(home: "Home", day: date) -> None:
    """Remove what waits for a commit of this date that will not come in this run."""
    for folder in home.scratch.glob(f"{PENDING}*-{day.isoformat()}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def pending(home: "Home", kind: str, day: str, version: int) -> Path:
    """Return where a sealed version or booking waits to be committed."""
    return home.scratch / f"{PENDING}{kind}-{day}-{version}"


def folder_of(home: "Home", entry: JournalEntry) -> Path:
    """Return the folder of a version, a booking or a date of the ledger."""
    day = date.fromisoformat(entry.fields["usage_date"])
    return home.folder_of(entry.kind, day) / f"{entry.fields['version']:04d}"


def file_of(home: "Home", entry: JournalEntry) -> Path:
    """Return the file of a receipt, closing or withdrawal."""
    if entry.kind == RECEIPT:
        return home.receipt_file(entry.fields["receipt"]["file"])
    acts = home.closings if entry.kind == CLOSING else home.withdrawals
    return acts / f"{entry.fields['record']['number']:04d}.json"


def files_of(home: "Home", entry: JournalEntry) -> Iterator[tuple[Path, str | dict[str, Any]]]:
    """Return the files that an entry names, with their digest, or the record that they hold."""
    if entry.kind == RECEIPT:
        record = entry.fields["receipt"]
        yield file_of(home, entry), record
        if not references.is_reference(record):
            yield home.kept(record), home.kept_sha256(record)
        if record["undated_sha256"] is not None:
            yield home.undated(record["file"]), record["undated_sha256"]
    elif entry.kind in (CLOSING, WITHDRAWAL):
        yield file_of(home, entry), entry.fields["record"]
    elif entry.kind in SEALED:
        folder = folder_of(home, entry)
        yield folder / "manifest.json", entry.fields["manifest_sha256"]


def bring_about(home: "Home", entry: JournalEntry) -> None:
    """Do what an entry says, where it is not done yet; what cannot be done is left to `presence`,
    which names it."""
    if entry.kind in (RECEIPT, CLOSING, WITHDRAWAL):
        record = entry.fields["receipt" if entry.kind == RECEIPT else "record"]
        file, data = file_of(home, entry), json_files.to_json(record)
        if not file.is_file() or file.read_bytes() != data:
            files.write_bytes(file, data, home.scratch)
            if entry.kind != RECEIPT:
                os.chmod(file, 0o444)
    elif entry.kind in SEALED:
        _give_name(home, entry)
    elif entry.kind == HOME:
        text = entry.fields["toml"].encode()
        if not home.settings_file.is_file() or home.settings_file.read_bytes() != text:
            files.write_bytes(home.settings_file, text, home.scratch)


def _give_name(home: "Home", entry: JournalEntry) -> None:
    folder = folder_of(home, entry)
    waiting = pending(home, entry.kind, entry.fields["usage_date"], entry.fields["version"])
    if not folder.exists():
        if not waiting.is_dir():
            return
        files.make_folder(folder.parent)
        files.publish_folder(waiting, folder)
    if entry.kind != BOOKING:  # of those, each counts
        link = folder.parent / "current"
        if not os.path.lexists(link) or (link.is_symlink() and os.readlink(link) != folder.name):
            files.point(link, folder.name, home.scratch)


def is_waiting(home: "Home", entry: JournalEntry) -> bool:
    """Return whether a folder that the journal names waits for its name."""
    fields = entry.fields
    return pending(home, entry.kind, fields["usage_date"], fields["version"]).is_dir()


def newest(named: NamedEntries, day: date) -> int | None:
    """Return the number of the version of a date that is in force, going by the journal."""
    return max(named.versions.get(day.isoformat(), {}), default=None)
