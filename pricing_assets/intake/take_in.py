"""Intake: ingest new usage logs by their bytes, and write a receipt of what came.

A receipt routes each log to the usage dates it touches. Which files there are is found in
`inbox_scan`, what they hold is read in `receipts`, what becomes of them is noted by `recorder`; rows
are judged in `usage`.
"""

import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.common.clock import now
from pricing_assets.common.errors import RejectedLog
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.common.text import counted
from pricing_assets.home import Home, Receipt
from pricing_assets.home.effects import MANY
from pricing_assets.home.settings import HomeSettings
from pricing_assets.intake import unread
from pricing_assets.intake.arrivals import Arrivals, IngestOptions
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.far import BucketLook
from pricing_assets.intake.inbox import Met, Stamp, load_seen
from pricing_assets.intake.inbox_scan import root_of
from pricing_assets.intake.object_place import Bucket
from pricing_assets.intake.place import Folder, Place
from pricing_assets.intake.reader import Reader
from pricing_assets.intake.recorder import RESOURCES, Candidate, Recorder, wrong_digest

BATCH_FILES = 500
RAW_FILES = 5_000
"""Raw logs that are read together: small ones are mapped in one pass, into one file."""
BATCH_BYTES = 2_000_000_000
LEAST_SECONDS = 10
"""How long the first log of a run may take where there is no time left for any."""
SAVE_SECONDS = 5
"""What was learnt of files is written down at least so often, as long as any is learnt."""


def take_in(
    home: Home,
    logs: Iterable[Path | str],
    settings: HomeSettings,
    how: IngestOptions | None = None,
    place: Place | Path | None = None,
) -> Arrivals:
    """Ingest every log that is new by its bytes; the home must be locked by the caller.

    `place` is where they lie: a bucket, or a folder; links may lead to files within it (or the folder
    of a file or pattern) and nowhere else. Files that are not read before `how.until` wait for the
    next run. So small files come first, and those that were rejected for want of resources, which are tried again, last.
    """
    how = how or IngestOptions()
    sources = {} if how.source is None else {how.source.digest: how.source}
    rules = Rules(settings.timezone, settings.dimensions, how.limits, how.file_limits, sources)
    seen = load_seen(home)
    with (
        files.scratch_folder(home.scratch, "intake-") as scratch,
        nullcontext(how.reader) if how.reader else Reader() as reading,
    ):
        at = how.received_at or now()
        if place is None or isinstance(place, Path):
            place = Folder(None if place is None else root_of(place))
        recorder = Recorder(home, rules.dimensions, scratch, seen, how.source, place.folder_of)
        try:
            recorder.warn(place.begin(home, seen))
            look = _Look(recorder, rules, at, reading, how.until, place, stays=how.stays)
            new = look.new(logs)
            with unread.noted(new, seen):
                if how.door is not None and isinstance(place, Bucket) and how.source is None:
                    new = BucketLook(recorder, rules, at, place, how.door).take(new, how)
                look.take(new, how.progress)
            recorder.save()
            place.end(home, seen)
        finally:
            recorder.save()
    return recorder.arrivals


