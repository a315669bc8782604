"""The first step of examining raw logs: their sources make rows of them, which are examined then.

What a source makes of records belongs to `sources`. Logs without one go through as they are.
"""

from collections.abc import Sequence
from pathlib import Path

from pricing_assets.common.errors import RejectedLog
from pricing_assets.contract.usage_log import UNVERIFIED
from pricing_assets.db import connection as duck
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.logs.parquet_footer import beyond
from pricing_assets.sources import packing
from pricing_assets.sources.packing import Raw


def mapped(
    logs: Sequence[Arrived], rules: Rules, scratch: Path
) -> tuple[list[Arrived], dict[str, RejectedLog]]:
    """Return the logs with raw ones as mapped rows in `scratch`, and why others are rejected, by
    SHA-256. MemoryError where there is too little memory for them together."""
    found = [log for log in logs if not log.source]
    rejected: dict[str, RejectedLog] = {}
    for source in sorted({log.source for log in logs if log.source}):
        of_source = [log for log in logs if log.source == source]
        found += _mapped(of_source, rules, scratch, rejected)
    return found, rejected


def _mapped(
    logs: Sequence[Arrived], rules: Rules, scratch: Path, rejected: dict[str, RejectedLog]
) -> list[Arrived]:
    """Map logs of one source together."""
    limits = duck.Limits(
        min(rules.limits.memory_bytes(), rules.file_limits.read_memory // 2), rules.limits.threads
    )
    by_file = {log.sha256: log for log in logs}
    raw = [Raw(log.sha256, log.copy, log.in_path) for log in logs]
    packed, why = packing.pack(raw, rules.sources[logs[0].source], scratch, limits)
    rejected |= why
    found = []
    for one in packed:
        for sha256, records in one.records.items():
            if records > rules.file_limits.rows:
                most = rules.file_limits.rows
                rejected[sha256] = beyond("records", records, most, "max_rows")
                continue
            log = by_file[sha256]
            found.append(
                log._replace(copy=one.path, records=records, integrity=log.integrity or UNVERIFIED)
            )
    return found
