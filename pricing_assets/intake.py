"""Intake: take in new usage logs by their bytes, and write a receipt of what came.

A receipt routes each log to the usage dates it touches. Which files there are is found in `inbox`,
what they hold is read in `receipts`; rows are judged in `usage`.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pricing_assets import duck, events, files, inbox, receipts
from pricing_assets.errors import RejectedLog
from pricing_assets.home import Home, Receipt, Terms, now
from pricing_assets.inbox import Rejection
from pricing_assets.receipts import Candidate

BATCH_FILES = 200
BATCH_BYTES = 2_000_000_000


@dataclass
class Arrivals:
    """What one look at the inbox brought."""

    taken: list[Receipt] = field(default_factory=list)
    redelivered: list[str] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    known: int = 0

    def mostly_undated(self, terms: Terms) -> list[Receipt]:
        """Logs of which more than the quarantine limit has no usage date."""
        return [log for log in self.taken if is_mostly_undated(log, terms)]


def is_mostly_undated(log: Receipt, terms: Terms) -> bool:
    """Whether more than `quarantine_limit` of a log's rows has no usage date."""
    from decimal import Decimal

    return sum(log.undated.values()) > Decimal(terms.quarantine_limit) * log.rows


def take_in(
    home: Home,
    logs: Iterable[Path],
    terms: Terms,
    limits: duck.Limits | None = None,
    progress: Callable[[str], None] | None = None,
    received_at: datetime | None = None,
) -> Arrivals:
    """Take in every log that is new by its bytes; the home must be locked by the caller."""
    arrivals = Arrivals()
    received_at = received_at or now()
    seen = inbox.load_seen(home)
    before = dict(seen)
    known = {path.stem for path in home.receipts.glob("*.json") if len(path.stem) == 64}
    try:
        with files.scratch_folder(home.scratch, "intake-") as scratch:
            candidates = _candidates(home, logs, terms, scratch, seen, known, arrivals, progress)
            for batch in _batches(candidates):
                if progress:
                    progress(f"reading {len(batch)} new logs")
                for candidate, outcome in _read(home, batch, terms, received_at, limits, scratch):
                    name = str(candidate.source)
                    if isinstance(outcome, RejectedLog):
                        known.discard(candidate.sha256)
                        twins = [
                            twin
                            for twin in arrivals.redelivered
                            if seen[twin][2] == candidate.sha256
                        ]
                        for same in (name, *twins):
                            stamp = candidate.stamp if same == name else seen[same][:2]
                            detail = str(outcome)
                            arrivals.rejected.append(Rejection(same, outcome.reason, detail))
                            seen[same] = [*stamp, "", outcome.reason, detail]
                        arrivals.redelivered = [
                            path for path in arrivals.redelivered if path not in twins
                        ]
                    else:
                        arrivals.taken.append(outcome)
                        seen[name] = [*candidate.stamp, candidate.sha256, "", ""]
    finally:
        if seen != before:
            files.write_bytes(home.seen_file, files.to_json(seen), home.scratch)
    return arrivals


def _candidates(
    home: Home,
    logs: Iterable[Path],
    terms: Terms,
    scratch: Path,
    seen: dict[str, list[object]],
    known: set[str],
    arrivals: Arrivals,
    progress: Callable[[str], None] | None,
) -> Iterator[Candidate]:
    """Files that are new by their bytes and pass the gate; the others are noted in `arrivals`."""
    for path in logs:
        name, stamp = str(path), [0, 0]
        try:
            status = path.stat()
            stamp = [status.st_size, status.st_mtime_ns]
            entry = seen.get(name)
            if entry is not None and entry[:2] == stamp and (entry[2] in known or entry[2] == ""):
                arrivals.known += 1
                continue
            if not stat.S_ISREG(status.st_mode):
                raise RejectedLog("not_a_file", "no regular file bears this name")
            if progress:
                progress(f"copying {path.name}")
            copy = scratch / "copy"
            sha256, size = files.copy_with_digest(path, copy)
            if inbox.stamp_of(path) != stamp or size != stamp[0]:
                raise RejectedLog("unsettled", "the file changed while it was read")
            if sha256 in known:
                arrivals.redelivered.append(name)
                seen[name] = [*stamp, sha256, "", ""]
                copy.unlink()
                continue
            schema, rows = events.gate(copy, terms.dimensions)
            kept = scratch / f"{sha256}.parquet"
            os.replace(copy, kept)
            known.add(sha256)
            yield Candidate(path, kept, sha256, size, stamp, rows, schema)
        except OSError as error:
            arrivals.rejected.append(Rejection(name, "unreadable", f"cannot be read: {error}"))
        except RejectedLog as error:
            arrivals.rejected.append(Rejection(name, error.reason, str(error)))
            seen[name] = [*stamp, "", error.reason, str(error)]


def _batches(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    batch: list[Candidate] = []
    for candidate in candidates:
        batch.append(candidate)
        if len(batch) >= BATCH_FILES or sum(log.size for log in batch) >= BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(
    home: Home,
    batch: list[Candidate],
    terms: Terms,
    received_at: datetime,
    limits: duck.Limits | None,
    scratch: Path,
) -> Iterator[tuple[Candidate, Receipt | RejectedLog]]:
    """Read whole batches; where one cannot be read, its logs one by one, to find the culprit."""
    import duckdb

    try:
        made = receipts.read(home, batch, terms, received_at, limits, scratch)
    except (duckdb.Error, UnicodeDecodeError) as error:
        if len(batch) == 1:
            batch[0].copy.unlink(missing_ok=True)
            text = str(error).splitlines()[0]
            yield batch[0], RejectedLog("unreadable", f"its data cannot be decoded: {text}")
            return
        for candidate in batch:
            yield from _read(home, [candidate], terms, received_at, limits, scratch)
        return
    for candidate, receipt in zip(batch, made, strict=True):
        if sum(receipt.dates.values()) + sum(receipt.undated.values()) != candidate.rows:
            candidate.copy.unlink(missing_ok=True)
            yield candidate, RejectedLog("unreadable", "fewer rows can be read than it announces")
            continue
        os.chmod(candidate.copy, 0o444)
        if receipt.undated:
            quarantine = scratch / f"{receipt.file}.quarantine.parquet"
            files.sync_file(quarantine)
            files.move(quarantine, home.undated(receipt.file))
        files.move(candidate.copy, home.log(receipt.file))
        files.write_bytes(
            home.receipt_file(receipt.file), files.to_json(receipt.__dict__), home.scratch
        )
        yield candidate, receipt
