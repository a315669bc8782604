"""Intake: take in new usage logs by their bytes, and write a receipt of what came.

A receipt routes each log to the usage dates it touches. Rows are judged in `usage`, not here,
but for those of no usage date, which no date's run would ever read.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets import contract, dates, duck, events, files
from pricing_assets.contract import BLANKS
from pricing_assets.errors import ConfigurationError, RejectedLog
from pricing_assets.home import FUTURE_ALLOWANCE, Home, Receipt, Terms, now

if TYPE_CHECKING:
    import duckdb

BATCH_FILES = 200
BATCH_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Rejection:
    """A file that was not taken in: where, why in a word, and what is wrong with it."""

    path: str
    reason: str
    detail: str


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


@dataclass
class _Candidate:
    """A log copied aside, gated, and not yet read."""

    source: Path
    copy: Path
    sha256: str
    size: int
    stamp: list[int]
    rows: int
    schema: events.Schema


def list_logs(folder: Path, home: Home) -> list[Path]:
    """Every `*.parquet` under the folder at any depth, but for the home's own, in order."""
    if not folder.is_dir():
        raise ConfigurationError(f"--logs {folder} is no folder; give the folder of usage logs")
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if Path(parent, name).resolve() != home.path]
        found += [Path(parent, name) for name in names if name.endswith(".parquet")]
    return sorted(found, key=lambda path: os.fsencode(path))


def stamp_of(path: Path) -> list[int]:
    """What changes when a file does: size and time."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def load_seen(home: Home) -> dict[str, list[object]]:
    """Per path: size, time, SHA-256 ('' where rejected), reason and detail of a rejection."""
    if not home.seen_file.is_file():
        return {}
    seen: dict[str, list[object]] = files.read_json(home.seen_file)
    return seen


def rejected_before(home: Home) -> list[Rejection]:
    """Files that were rejected, are still there and have not changed."""
    still = []
    for name, entry in load_seen(home).items():
        path = Path(name)
        if entry[2] == "" and path.exists() and stamp_of(path) == entry[:2]:
            still.append(Rejection(name, str(entry[3]), str(entry[4])))
    return still


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
    seen = load_seen(home)
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
) -> Iterator[_Candidate]:
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
            if stamp_of(path) != stamp or size != stamp[0]:
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
            yield _Candidate(path, kept, sha256, size, stamp, rows, schema)
        except OSError as error:
            arrivals.rejected.append(Rejection(name, "unreadable", f"cannot be read: {error}"))
        except RejectedLog as error:
            arrivals.rejected.append(Rejection(name, error.reason, str(error)))
            seen[name] = [*stamp, "", error.reason, str(error)]


def _batches(candidates: Iterable[_Candidate]) -> Iterator[list[_Candidate]]:
    batch: list[_Candidate] = []
    for candidate in candidates:
        batch.append(candidate)
        if len(batch) >= BATCH_FILES or sum(log.size for log in batch) >= BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(
    home: Home,
    batch: list[_Candidate],
    terms: Terms,
    received_at: datetime,
    limits: duck.Limits | None,
    scratch: Path,
) -> Iterator[tuple[_Candidate, Receipt | RejectedLog]]:
    """Read whole batches; where one cannot be read, its logs one by one, to find the culprit."""
    import duckdb

    try:
        receipts = _receipts(home, batch, terms, received_at, limits, scratch)
    except (duckdb.Error, UnicodeDecodeError) as error:
        if len(batch) == 1:
            batch[0].copy.unlink(missing_ok=True)
            text = str(error).splitlines()[0]
            yield batch[0], RejectedLog("unreadable", f"its data cannot be decoded: {text}")
            return
        for candidate in batch:
            yield from _read(home, [candidate], terms, received_at, limits, scratch)
        return
    for candidate, receipt in zip(batch, receipts, strict=True):
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


def _receipts(
    home: Home,
    batch: list[_Candidate],
    terms: Terms,
    received_at: datetime,
    limits: duck.Limits | None,
    scratch: Path,
) -> list[Receipt]:
    future_after = (received_at + FUTURE_ALLOWANCE).replace(tzinfo=None)
    undated: dict[str, dict[str, int]] = {log.sha256: {} for log in batch}
    by_date: dict[str, dict[str, int]] = {log.sha256: {} for log in batch}
    with duck.connection(limits, home.scratch) as con:
        events.relation_of(
            con, [(log.copy, log.schema, None) for log in batch], terms.dimensions
        ).create_view("arrived")
        utc_days: set[date] = set()
        found = con.sql(
            duck.statement("arrivals"), params={"future_after": future_after}
        ).fetchall()
        for file, reason, utc_day, rows, _ in found:
            if reason is not None:
                undated[file][reason] = undated[file].get(reason, 0) + rows
            else:
                utc_days.add(utc_day)
                if terms.timezone == "UTC":
                    by_date[file][utc_day.isoformat()] = rows
        if terms.timezone != "UTC" and utc_days:
            load_pieces(con, dates.pieces(dates.dates_around(utc_days), terms.timezone))
            dated = con.sql(
                duck.statement("arrivals_by_date"), params={"future_after": future_after}
            )
            for file, usage_date, rows in dated.fetchall():
                by_date[file][usage_date.isoformat()] = rows
        for log in batch:
            if undated[log.sha256]:
                _keep_undated(con, log, future_after, terms.dimensions, scratch)
    return [
        Receipt(
            file=log.sha256,
            file_name=log.source.name,
            received_at=received_at.isoformat(),
            rows=log.rows,
            bytes=log.size,
            dates=dict(sorted(by_date[log.sha256].items())),
            undated=dict(sorted(undated[log.sha256].items())),
            schema=log.schema,
        )
        for log in batch
    ]


def _keep_undated(
    con: "duckdb.DuckDBPyConnection",
    log: _Candidate,
    future_after: datetime,
    dimensions: tuple[str, ...],
    scratch: Path,
) -> None:
    """The rows of no usage date, as quarantine, beside the receipt."""
    duck.write(
        con,
        contract.stored("quarantine", dimensions),
        f"({duck.statement('undated')})",
        scratch / f"{log.sha256}.quarantine.parquet",
        dimensions,
        file=log.sha256,
        future_after=future_after,
    )


def load_pieces(con: "duckdb.DuckDBPyConnection", pieces: list[dates.Piece]) -> None:
    """The relation `pieces`, and the blanks that ids are judged by."""
    import pyarrow as pa

    def instants(values: Iterable[datetime]) -> "pa.Array":
        return pa.array([value.replace(tzinfo=None) for value in values], pa.timestamp("us"))

    table = pa.table(
        {
            "utc_day": pa.array([piece.utc_day for piece in pieces], pa.date32()),
            "usage_date": pa.array([piece.usage_date for piece in pieces], pa.date32()),
            "span_from": instants(piece.span.start for piece in pieces),
            "span_to": instants(piece.span.end for piece in pieces),
            "rates_from": instants(piece.rates_from for piece in pieces),
        }
    )
    con.register("given_pieces", table)
    con.execute("create or replace temp table pieces as from given_pieces")
    con.unregister("given_pieces")
    con.execute("set variable blanks = $blanks", {"blanks": BLANKS})
