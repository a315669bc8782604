"""Examining logs: gated by their footers, then read whole, each ending as a receipt or a rejection.

This is what touches bytes that nobody vouches for: `isolated` runs it in a process of its own.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pricing_assets import column_chunks, duck, events, footer, receipts
from pricing_assets.errors import RejectedLog
from pricing_assets.footer import FileLimits
from pricing_assets.home import Receipt
from pricing_assets.receipts import Arrived, Gated, Rules

Examined = list[Receipt | RejectedLog]
"""What became of each log, in the order they were given."""


def gate(file: Path, dimensions: tuple[str, ...], limits: FileLimits) -> tuple[Gated, str]:
    """What a log's footer says, where it is one that can be read, and what vouches for its pages."""
    parquet = footer.open_file(file)
    footer.check_shape(parquet, limits)
    schema = events.schema_of(parquet, dimensions)
    read = {name for name, kind in schema if kind}
    vouched = column_chunks.check_pages(file, parquet, read, limits)
    return Gated(parquet.metadata.num_rows, schema), vouched


def examine(
    logs: Sequence[Arrived], rules: Rules, received_at: datetime, scratch: Path
) -> Examined:
    """Every log's receipt, or why it is rejected; rows of no usage date as Parquet in `scratch`."""
    found: dict[str, Receipt | RejectedLog] = {}
    gated: list[tuple[Arrived, Gated]] = []
    for log in logs:
        try:
            passed, vouched = gate(log.copy, rules.dimensions, rules.file_limits)
            gated.append((log._replace(integrity=log.integrity or vouched), passed))
        except RejectedLog as error:
            found[log.sha256] = error
    found |= _read(gated, rules, received_at, scratch)
    return [found[log.sha256] for log in logs]


def _read(
    gated: Sequence[tuple[Arrived, Gated]], rules: Rules, received_at: datetime, scratch: Path
) -> dict[str, Receipt | RejectedLog]:
    """Read logs together; where that fails each half by itself, to find the culprits."""
    import duckdb

    if not gated:
        return {}
    alone = len(gated) == 1
    limits = duck.Limits(
        min(rules.limits.memory_bytes(), rules.file_limits.read_memory // 2),
        1 if alone else rules.limits.threads,
    )
    try:
        made = receipts.read(gated, rules, limits, received_at, scratch)
    except (duckdb.Error, UnicodeDecodeError) as error:
        if not alone:
            halves = gated[: len(gated) // 2], gated[len(gated) // 2 :]
            one, other = (_read(half, rules, received_at, scratch) for half in halves)
            return one | other
        return {gated[0][0].sha256: _why(error)}
    found: dict[str, Receipt | RejectedLog] = {}
    for log, became in zip((log for log, _ in gated), made, strict=True):
        try:
            column_chunks.check_times(footer.open_file(log.copy), "event_time")
            found[log.sha256] = became
        except RejectedLog as error:
            found[log.sha256] = error
    return found


def _why(error: Exception) -> RejectedLog:
    import duckdb

    text = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return RejectedLog("resource_limit", f"it takes more memory than max_read_memory: {text}")
    return RejectedLog("unreadable", f"its data cannot be decoded: {text}")
