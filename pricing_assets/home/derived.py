"""Mapped rows of a home: what sources made of its raw logs, and how they are made again.

They may be deleted: a raw log and its source, which the journal keeps, give the same rows. How rows
are made belongs to `sources.packing`, how they are read to `logs.mapped_rows`.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.common.errors import CreditmillError, RejectedLog
from pricing_assets.contract.outcomes import FUTURE_EVENT_TIME
from pricing_assets.db import connection as duck
from pricing_assets.home import references
from pricing_assets.home.home import Home
from pricing_assets.home.loss import RESTORE
from pricing_assets.home.receipt import Receipt, keeps_bytes
from pricing_assets.logs.mapped_rows import MappedLog
from pricing_assets.logs.schema import Schema
from pricing_assets.sources import packing
from pricing_assets.sources.kept import KeptSource, kept_of, kept_presets
from pricing_assets.sources.packing import Packed, Raw


def stored(
    home: Home, log: Receipt, *, at_all: bool = False
) -> tuple[Path, Schema, datetime | None] | MappedLog:
    """Return a log as `logs.relation` reads it: without its rows of the future, unless `at_all`.
    Its mapped rows are there (`ensure`)."""
    has_future = log.undated.get(FUTURE_EVENT_TIME) and not at_all
    until = log.future_after if has_future else None
    if log.source is None:
        return home.log(log.file), log.schema, until
    path = home.mapped(log.source["sha256"], log.source["rows"])
    return MappedLog(path, log.schema, until, log.file)


def folders(home: Home) -> list[Path]:
    """Return the folders that the rows of logs are read from."""
    return [home.logs, home.derived]


def ensure(home: Home, logs: Iterable[Receipt]) -> None:
    """Make mapped rows of these logs again where they are not as they were made, and bring bytes that
    stay elsewhere. CreditmillError where they cannot be had."""
    logs = list(logs)
    references.ensure(home, logs)
    for log in logs:
        if log.source is None:
            continue
        path = home.mapped(log.source["sha256"], log.source["rows"])
        if path in home.found_mapped:
            continue
        if not path.is_file() or files.sha256_of(path) != log.source.get("rows_sha256"):
            _make_again(home, log.source["sha256"], log.source["rows"], path)
        home.found_mapped.add(path)


def source_of(home: Home, digest: str) -> KeptSource:
    """Return the source of this digest: the journal's, or a preset; CreditmillError where there is
    none."""
    record = home.journal.require().named.sources.get(digest)
    if record is not None:
        return kept_of(record)
    for preset in kept_presets():
        if preset.digest == digest:
            return preset
    raise CreditmillError(f"{home.journal_file} has no source {digest}; {RESTORE}")


def raw_of(home: Home, file: str) -> Raw:
    """Return a raw log of the home (SHA-256), with the columns that its path said."""
    source = home.journal.named.receipts.get(file, {}).get("source") or {}
    return Raw(file, home.log(file, is_raw=True), json.loads(source.get("in_path", "{}")))


def members(home: Home, source: str, rows: str) -> list[str]:
    """Return the raw logs (SHA-256) whose records are in a file of mapped rows."""
    return sorted(
        file
        for file, record in home.journal.named.receipts.items()
        if (of := record.get("source")) and (of["sha256"], of["rows"]) == (source, rows)
    )


def superseded(home: Home) -> list[Path]:
    """Return the files of mapped rows that nothing needs any more: of logs that another source now
    reads, or that were withdrawn, and what a killed run left half written."""
    named = home.journal.require().named
    needed = {
        home.mapped(of["sha256"], of["rows"])
        for file, record in named.receipts.items()
        if file not in named.withdrawn and (of := record.get("source"))
    }
    return sorted(
        path for path in home.derived.glob("*/*") if path.is_file() and path not in needed
    )


def _make_again(home: Home, source: str, rows: str, target: Path) -> None:
    logs = [raw_of(home, file) for file in members(home, source, rows)]
    there = [log for log in logs if log.path.is_file()]
    if not there:
        receipts = home.journal.named.receipts
        if not all(keeps_bytes(receipts[log.sha256]) for log in logs):
            raise CreditmillError(
                f"{target} cannot be made again: its raw logs were not kept (keep_raw = false); restore"
                " it from a copy of the home"
            )
        raise CreditmillError(f"{target} cannot be made again: its raw logs are gone; {RESTORE}")
    (mapped,) = made_in(home, there, source, target.parent)
    os.replace(mapped.path, target)


def made_in(home: Home, logs: Sequence[Raw], source: str, folder: Path) -> list[Packed]:
    """Write the mapped rows of raw logs of the home into a folder, in place of those that are there;
    CreditmillError where a source does not read a log any more."""
    kept = source_of(home, source)
    if kept.made_differently:
        raise CreditmillError(
            f"mapped rows of the source {kept.name} cannot be made again: {kept.made_differently}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="creditmill-") as name:
        scratch = Path(name)
        linked = [log._replace(path=_linked(log.path, scratch)) for log in logs]
        try:
            packed, rejected = packing.pack(linked, kept, scratch, duck.Limits())
        except RejectedLog as error:
            raise CreditmillError(f"mapped rows cannot be made again: {error}") from error
        for sha256, why in rejected.items():
            raise CreditmillError(f"{home.log(sha256, is_raw=True)} cannot be mapped again: {why}")
        return [Packed(_moved(one.path, folder), one.records) for one in packed]


def _linked(raw: Path, folder: Path) -> Path:
    link = folder / raw.name
    link.symlink_to(raw)
    return link


def _moved(file: Path, folder: Path) -> Path:
    """Put a file into a folder in one step: other readers may be at work there."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as beside:
        beside.write(file.read_bytes())
    target = folder / file.name
    os.replace(beside.name, target)
    return target
