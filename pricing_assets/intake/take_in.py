"""Intake: ingest new usage logs by their bytes, and write a receipt of what came.

A receipt routes each log to the usage dates it touches. Which files there are is found in `inbox`,
what they hold is read in `receipts`; rows are judged in `usage`.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.common.clock import now
from pricing_assets.common.errors import RejectedLog
from pricing_assets.common.text import counted
from pricing_assets.home import Home, Receipt, presence
from pricing_assets.home.entries import receipt_entry, source_entry
from pricing_assets.home.settings import HomeSettings
from pricing_assets.intake import inbox, stated_digests
from pricing_assets.intake.arrivals import Arrivals, How
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.inbox import Met, Rejection
from pricing_assets.intake.inbox_scan import name_of, root_of
from pricing_assets.intake.reader import Reader
from pricing_assets.intake.stated_digests import Stated
from pricing_assets.logs import path_columns
from pricing_assets.sources.kept import KeptSource

BATCH_FILES = 200
RAW_FILES = 5_000
"""Raw logs that are read together: small ones are mapped in one pass, into one file."""
BATCH_BYTES = 2_000_000_000
SAVE_SECONDS = 5
"""What was learnt of files is written down at least so often, as long as any is learnt."""
RESOURCES = "resource_limit"
"""The reason of a rejection that may not come again: the machine has a say in it."""


def take_in(
    home: Home,
    logs: Iterable[Path | str],
    terms: HomeSettings,
    how: How | None = None,
    inbox_folder: Path | None = None,
) -> Arrivals:
    """Ingest every log that is new by its bytes; the home must be locked by the caller.

    Links may lead to files within `inbox_folder` (or the folder of a file or pattern) and nowhere
    else. Files that are not read before `how.until` wait for the next run. So small files come
    first, and those that were rejected for want of resources, which are tried again, last.
    """
    how = how or How()
    sources = {} if how.source is None else {how.source.digest: how.source}
    rules = Rules(terms.timezone, terms.dimensions, how.limits, how.file_limits, sources)
    seen = inbox.load_seen(home)
    with (
        files.scratch_folder(home.scratch, "intake-") as scratch,
        nullcontext(how.reader) if how.reader else Reader() as reading,
    ):
        at = how.received_at or now()
        taking = _Taking(home, rules, at, scratch, seen, reading, how.until, how.source)
        try:
            root = None if inbox_folder is None else root_of(inbox_folder)
            taking.take(logs, root, how.progress)
        finally:
            taking.save()
    return taking.arrivals


@dataclass
class _Candidate:
    """A log copied aside, and not yet examined."""

    source: str
    stamp: list[int]
    log: Arrived


@dataclass
class _Taking:
    """One look at the inbox, under way."""

    home: Home
    rules: Rules
    received_at: datetime
    scratch: Path
    seen: inbox.Seen
    reader: Reader
    until: float
    source: KeptSource | None
    arrivals: Arrivals = field(default_factory=Arrivals)
    digests: stated_digests.Folders = field(default_factory=stated_digests.Folders)
    lost: set[str] = field(default_factory=set)
    taken: dict[str, Receipt] = field(default_factory=dict)
    saved: inbox.Seen = field(default_factory=dict)
    saved_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Note what is written down already."""
        self.saved = dict(self.seen)

    def commit(self) -> None:
        """Commit the logs that were examined: with their lines in the journal they are ingested."""
        if self.taken:
            keep_source(self.home, self.source)
            if self.source is not None:
                files.sync_file_system(self.home.path)  # copies and their names: see `_together`
            self.home.commit([receipt_entry(log.record()) for log in self.taken.values()])
            self.arrivals.taken += self.taken.values()
            self.taken = {}

    def save(self) -> None:
        """Commit what was examined, and write down what is known of files."""
        self.commit()
        if self.saved != self.seen:
            inbox.save_seen(self.home, self.seen)
            self.saved = dict(self.seen)
        self.saved_at = time.monotonic()

    def take(
        self,
        logs: Iterable[Path | str],
        inbox_folder: Path | None,
        progress: Callable[[str], None],
    ) -> None:
        known = set(self.home.journal.require().named.receipts)
        self.lost = presence.lost_logs(self.home)  # DamagedHome where anything else is lost
        new = sorted(self._new(logs, known), key=self._place)
        in_order = [path for path, _ in new]
        candidates_in_order = self._candidates(in_order, inbox_folder, known, progress)
        most = BATCH_FILES if self.source is None else RAW_FILES
        for batch in _batches(candidates_in_order, most):
            progress(f"reading {counted(len(batch), 'new log')}")
            candidates = {candidate.log.sha256: candidate for candidate in batch}
            arrived = [candidate.log for candidate in batch]
            for log, became in self.reader.examined(
                arrived, self.rules, self.received_at, self.scratch, self.until
            ):
                candidate = candidates.pop(log.sha256)
                if isinstance(became, RejectedLog):
                    known.discard(log.sha256)
                    log.copy.unlink(missing_ok=True)
                    self._reject_all(candidate, became)
                else:
                    self.taken[log.sha256] = self._keep(candidate, became)
                    self._check_twins(became.file)
                if time.monotonic() > self.saved_at + SAVE_SECONDS:
                    self.save()
            for candidate in candidates.values():
                self._wait(candidate)
            self.commit()

    def _new(self, logs: Iterable[Path | str], known: set[str]) -> Iterator[tuple[Path, int]]:
        """Files that are not as they were when they were met, and their sizes."""
        for log in logs:
            name, size = os.fspath(log), 0
            if not name.startswith("/"):
                name = os.path.abspath(name)
            try:
                stamp = inbox.stamp_of(name)
                size = stamp[0]
                met = self.seen.get(name)
                if (
                    met
                    and self._is_settled(met, known)
                    and inbox.is_met(name, stamp, met, self.source)
                ):
                    self.arrivals.known += 1
                    continue
            except OSError:
                pass  # it is named where it is read
            yield Path(name), size

    def _place(self, new: tuple[Path, int]) -> tuple[bool, int]:
        """In which order files are read."""
        path, size = new
        met = self.seen.get(str(path))
        return met is not None and met.reason == RESOURCES, size

    def _candidates(
        self,
        logs: Iterable[Path],
        inbox_folder: Path | None,
        known: set[str],
        progress: Callable[[str], None],
    ) -> Iterator[_Candidate]:
        """Files that are new by their bytes; the others are noted in `arrivals`."""
        for path in logs:
            name, stamp = str(path), []
            met = self.seen.get(name)
            try:
                stamp = inbox.stamp_of(path)
                if self._is_settled(met, known) and inbox.is_same_content(path, stamp, met):
                    self.seen[name] = self.seen[name]._replace(stamp=stamp)
                    self.arrivals.known += 1
                    continue
                if time.monotonic() > self.until:
                    self.arrivals.waiting.append(name)
                    continue
                progress(f"copying {path.name}")
                copy = self.scratch / "copy"
                most = self.rules.file_limits.file_bytes
                with self._together():
                    sha256, size = inbox.set_aside(path, copy, inbox_folder, most)
                stated = None
                if self.digests.may_state(path, inbox_folder):
                    stated = stated_digests.stated(path, inbox_folder)
                    self._warn(stated_digests.warnings(path, inbox_folder))
                if stated is not None and stated.sha256 != sha256:
                    self._reject(name, stamp, _wrong_digest(path, sha256, stated), stated)
                    continue
                if sha256 in known:
                    self._meet_again(name, sha256, copy)
                    self.seen[name] = Met(stamp, sha256)
                    continue
            except OSError as error:
                unreadable = RejectedLog("unreadable", f"cannot be read: {error}")
                self._reject(name, [], unreadable)
            except RejectedLog as error:
                # What its size and time will be is not known while it changes.
                self._reject(name, [] if error.reason == "unsettled" else stamp, error)
            else:
                kept = self.scratch / self.home.log(sha256, is_raw=self.source is not None).name
                os.replace(copy, kept)
                known.add(sha256)
                log = Arrived(
                    kept, path.name, sha256, size, "digest" if stated else "", str(path.parent)
                )
                if self.source is not None:
                    inbox_folder = inbox_folder or path.parent
                    log = log._replace(source=self.source.digest, inbox=name_of(inbox_folder))
                yield _Candidate(name, stamp, log)

    def _is_settled(self, met: Met | None, known: set[str]) -> bool:
        """Whether what became of a file still holds: its log is here, or it was rejected, but not
        for want of resources."""
        if met is None:
            return False
        if not met.sha256:
            return met.reason != RESOURCES
        return met.sha256 in known and met.sha256 not in self.lost

    def _check_path(self, path: str, sha256: str) -> None:
        """RejectedLog where the same bytes came under another value of a column in the path: what
        a log says depends on its bytes and one path. A log of no rows says nothing."""
        in_path = path_columns.in_path(Path(path).parent)
        if not (in_path.keys() & path_columns.may_be_read(self.rules.dimensions)):
            return
        held = self.taken.get(sha256)
        first = held.record() if held else self.home.journal.named.receipts[sha256]
        for name, value in path_columns.values_of(first["schema"]).items():
            if first["rows"] and in_path.get(name, value) != value:
                raise RejectedLog(
                    "other_path",
                    f"its path says {name} {in_path[name]!r}, but the same bytes came as"
                    f" {first['file_name']} with {value!r}; write the column into the files",
                )

    def _check_twins(self, sha256: str) -> None:
        """Check the same for files of the same bytes that came before these were examined."""
        for twin in [one for one in self.arrivals.redelivered if self.seen[one].sha256 == sha256]:
            try:
                self._check_path(twin, sha256)
            except RejectedLog as error:
                self.arrivals.redelivered.remove(twin)
                self._reject(twin, self.seen[twin].stamp, error)

    def _meet_again(self, name: str, sha256: str, copy: Path) -> None:
        """Note the same bytes once more: they count once, and bring back a log that was lost."""
        if sha256 in self.taken or sha256 in self.home.journal.named.receipts:
            self._check_path(name, sha256)
        if sha256 in self.lost:
            os.chmod(copy, 0o444)
            files.move(copy, self.home.kept_log(sha256))
            self.lost.discard(sha256)
            self.arrivals.healed.append(name)
        elif sha256 in self.home.journal.named.withdrawn:
            self.arrivals.withdrawn.append(name)
        else:
            self.arrivals.redelivered.append(name)

    def _warn(self, said: Iterable[str]) -> None:
        self.arrivals.warnings += [one for one in said if one not in self.arrivals.warnings]

    def _reject(
        self, name: str, stamp: list[int], error: RejectedLog, stated: Stated | None = None
    ) -> None:
        """Record a rejection; the file is tried again when its stamp is another, or it has none."""
        self.arrivals.rejected.append(Rejection(name, error.reason, str(error)))
        held = [stated.sha256, str(stated.file)] if stated else None
        self.seen[name] = Met(stamp, "", error.reason, str(error), held, inbox.read_by(self.source))

    def _reject_all(self, candidate: _Candidate, error: RejectedLog) -> None:
        """Reject a log, and every file of the same bytes that came with it."""
        self._reject(candidate.source, candidate.stamp, error)
        for twin in self._twins(candidate):
            self._reject(twin, self.seen[twin].stamp, error)

    def _wait(self, candidate: _Candidate) -> None:
        """Leave a log that there was no time for, and every file of the same bytes, as if new."""
        self.arrivals.waiting.append(candidate.source)
        for twin in self._twins(candidate):
            del self.seen[twin]
            self.arrivals.waiting.append(twin)

    def _twins(self, candidate: _Candidate) -> list[str]:
        """Files of the same bytes, which are no redelivery after all."""
        twins = [
            twin
            for twin in self.arrivals.redelivered
            if self.seen[twin].sha256 == candidate.log.sha256
        ]
        for twin in twins:
            self.arrivals.redelivered.remove(twin)
        return twins

    def _together(self) -> AbstractContextManager[None]:
        """Make raw logs durable together, before they are committed: there may be thousands of one
        record each."""
        return nullcontext() if self.source is None else files.synced_together()

    def _keep(self, candidate: _Candidate, receipt: Receipt) -> Receipt:
        """Log and quarantine first: with its line in the journal a log is taken in."""
        copy = candidate.log.copy
        os.chmod(copy, 0o444)
        with self._together():
            receipt = keep_made(self.home, receipt, self.scratch)
            files.move(copy, self.home.log(receipt.file, is_raw=receipt.source is not None))
        self.seen[candidate.source] = Met(candidate.stamp, receipt.file)
        return receipt


