"""The folder HOME: settings it was made with, receipts, versions, and who may write to it.

Everything here is files that never change, and small files and links that are replaced in one step.
What the files contain is decided by the steps.
"""

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError, CreditmillError, DamagedHome
from pricing_assets.common.many_objects import many_objects
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.home import effects, holding, manifests, presence, settings_file
from pricing_assets.home import lock as home_lock
from pricing_assets.home.checked import CheckedFolders, stamp_of
from pricing_assets.home.date_state import DateState, last_reported
from pricing_assets.home.entries import VERSION, JournalEntry
from pricing_assets.home.journal import Journal
from pricing_assets.home.listing import dates_in
from pricing_assets.home.loss import RESTORE
from pricing_assets.home.manifests import BlockedAttempt
from pricing_assets.home.names import log_of
from pricing_assets.home.paths import HomePaths
from pricing_assets.home.receipt import Receipt, receipt_of
from pricing_assets.home.settings import HomeSettings
from pricing_assets.home.version import Blocked, Booked, Reported, Version, numbered


class Home(HomePaths):
    """The folder HOME: what it holds, and who may write to it."""

    def __init__(
        self,
        path: Path,
        wait_seconds: float = home_lock.WAIT_SECONDS,
        say: home_lock.Say = home_lock.say_nothing,
    ) -> None:
        super().__init__(path)
        self.wait_seconds, self.say = wait_seconds, say
        self._journal: Journal | None = None
        self._checked: CheckedFolders | None = None
        self.found_whole = False
        """Whether everything was found to be here since the home was locked; nobody else writes."""
        self.found_mapped: set[Path] = set()
        """Files of mapped rows that were found to be as they were made."""
        self.brought: set[Path] = set()
        """Logs that stay elsewhere whose bytes were brought for this reader."""

    @property
    def journal(self) -> Journal:
        """The journal as it stands, read anew where somebody else added to it."""
        if self._journal is None or not self._journal.is_current:
            self._journal = Journal(self.journal_file)
        return self._journal

    @property
    def checked(self) -> CheckedFolders:
        """What was found as the journal says when it was last looked at."""
        if self._checked is None:
            self._checked = CheckedFolders.read(self.checked_file)
        return self._checked

    def forget_checked(self) -> None:
        """Look at everything once more: somebody else may have written to the home."""
        self._checked = None
        self.found_whole = False
        self.found_mapped.clear()

    def commit(self, entries: Sequence[JournalEntry]) -> None:
        """Write what happens into the journal in one step, and bring it about; the home is locked."""
        effects.commit(self, entries)
        presence.note(self, entries)

    def note(self, path: Path) -> None:
        """Note a file of the home as right, by its size and time."""
        self.checked.note(self._name(path), stamp_of(path))

    def forget(self, path: Path) -> None:
        """Read a file of the home again in the next look, whatever its size and time."""
        self.checked.forget(self._name(path))

    def is_as_noted(self, path: Path) -> bool:
        """Return whether a file is there, of the size and time that were noted."""
        return path.is_file() and self.checked.stamp(self._name(path)) == stamp_of(path)

    def _name(self, path: Path) -> str:
        return os.fspath(path)[len(os.fspath(self.path)) + 1 :]

    def exists(self) -> bool:
        """Return whether a run has made this home."""
        return self.settings_file.is_file()

    def require(self) -> "Home":
        """Return this home; ConfigurationError says how to make it where there is none."""
        if not self.exists():
            self.require_settings()
            raise ConfigurationError(
                f"{self.path} is not a creditmill home yet; `creditmill run --logs DIR --home"
                f" {shlex.quote(str(self.path))}` makes one"
            )
        return self

    def require_settings(self) -> None:
        """Raise DamagedHome where `home.toml` is gone from a home that had one."""
        if not self.exists() and self.journal_file.exists():
            raise DamagedHome([f"{self.settings_file}: is missing; {RESTORE}"])

    @contextmanager
    def lock(self, say: home_lock.Say | None = None) -> Iterator[None]:
        """Keep other writers out, in this thread again and again. Where another is at work, wait
        for it and say so (`say`, else as the home was opened with); CreditmillError where that
        takes longer than `wait_seconds`."""
        if holding.is_held(self):
            yield
            return
        handle = home_lock.open_lock(self.path)
        try:
            home_lock.hold(handle, self.path, self.wait_seconds, say or self.say)
            with holding.holding(self):
                yield
        finally:
            os.close(handle)

    @contextmanager
    def try_lock(self) -> Iterator[bool]:
        """Lock like `lock`, but give False at once where another run is under way."""
        if holding.is_held(self):
            yield True
            return
        handle = home_lock.open_lock(self.path)
        try:
            if home_lock.try_to_hold(handle):
                with holding.holding(self):
                    yield True
            else:
                yield False
        finally:
            os.close(handle)

    def note_checked(self) -> None:
        """Note what was found right, and how far the journal went: it may never be shorter."""
        self.checked.through = max(self.checked.through or 0, self.journal.lines)
        if not (self.checked.is_as_read and self.checked_file.is_file()):
            files.write_bytes(self.checked_file, self.checked.to_json(), self.scratch)

    def settings(self) -> HomeSettings:
        """Return the settings that `home.toml` holds; ConfigurationError where its reports were
        made with a time zone or dimensions that are none of these."""
        return settings_file.settings_of(self)

    def is_empty(self) -> bool:
        """Return whether no log was ever ingested: what the home is made with may still be changed."""
        journal = self.journal
        was_used = journal.named.receipts or journal.faults or self.dates() or self.received()
        return not was_used

    def receipt_files(self) -> list[Path]:
        """Return the receipt file of every accepted log, by SHA-256."""
        return [self.receipt_file(file) for file in sorted(self.received())]

    def received(self) -> set[str]:
        """Return the SHA-256 of every accepted log: those that have a receipt."""
        if not self.receipts.is_dir():
            return set()
        names = os.listdir(self.receipts)
        return {file for name in names if (file := log_of(name)) is not None}

    def kept_log(self, file: str) -> Path:
        """Return where the log of this SHA-256 is kept, whether a source reads it or not."""
        record = self.journal.named.receipts.get(file)
        if record is not None:
            return self.kept(record)
        raw = self.log(file, is_raw=True)
        return raw if raw.is_file() else self.log(file)

    def all_receipts(self) -> list[Receipt]:
        """Return every accepted log that was not withdrawn, by SHA-256, as the journal has it."""
        named = self.journal.require().named
        with many_objects():
            return [
                receipt_of(named.receipts[file])
                for file in sorted(named.receipts)
                if file not in named.withdrawn
            ]

    def dates_of(self, file: str) -> list[date]:
        """Return the usage dates of a log, withdrawn or not."""
        return [date.fromisoformat(day) for day in self.journal.named.receipts[file]["dates"]]

    def dates(self) -> list[date]:
        """Return every usage date with a version, a blocked attempt or a correction, in order."""
        return sorted(dates_in(self.reports) | dates_in(self.corrections))

    def all_corrections(self, day: date) -> list[Booked]:
        """Return every whole correction of a date, in order; also one whose run was cut short."""
        return [Booked(day, *found) for found in numbered(self.correction_folder(day))]

    def versions(self, day: date) -> list[Version]:
        """Return every whole version of a date, in order; also one whose publishing was cut short."""
        return [Version(day, *found) for found in numbered(self.date_folder(day))]

    def state(self, day: date) -> DateState:
        """Return all that the home holds of a date, read once."""
        current = self.current(day)
        corrections = tuple(self._booked(day, current))
        file = self.reviewed_file(day)
        reviewed = file.read_text(errors="replace") if file.is_file() else ""
        return DateState(day, current, corrections, self.blocked(day), reviewed)

    def booked(self, day: date) -> list[Booked]:
        """Return the corrections of a date that count: a reversal does once its version is in
        force."""
        return self._booked(day, self.current(day))

    def _booked(self, day: date, current: Version | None) -> list[Booked]:
        number = current.number if current else 0
        found = self.all_corrections(day)
        return [one for one in found if (one.manifest.reversed_by or 0) <= number]

    def reported(self, day: date) -> Reported | None:
        """Return what was last reported of a date: its last correction, unless a version since took
        its place, else the version in force."""
        current = self.current(day)
        return last_reported(current, self._booked(day, current))

    def current(self, day: date) -> Version | None:
        """Return the version in force, if any; CreditmillError where it is gone."""
        try:
            name = self.in_force(VERSION, day)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CreditmillError(
                f"{self.date_folder(day) / 'current'} is not a link to a version: {reason_of(error)}"
            ) from error
        folder = self.date_folder(day) / name
        if not name.isdecimal() or not (folder / manifests.FILE_NAME).is_file():
            raise CreditmillError(f"{folder}: the version in force is missing; restore it")
        return Version(day, int(name), folder)

    def blocked(self, day: date) -> BlockedAttempt | None:
        """Return the blocked attempt that is still the last word on a date, if any."""
        folder = self.blocked_folder(day)
        is_there = (folder / manifests.FILE_NAME).is_file()
        return Blocked(day, 0, folder).manifest if is_there else None
