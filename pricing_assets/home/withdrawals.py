"""Withdrawals: logs that should not have come and are taken back, or ingested again, and why.

Each act is a small file that never changes, as a closing is; a log's bytes are kept. What happens to
its dates is decided by `staleness`, as for every other change.
"""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pricing_assets.common import files, json_files
from pricing_assets.common.clock import now
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.instants import parse_instant
from pricing_assets.common.text import counted
from pricing_assets.home.closings import who
from pricing_assets.home.entries import WITHDRAWAL, JournalEntry, act_entry
from pricing_assets.home.home import Home
from pricing_assets.home.receipt import Receipt

DATES_NAMED = 5
"""Dates of a log that are named; of more, how many and the first and the last."""
WITHDRAW, RESTORE = "withdraw", "restore"
_HEX = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True)
class Withdrawal:
    """One act: a log was withdrawn (`by` the log that takes its place, if any), or restored."""

    number: int
    act: str
    file: str
    file_name: str
    by: str | None
    who: str
    at: str
    reason: str


def acts(home: Home) -> list[Withdrawal]:
    """Return every act, in order."""
    fields = Withdrawal.__dataclass_fields__
    return [
        Withdrawal(**{name: record[name] for name in fields})
        for record in home.journal.require().named.withdrawals
    ]


def withdrawn_at(home: Home, instant: datetime) -> set[str]:
    """Return the logs (SHA-256) that were withdrawn at this instant."""
    withdrawn: set[str] = set()
    for act in acts(home):
        if parse_instant(act.at) <= instant:
            change = withdrawn.add if act.act == WITHDRAW else withdrawn.discard
            change(act.file)
    return withdrawn


def extent_of(home: Home, file: str) -> str:
    """Return in words how many rows the log of this SHA-256 has, and on which dates."""
    record = home.journal.require().named.receipts[file]
    days = sorted(record["dates"])
    where = [f"on {', '.join(days)}"] if days else []
    if len(days) > DATES_NAMED:
        where = [f"on {counted(len(days), 'date')} from {days[0]} to {days[-1]}"]
    if record["rows"] > sum(record["dates"].values()):
        where.append("of no usage date")
    rows = record["rows"]
    all_rows = "the 1 row" if rows == 1 else f"all {counted(rows, 'row')}"
    return f"{all_rows} of it{', ' * bool(where)}{' and '.join(where)}"


def find(home: Home, log: str) -> dict[str, Any]:
    """Return the record of the log that is named by its SHA-256 (8 digits or more), its file name,
    or the path of a file of the same bytes; ConfigurationError where it is none or several."""
    receipts = home.journal.require().named.receipts
    if _HEX.fullmatch(log.lower()):
        found = [record for file, record in receipts.items() if file.startswith(log.lower())]
        if found:
            return _only(log, found)
    if os.sep in log or (os.path.isfile(log) and log not in _names(receipts)):  # noqa: PTH113
        try:
            digest = files.sha256_of(Path(log))
        except OSError as error:
            raise ConfigurationError(f"{log} cannot be read: {error.strerror}") from error
        if digest in receipts:
            return receipts[digest]
        raise ConfigurationError(
            f"{log} (SHA-256 {digest}) was never ingested into {home.path}; the table `logs` of"
            " credits.duckdb lists what was"
        )
    found = [record for record in receipts.values() if record["file_name"] == log]
    if not found:
        raise ConfigurationError(
            f"no log of {home.path} is named {log!r}; give its file name, the first 8 or more digits"
            " of its SHA-256, or a path to it (the table `logs` of credits.duckdb lists all)"
        )
    return _only(log, found)


def withdraw(
    home: Home, log: str, reason: str, by: str | None = None, at: datetime | None = None
) -> Withdrawal:
    """Take a log back: from now on its rows count nowhere. The home is locked by the caller.
    ConfigurationError where it is withdrawn already, or `by` names no other log that counts."""
    record = find(home, log)
    if record["file"] in home.journal.named.withdrawn:
        raise ConfigurationError(
            f"{record['file_name']} is withdrawn already; `--restore` ingests it again"
        )
    new = None
    if by is not None:
        path = Path(by)
        known = path.is_file() and files.sha256_of(path) not in home.journal.named.receipts
        new = files.sha256_of(path) if known else find(home, by)["file"]
        if new == record["file"]:
            raise ConfigurationError(f"--by {by} is the log that is withdrawn; name another one")
        if new in home.journal.named.withdrawn:
            raise ConfigurationError(f"--by {by} is withdrawn itself")
    entry = _entry(home, WITHDRAW, record, reason, new, at)
    home.commit([entry])
    return acts(home)[-1]


def restore_entries(
    home: Home, receipt: Receipt, reason: str, at: datetime | None = None
) -> list[JournalEntry]:
    """Return what is committed to ingest a withdrawn log anew, with the receipt of this time."""
    record = home.journal.named.receipts[receipt.file]
    return [_entry(home, RESTORE, record, reason, None, at)]


def require_withdrawn(home: Home, log: str) -> dict[str, Any]:
    """Return the record of a withdrawn log; ConfigurationError where it is not withdrawn."""
    record = find(home, log)
    if record["file"] not in home.journal.named.withdrawn:
        raise ConfigurationError(f"{record['file_name']} is not withdrawn: its rows count")
    return record


def _entry(
    home: Home,
    act: str,
    record: dict[str, Any],
    reason: str,
    by: str | None,
    at: datetime | None,
) -> JournalEntry:
    if not reason.strip():
        raise ConfigurationError(f"say why: {act} needs a --reason")
    done = home.journal.named.withdrawals
    return act_entry(
        WITHDRAWAL,
        {
            "number": len(done) + 1,
            "act": act,
            "file": record["file"],
            "file_name": record["file_name"],
            "by": by,
            "who": who(),
            "at": (at or now()).isoformat(),
            "reason": reason,
            "supersedes_sha256": files.sha256_bytes(json_files.to_json(done[-1])) if done else None,
        },
    )


def _names(receipts: dict[str, dict[str, Any]]) -> set[str]:
    return {record["file_name"] for record in receipts.values()}


def _only(log: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    if len(found) == 1:
        return found[0]
    listed = "; ".join(
        f"{record['file'][:16]} ({counted(record['rows'], 'row')}, received {record['received_at'][:19]})"
        for record in sorted(found, key=lambda record: record["received_at"])
    )
    raise ConfigurationError(
        f"{len(found)} logs are named {log!r}; name one by its SHA-256: {listed}"
    )
