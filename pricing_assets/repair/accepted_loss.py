"""A new journal after a loss: what is lost for good is given up by name, what is here and whole stays.

What can be brought back belongs to `restore`; nothing is given up there.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from pricing_assets.common import files, json_files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.db.connection import Limits
from pricing_assets.flow import Run
from pricing_assets.home import Home, manifest_json, presence, references
from pricing_assets.home.closings import who
from pricing_assets.home.entries import (
    BOOKING,
    CLOSING,
    HOME,
    RESTART,
    VERSION,
    WITHDRAWAL,
    JournalEntry,
    act_entry,
    receipt_entry,
    sealed_entry,
    source_entry,
)
from pricing_assets.home.names import is_act
from pricing_assets.home.presence import losses
from pricing_assets.repair.lost_folders import is_whole_folder
from pricing_assets.repair.restore import restore_settings


def accept_loss(home: Home, reason: str, at: datetime, limits: Limits, *, pages: bool) -> Path:
    """Give up what is lost for good, and build the database again, with the pages where `pages` says
    so. Return the folder of what was put aside; ConfigurationError where nothing is lost. The home is
    locked by the caller."""
    restore_settings(home)
    aside = begin_anew(home, reason, at)
    Run(home, home.settings(), limits, pages=pages).refresh(anew=True)
    return aside


def begin_anew(home: Home, reason: str, at: datetime) -> Path:
    """Give up what is lost for good: begin a new journal of what is here, whole, and put aside the
    rest, with the old journal. Returns the folder of what was put aside. ConfigurationError
    where no reason is given, or nothing is lost."""
    if not reason.strip():
        raise ConfigurationError("say why what is lost is given up: --accept-loss REASON")
    lost = losses(home)
    if not lost:
        raise ConfigurationError(f"nothing of {home.path} is lost; there is nothing to accept")
    aside = home.path / "set_aside" / at.strftime("%Y%m%dT%H%M%S.%fZ")
    aside.mkdir(parents=True)
    record: dict[str, object] = {"reason": reason, "who": who(), "at": at.isoformat()}
    record["gave_up"] = [str(loss) for loss in lost]
    entries = [JournalEntry(RESTART, record | {"numbers": home.journal.named.numbers()})]
    sources = home.journal.named.sources  # as far as the journal is still there
    entries += [source_entry(digest, kept) for digest, kept in sources.items()]
    entries += _whole_receipts(home, aside)
    for kind, parent in ((VERSION, home.reports), (BOOKING, home.corrections)):
        entries += _whole_folders(home, kind, parent, aside)
    for made_again in (home.ledger, home.standings):  # by the next run, from what is here
        _set_aside(made_again, aside, home)
    for kind, folder in ((CLOSING, home.closings), (WITHDRAWAL, home.withdrawals)):
        entries += _whole_acts(kind, folder, aside)
    if os.path.lexists(home.journal_file):
        files.move(home.journal_file, aside / home.journal_file.name)
    home.checked.folders.clear()
    home.checked.through = 0
    home.note_checked()
    if home.settings_file.is_file():
        text = files.read_regular(home.settings_file).decode()
        entries.append(JournalEntry(HOME, {"toml": text}))
    home.journal.append(entries, at.isoformat())  # all that they name is there
    presence.note(home, entries)
    for entry in entries:
        if entry.kind == VERSION:
            day = date.fromisoformat(entry.fields["usage_date"])
            files.point(
                home.date_folder(day) / "current", f"{entry.fields['version']:04d}", home.scratch
            )
    return aside


def _whole_receipts(home: Home, aside: Path) -> Iterator[JournalEntry]:
    withdrawn = _withdrawn(home)
    for file in home.receipt_files():
        undated = home.undated(file.stem)
        try:
            record = json_files.from_json(files.read_regular(file))
            right = json_files.digest_of(record) == record["digest"] and record["file"] == file.stem
            if file.stem not in withdrawn and not references.is_reference(record):
                # of the others the bytes are missed by nobody
                right = right and files.sha256_of(home.kept(record)) == home.kept_sha256(record)
            if right and record["undated_sha256"] is not None:
                right = files.sha256_of(undated) == record["undated_sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            right = False
        if right:
            yield receipt_entry(record)
        else:
            kept = (home.log(file.stem, is_raw=is_raw) for is_raw in (False, True))
            for path in (file, undated, *kept):
                _set_aside(path, aside, home)


def _withdrawn(home: Home) -> set[str]:
    """Return the SHA-256 of the logs that were withdrawn, as the acts say."""
    found: set[str] = set()
    for name in sorted(filter(is_act, os.listdir(home.withdrawals))):
        with suppress(OSError, ValueError, KeyError, TypeError):
            record = json_files.read_json(home.withdrawals / name)
            change = found.add if record["act"] == "withdraw" else found.discard
            change(record["file"])
    return found


def _whole_folders(home: Home, kind: str, parent: Path, aside: Path) -> Iterator[JournalEntry]:
    for day in home.dates():
        numbered = home.versions(day) if kind == VERSION else home.all_corrections(day)
        for version in numbered:
            file = version.folder / "manifest.json"
            try:
                data = files.read_regular(file)
                manifest = manifest_json.load(json_files.from_json(data))
                right = is_whole_folder(version.folder, (manifest, data)) and (
                    (manifest.usage_date, manifest.version) == (day, version.number)
                )
            except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
                right = False
            if right:
                yield sealed_entry(kind, day.isoformat(), version.number, data)
            else:
                _set_aside(version.folder, aside, home)
        current = parent / f"usage_date={day}" / "current"
        if kind == VERSION and os.path.lexists(current):
            current.unlink()


def _whole_acts(kind: str, folder: Path, aside: Path) -> Iterator[JournalEntry]:
    before = None
    for number, name in enumerate(sorted(filter(is_act, os.listdir(folder))), start=1):
        data = files.read_regular(folder / name)
        try:
            record = json_files.from_json(data)
            right = (record["number"], record["supersedes_sha256"]) == (number, before)
        except (ValueError, KeyError, TypeError):
            right = False
        if not right:
            files.move(folder / name, aside / f"{kind}-{name}")
            continue
        before = files.sha256_bytes(data)
        yield act_entry(kind, record)


def _set_aside(path: Path, aside: Path, home: Home) -> None:
    if os.path.lexists(path):
        target = aside / path.relative_to(home.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            os.chmod(path, 0o755)
        files.move(path, target)