def keep_source(home: Home, source: KeptSource | None) -> None:
    """Note a source in the journal before the first receipt of a log that it reads."""
    if source is not None and source.digest not in home.journal.named.sources:
        home.commit([source_entry(source.digest, source.record())])


def keep_made(home: Home, receipt: Receipt, scratch: Path) -> Receipt:
    """Keep what examining left in `scratch`: mapped rows, and rows of no usage date; returns the
    receipt that names the digest of these."""
    if receipt.source is not None:
        made = scratch / f"{receipt.source['rows']}.parquet"
        if made.is_file():  # the first of the logs whose rows are in it
            target = home.mapped(receipt.source["sha256"], receipt.source["rows"])
            files.make_folder(target.parent)
            files.move(made, target)
    if not receipt.undated:
        return receipt
    quarantine = scratch / f"{receipt.file}.quarantine.parquet"
    files.sync_file(quarantine)
    receipt = replace(receipt, undated_sha256=files.sha256_of(quarantine))
    files.move(quarantine, home.undated(receipt.file))
    return receipt


def _wrong_digest(path: Path, sha256: str, stated: Stated) -> RejectedLog:
    return RejectedLog(
        inbox.WRONG_DIGEST,
        f"{stated_digests.in_words(stated)}; {path.name} has {sha256}: have file or digest sent again",
    )


def _batches(candidates: Iterable[_Candidate], most: int) -> Iterator[list[_Candidate]]:
    batch: list[_Candidate] = []
    size = 0
    for candidate in candidates:
        batch.append(candidate)
        size += candidate.log.bytes
        if len(batch) >= most or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
