"""Record what becomes of each file of one look at the inbox: ingested, rejected, redelivered or left
to wait; in the journal, in the folder of logs, and in what is known of files.

In which order files are read, and how, belongs to `take_in`.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from pricing_assets.common import files, hive_paths
from pricing_assets.common.errors import RejectedLog
from pricing_assets.home import Home, Receipt, presence
from pricing_assets.home.entries import receipt_entry
from pricing_assets.intake import inbox, stated_digests
from pricing_assets.intake.arrivals import Arrivals
from pricing_assets.intake.arrived import Arrived
from pricing_assets.intake.inbox import Met, Rejection, Stamp
from pricing_assets.intake.keep import keep_made, keep_source
from pricing_assets.intake.other_source import other_source
from pricing_assets.intake.stated_digests import Stated
from pricing_assets.logs import path_columns
from pricing_assets.logs import schema as log_schema
from pricing_assets.sources.kept import KeptSource
from pricing_assets.sources.source import TABLE_FORMATS

RESOURCES = "resource_limit"
"""The reason of a rejection that may not come again: the machine has a say in it."""


def wrong_digest(file_name: str, sha256: str, stated: Stated) -> RejectedLog:
    """Return the rejection of a log that has another digest than the one that is stated of it."""
    return RejectedLog(
        inbox.WRONG_DIGEST,
        f"{stated_digests.in_words(stated)}; {file_name} has {sha256}: have file or digest sent again",
    )


@dataclass
class Candidate:
    """A log copied aside, and not yet examined; its `reference`, where its bytes stay where they lie."""

    source: str
    stamp: Stamp
    log: Arrived
    reference: dict[str, str] | None = None


@dataclass
class Recorder:
    """What became of the files so far, and what of it is written down.

    `known` are the SHA-256 of logs that the home has or that are being examined, `lost` those whose
    bytes the home has no more; `taken` are kept and not yet committed; `syncs_together` says whether
    logs are made durable all at once, before they are committed: there may be thousands of a few rows.
    DamagedHome where anything else is lost.
    """

    home: Home
    dimensions: tuple[str, ...]
    scratch: Path
    seen: inbox.Seen
    source: KeptSource | None
    folder_of: Callable[[str], str]
    arrivals: Arrivals = field(default_factory=Arrivals)
    known: set[str] = field(init=False)
    lost: set[str] = field(init=False)
    taken: dict[str, Receipt] = field(default_factory=dict)
    warned: set[tuple[str, str]] = field(default_factory=set)
    saved: inbox.Seen = field(init=False)
    saved_at: float = field(default_factory=time.monotonic)
    syncs_together: bool = False

    def __post_init__(self) -> None:
        """Note what is written down already."""
        self.saved = dict(self.seen)
        self.known = set(self.home.journal.require().named.receipts)
        self.lost = presence.lost_logs(self.home)

    def commit(self) -> None:
        """Commit the logs that were examined: with their lines in the journal they are ingested."""
        if self.taken:
            keep_source(self.home, self.source)
            if self.syncs_together:
                files.sync_file_system(self.home.path)  # copies and their names: see `together`
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

    def is_settled(self, met: Met | None) -> bool:
        """Return whether what became of a file still holds: its log is here, or it was rejected, but not
        for want of resources."""
        if met is None:
            return False
        if not met.sha256:
            return met.reason != RESOURCES
        return met.sha256 in self.known and met.sha256 not in self.lost

    def keep(self, candidate: Candidate, receipt: Receipt) -> None:
        """Keep a log and its quarantine: with its line in the journal, which `commit` writes, it is
        ingested."""
        copy = candidate.log.copy
        is_here = copy.exists()  # else it was examined elsewhere
        if is_here:
            os.chmod(copy, 0o444)
        receipt = replace(receipt, reference=candidate.reference)
        with self.together():
            receipt = keep_made(self.home, receipt, self.scratch)
            if not is_here:
                pass
            elif receipt.has_raw:
                kept = self.home.log(receipt.file, is_raw=receipt.source is not None)
                files.move(copy, kept)
                if receipt.reference:
                    self.home.brought.add(kept)  # for as long as this run may need it
            else:
                copy.unlink()
        self.seen[candidate.source] = Met(candidate.stamp, receipt.file)
        self.taken[receipt.file] = receipt
        if receipt.source is None:
            self._tell_overlooked(receipt)
        self._check_twins(receipt.file)

    def _tell_overlooked(self, receipt: Receipt) -> None:
        """Warn of columns that are not read for their spelling, each once for all files."""
        for pair in log_schema.overlooked(receipt.schema, self.dimensions):
            if pair not in self.warned:
                self.warned.add(pair)
                self.arrivals.warnings.append(
                    f"column {pair[0]!r} of {receipt.shown_name} is not read, and {pair[1]!r} is"
                    " missing there: names count exactly. If it is the same, withdraw the log"
                    f" (`creditmill withdraw {receipt.file[:16]} --reason TEXT`), and send it again with"
                    " that name"
                )

    def reject(
        self, name: str, stamp: Stamp, error: RejectedLog, stated: Stated | None = None
    ) -> None:
        """Record a rejection; the file is tried again when its stamp is another, or it has none."""
        self.arrivals.rejected.append(Rejection(name, error.reason, str(error)))
        held = [stated.sha256, str(stated.file)] if stated else None
        self.seen[name] = Met(stamp, "", error.reason, str(error), held, inbox.read_by(self.source))

    def reject_all(self, candidate: Candidate, error: RejectedLog) -> None:
        """Reject a log, and every file of the same bytes that came with it."""
        self.reject(candidate.source, candidate.stamp, error)
        for twin in self._twins(candidate):
            self.reject(twin, self.seen[twin].stamp, error)

    def wait(self, candidate: Candidate) -> None:
        """Leave a log that there was no time for, and every file of the same bytes, as if new."""
        self.arrivals.waiting.append(candidate.source)
        for twin in self._twins(candidate):
            del self.seen[twin]
            self.arrivals.waiting.append(twin)

    def meet_again(self, name: str, sha256: str, copy: Path) -> None:
        """Note the same bytes once more: they count once, and bring back a log that was lost."""
        first = self.home.journal.named.receipts.get(sha256)
        if sha256 in self.taken or first is not None:
            self._check_path(name, sha256)
        if sha256 in self.lost:
            os.chmod(copy, 0o444)
            files.sync_file(copy)
            files.move(copy, self.home.kept_log(sha256))
            self.lost.discard(sha256)
            self.arrivals.healed.append(name)
        elif sha256 in self.home.journal.named.withdrawn:
            self.arrivals.withdrawn.append(name)
        else:
            self.arrivals.redelivered.append(name)
            self.warn(other_source(name, first, self.source))

    def warn(self, messages: Iterable[str]) -> None:
        """Note warnings, each once."""
        self.arrivals.warnings += [one for one in messages if one not in self.arrivals.warnings]

    def together(self) -> AbstractContextManager[None]:
        """Leave it to `commit` to make logs durable, where they are many."""
        return files.synced_together() if self.syncs_together else nullcontext()

    def _check_path(self, path: str, sha256: str) -> None:
        """Raise RejectedLog where the same bytes came under another value of a column in the path: what
        a log says depends on its bytes and one path. A log of no rows says nothing."""
        in_path = hive_paths.in_path(Path(self.folder_of(path)))
        if self.source is not None:  # JSON says all by itself
            self._check_raw_path(in_path, sha256)
            return
        if not (in_path.keys() & path_columns.may_be_read(self.dimensions)):
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

    def _check_raw_path(self, in_path: Mapping[str, str | None], sha256: str) -> None:
        """Raise RejectedLog where the same raw bytes came under another value of a column that their source
        reads from the path."""
        held = self.taken.get(sha256)
        first = held.record() if held else self.home.journal.named.receipts[sha256]
        before = json.loads((first.get("source") or {}).get("in_path", "{}"))
        read: Iterable[str] = ()
        of = self.source.source if self.source is not None else None
        if of is not None and {"csv", "parquet", *TABLE_FORMATS} & {*of.formats}:
            read = of.names
        for name in sorted(before.keys() & read):
            if in_path.get(name, before[name]) != before[name]:
                raise RejectedLog(
                    "other_path",
                    f"its path says {name} {in_path[name]!r}, but the same bytes came as"
                    f" {first['file_name']} with {before[name]!r}; write the column into the files",
                )

    def _check_twins(self, sha256: str) -> None:
        """Check the same for files of the same bytes that came before these were examined."""
        for twin in [one for one in self.arrivals.redelivered if self.seen[one].sha256 == sha256]:
            try:
                self._check_path(twin, sha256)
            except RejectedLog as error:
                self.arrivals.redelivered.remove(twin)
                self.reject(twin, self.seen[twin].stamp, error)

    def _twins(self, candidate: Candidate) -> list[str]:
        """Return the files of the same bytes, which are not a redelivery after all."""
        twins = [
            twin
            for twin in self.arrivals.redelivered
            if self.seen[twin].sha256 == candidate.log.sha256
        ]
        for twin in twins:
            self.arrivals.redelivered.remove(twin)
        return twins