@dataclass
class _Look:
    """One look at the inbox, under way: which files are read, and in which order."""

    recorder: Recorder
    rules: Rules
    received_at: datetime
    reader: Reader
    until: float
    place: Place
    stays: bool = False
    _has_begun: bool = False

    def take(self, new: Sequence[str], progress: Callable[[str], None]) -> None:
        recorder = self.recorder
        recorder.syncs_together = recorder.source is not None or len(new) >= MANY
        candidates_in_order = self._candidates(new, progress)
        most = BATCH_FILES if recorder.source is None else RAW_FILES
        for n, batch in enumerate(_batches(candidates_in_order, most)):
            progress(f"reading {counted(len(batch), 'new log')}")
            candidates = {candidate.log.sha256: candidate for candidate in batch}
            arrived = [candidate.log for candidate in batch]
            for log, became in self._examined(arrived, is_first=n == 0):
                candidate = candidates.pop(log.sha256)
                if isinstance(became, RejectedLog):
                    recorder.known.discard(log.sha256)
                    log.copy.unlink(missing_ok=True)
                    recorder.reject_all(candidate, became)
                else:
                    recorder.keep(candidate, became)
                if time.monotonic() > recorder.saved_at + SAVE_SECONDS:
                    recorder.save()
            for candidate in candidates.values():
                recorder.wait(candidate)
            recorder.commit()

    def _examined(
        self, arrived: Sequence[Arrived], *, is_first: bool
    ) -> Iterator[tuple[Arrived, Receipt | RejectedLog]]:
        """Yield each log with what became of it, as far as there is time; for the first of a run
        there is some in any case, or a run that begins late would read none, like the next one."""
        how, is_late = (self.rules, self.received_at, self.recorder.scratch), is_first
        for answer in self.reader.examined(arrived, *how, self.until):
            is_late = False
            yield answer
        if is_late:
            until = time.monotonic() + LEAST_SECONDS
            yield from self.reader.examined(arrived[:1], *how, until)

    def new(self, logs: Iterable[Path | str]) -> list[str]:
        """Return the files that are not as they were when they were met, in the order in which they
        are read."""
        return [name for name, _ in sorted(self._new(logs), key=self._order)]

    def _new(self, logs: Iterable[Path | str]) -> Iterator[tuple[str, int]]:
        """Yield the files that are not as they were when they were met, and their sizes."""
        recorder = self.recorder
        for log in logs:
            name, size = self.place.name_of(log), 0
            try:
                stamp = self.place.stamp_of(name)
                size = int(stamp[0])
                met = recorder.seen.get(name)
                if (
                    met
                    and recorder.is_settled(met)
                    and self.place.is_met(name, stamp, met, recorder.source)
                ):
                    recorder.arrivals.known += 1
                    continue
            except OSError:
                pass  # it is named where it is read
            yield name, size

    def _order(self, new: tuple[str, int]) -> tuple[bool, int]:
        """Return the place of a file in the order in which files are read."""
        name, size = new
        met = self.recorder.seen.get(name)
        return met is not None and met.reason == RESOURCES, size

    def _candidates(
        self, logs: Iterable[str], progress: Callable[[str], None]
    ) -> Iterator[Candidate]:
        """Yield files that are new by their bytes; note the others in `arrivals`."""
        recorder, place = self.recorder, self.place
        for name in logs:
            stamp: Stamp = []
            folder, file_name = place.folder_of(name), name.rpartition("/")[2]
            met = recorder.seen.get(name)
            try:
                stamp = place.stamp_of(name)
                if recorder.is_settled(met) and place.is_same_content(name, stamp, met):
                    recorder.seen[name] = recorder.seen[name]._replace(stamp=stamp)
                    recorder.arrivals.known += 1
                    continue
                if time.monotonic() > self.until and self._has_begun:
                    recorder.arrivals.waiting.append(name)
                    continue
                progress(f"copying {file_name}")
                copy = recorder.scratch / "copy"
                most = self.rules.file_limits.file_bytes
                with recorder.together():
                    sha256, size = place.set_aside(name, copy, most)
                stated, not_understood = place.stated(name)
                recorder.warn(not_understood)
                if stated is not None and stated.sha256 != sha256:
                    recorder.reject(name, stamp, wrong_digest(file_name, sha256, stated), stated)
                    continue
                if met is not None and met.sha256 not in ("", sha256):
                    recorder.warn(filter(None, [place.replaced(name, met.sha256)]))
                if sha256 in recorder.known:
                    recorder.meet_again(name, sha256, copy)
                    recorder.seen[name] = Met(stamp, sha256)
                    continue
            except OSError as error:
                recorder.reject(name, [], _cannot_be_read(name, error))
            except RejectedLog as error:
                # What its size and time will be is not known while it changes.
                recorder.reject(name, [] if error.reason == "unsettled" else stamp, error)
            else:
                self._has_begun = True
                kept = (
                    recorder.scratch
                    / recorder.home.log(sha256, is_raw=recorder.source is not None).name
                )
                os.replace(copy, kept)
                recorder.known.add(sha256)
                log = Arrived(
                    kept, file_name, sha256, size, "digest" if stated else "", folder or "/"
                )
                if recorder.source is not None:
                    inbox = place.root_of(name)
                    log = log._replace(source=recorder.source.digest, inbox=inbox)
                table = place.table_of(name)
                if table is not None:
                    log = log._replace(table=table[0], columns=table[1])
                reference = None
                if self.stays and isinstance(place, Bucket) and recorder.source is None:
                    reference = place.reference_of(name)
                yield Candidate(name, stamp, log, reference)


def _cannot_be_read(name: str, error: OSError) -> RejectedLog:
    if error.errno == errno.ELOOP:
        return RejectedLog("unreadable", "a link that leads in a circle")
    if isinstance(error, FileNotFoundError) and Path(name).is_symlink():
        return RejectedLog("unreadable", f"a link to {os.readlink(name)!r}, which is not there")
    return RejectedLog("unreadable", f"cannot be read: {reason_of(error)}")


def _batches(candidates: Iterable[Candidate], most: int) -> Iterator[list[Candidate]]:
    batch: list[Candidate] = []
    size = 0
    for candidate in candidates:
        batch.append(candidate)
        size += candidate.log.bytes
        if len(batch) >= most or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
