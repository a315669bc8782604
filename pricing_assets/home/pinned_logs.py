"""The logs that a version's manifest pins, as receipts of its date alone.

A log that is no longer there is named. Which prices and settings are pinned belongs to
`pinned_inputs`.
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from pricing_assets.common.instants import parse_instant
from pricing_assets.common.text import counted
from pricing_assets.contract.outcomes import FUTURE_EVENT_TIME
from pricing_assets.contract.usage_dates import read_spans
from pricing_assets.contract.usage_log import FUTURE_ALLOWANCE
from pricing_assets.db import connection as duck
from pricing_assets.home import derived, references
from pricing_assets.home.home import Home
from pricing_assets.home.manifests import Contents, Input
from pricing_assets.home.pinned_inputs import NoLongerThere
from pricing_assets.home.receipt import Receipt, keeps_bytes, receipt_of
from pricing_assets.logs import both_readers, mapped_rows
from pricing_assets.logs import parquet_footer as footer
from pricing_assets.logs import schema as log_schema
from pricing_assets.sources.packing import Raw


def logs_of(home: Home, manifest: Contents) -> list[Receipt]:
    """Return the pinned logs as receipts of this date alone, read from their own footers. Raise
    NoLongerThere with the missing logs."""
    iso, dimensions = manifest.usage_date.isoformat(), manifest.dimensions
    lost: list[str] = []
    given_up: list[str] = []
    found = []
    raw: list[tuple[Input, dict[str, int]]] = []
    ends = [span.end for span in read_spans(manifest.spans)]
    for entry in manifest.inputs:
        file = home.log(entry.sha256, is_raw=entry.source is not None)
        if entry.source is not None:
            file = home.kept_log(entry.sha256)
        receipt = home.journal.named.receipts.get(entry.sha256, {})
        if references.is_reference(receipt) and (why := references.bring(home, receipt)):
            lost.append(f"log {entry.name} {why}")
            continue
        if not file.is_file():
            decision = _decision(home, entry.sha256)
            if decision is None:
                lost.append(f"log {entry.name} ({entry.sha256}) is missing from {home.logs}")
            else:
                given_up.append(f"log {entry.name} ({entry.sha256[:16]}) was given up {decision}")
            continue
        received = parse_instant(entry.received_at)
        # Only a log that came before its date was over can hold rows of it from the future.
        early = bool(ends) and received + FUTURE_ALLOWANCE < ends[-1]
        undated = {FUTURE_EVENT_TIME: 1} if early else {}
        if entry.source is not None:
            raw.append((entry, undated))
            continue
        opened = _opened(home, file, dimensions)
        found.append(
            Receipt(
                file=entry.sha256,
                file_name=entry.name,
                received_at=entry.received_at,
                rows=opened.parquet.metadata.num_rows,
                bytes=file.stat().st_size,
                dates={iso: entry.rows},
                undated=undated,
                schema=log_schema.held(
                    file,
                    opened,
                    log_schema.schema_of(opened, dimensions, entry.path_columns),
                    trusted=True,
                ),
            )
        )
    if lost or given_up:
        raise NoLongerThere(lost, given_up)
    return found + _mapped(home, iso, raw)


def _mapped(home: Home, iso: str, raw: Sequence[tuple[Input, dict[str, int]]]) -> list[Receipt]:
    """Return pinned raw logs as receipts of this date alone, their rows as the pinned sources made
    them; where another source reads a log today, they are made again."""
    rows: dict[str, str] = {}
    others: dict[str, list[Raw]] = {}
    receipts = home.journal.named.receipts
    for entry, _ in raw:
        held = receipts.get(entry.sha256, {}).get("source")
        if held and held["sha256"] == entry.source_sha256:
            rows[entry.sha256] = held["rows"]
        else:
            log = derived.raw_of(home, entry.sha256)
            others.setdefault(str(entry.source_sha256), []).append(log)
    made_before = [
        f"rows that the source {kept.name} made of {counted(len(logs), 'log')}: {why}"
        for digest, logs in others.items()
        if (why := (kept := derived.source_of(home, digest)).made_differently)
    ]
    made_before += [
        f"rows of log {record['file_name']} by another source: its raw bytes are not kept (keep_raw = false)"
        for log in chain.from_iterable(others.values())
        if not keeps_bytes(record := receipts[log.sha256])
    ]
    if made_before:
        raise NoLongerThere([], made_before)
    derived.ensure(home, [receipt_of(receipts[file]) for file in rows])
    for digest, logs in others.items():
        for mapped in derived.made_in(home, logs, digest, home.derived / digest):
            rows |= dict.fromkeys(mapped.records, mapped.path.stem)
    found = []
    for entry, undated in raw:
        source = {"sha256": str(entry.source_sha256), "rows": rows[entry.sha256]}
        path = home.mapped(source["sha256"], source["rows"])
        home.found_mapped.add(path)  # just made
        found.append(
            Receipt(
                file=entry.sha256,
                file_name=entry.name,
                received_at=entry.received_at,
                rows=entry.rows,
                bytes=receipts[entry.sha256]["bytes"],
                dates={iso: entry.rows},
                undated=undated,
                schema=mapped_rows.SCHEMA,
                source={"name": str(entry.source), **source},
            )
        )
    return found


def _decision(home: Home, file: str) -> str | None:
    """Say when, by whom and why the bytes of a log were given up; None where nobody decided so."""
    named = home.journal.require().named
    acts = [act for act in named.withdrawals if act["file"] == file]
    if file in named.withdrawn and acts:
        decided = acts[-1]
    elif file not in named.receipts and named.restart is not None:
        decided = named.restart
    else:
        return None
    return f"on {decided['at'][:10]} by {decided['who']}: {decided['reason']}"


def _opened(home: Home, file: Path, dimensions: tuple[str, ...]) -> footer.Opened:
    """Open a log as it was opened when it came: without columns that nobody reads where a reader
    does not understand one."""
    wanted = log_schema.wanted_columns(dimensions)
    opened = footer.open_file(file, wanted)
    if not opened.hidden and set(opened.parquet.schema_arrow.names) - wanted:
        with duck.connection(within=[home.logs]) as con:
            if both_readers.unopened(con, [file]):
                opened = footer.open_file(file, wanted, hide=True)
    return opened
