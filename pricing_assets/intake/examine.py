"""Examining logs: gated by their footers, then read whole, each ending as a receipt or a rejection.

Only this reads bytes that nobody vouches for: `reader_process` runs it in a process of its own.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pricing_assets.common import hive_paths, resources
from pricing_assets.common.errors import RejectedLog
from pricing_assets.db import connection as duck
from pricing_assets.home import Receipt
from pricing_assets.intake import map_logs, receipts, table_columns
from pricing_assets.intake.arrived import Arrived, Gated, Rules
from pricing_assets.logs import (
    both_readers,
    mapped_rows,
    parquet_columns,
    undecodable,
)
from pricing_assets.logs import parquet_footer as footer
from pricing_assets.logs import schema as log_schema
from pricing_assets.logs.parquet_footer import FileLimits
from pricing_assets.sources import file_columns

Examined = list[Receipt | RejectedLog]
"""What became of each log, in the order they were given."""
Outcomes = dict[str, Receipt | RejectedLog]
"""What became of logs, by SHA-256."""


def gate(
    file: Path,
    dimensions: tuple[str, ...],
    limits: FileLimits,
    *,
    hide: bool = False,
    folder: str = "",
) -> tuple[Gated, str]:
    """Return what a log's footer says, where it is one that can be read, and what vouches for its
    pages.

    With `hide`, columns that are not read are left out, because a reader does not open the file.
    `folder` is where the log came from, whose path may name columns.
    """
    wanted = log_schema.wanted_columns(dimensions)
    footer.check_footer(file, limits)
    opened = footer.open_file(file, wanted, hide=hide)
    if set(footer.too_deep(opened.parquet, limits)) - wanted:
        opened = footer.open_file(file, wanted, hide=True)
    footer.check_shape(opened.parquet, limits)
    file_columns.refuse_written([*opened.parquet.schema_arrow.names, *opened.hidden])
    schema = log_schema.schema_of(opened, dimensions, hive_paths.in_path(Path(folder)))
    vouched, odd = parquet_columns.check_pages(
        file, opened.parquet, log_schema.read_names(schema), limits
    )
    try:
        schema = log_schema.held(file, opened, schema)
    except RejectedLog as error:
        raise error if odd is None else _because(odd, error.detail) from error
    return Gated(opened.parquet.metadata.num_rows, schema, odd), vouched


def examine(
    logs: Sequence[Arrived], rules: Rules, received_at: datetime, scratch: Path
) -> Examined:
    """Return every log's receipt, or why it is rejected; rows of no usage date lie as Parquet in
    `scratch`. MemoryError where there is too little memory for them together."""
    by_name, renamed = table_columns.checked(logs, rules.file_limits)
    mapped, rejected = map_logs.mapped(by_name, rules, scratch)
    rejected |= renamed
    found, gated = _gate_all(mapped, rules, hide=False)
    found |= rejected
    found |= _read(gated, rules, received_at, scratch)
    return [found[log.sha256] for log in logs]


def _gate_all(
    logs: Sequence[Arrived], rules: Rules, *, hide: bool
) -> tuple[Outcomes, list[tuple[Arrived, Gated]]]:
    found: Outcomes = {}
    gated: list[tuple[Arrived, Gated]] = []
    for log in logs:
        if log.records is not None:  # made here, by its source
            gated.append((log, Gated(log.records, mapped_rows.SCHEMA)))
            continue
        try:
            passed, vouched = gate(
                log.copy, rules.dimensions, rules.file_limits, hide=hide, folder=log.folder
            )
            gated.append((log._replace(integrity=log.integrity or vouched), passed))
        except RejectedLog as error:
            found[log.sha256] = error
    return found, gated


def _read(
    gated: Sequence[tuple[Arrived, Gated]],
    rules: Rules,
    received_at: datetime,
    scratch: Path,
    *,
    whole: bool = True,
) -> Outcomes:
    """Read logs together; where that fails, without the columns that nobody reads of those that
    DuckDB does not open for them (`whole`), and then each half by itself, to find the culprits."""
    import duckdb

    if not gated:
        return {}
    alone = len(gated) == 1
    limits = duck.Limits(
        min(rules.limits.memory_bytes(), rules.file_limits.read_memory // 2),
        1 if alone else rules.limits.threads,
    )
    try:
        read = receipts.read(gated, rules, limits, received_at, scratch)
    except (duckdb.Error, UnicodeDecodeError) as error:
        if resources.is_out_of_memory(error):
            raise MemoryError(str(error)) from error  # who asks looks at each in a fresh process
        if whole:
            found, opened = _hidden(gated, rules, limits, scratch)
            return found | _read(opened, rules, received_at, scratch, whole=False)
        if not alone:
            halves = gated[: len(gated) // 2], gated[len(gated) // 2 :]
            one, other = (_read(half, rules, received_at, scratch, whole=whole) for half in halves)
            return one | other
        return {gated[0][0].sha256: _why(gated[0], limits, scratch)}
    became = {log.sha256: receipt for (log, _), receipt in zip(gated, read, strict=True)}
    odd = [one for one in gated if one[1].odd and isinstance(became[one[0].sha256], Receipt)]
    return became | _differing(odd, rules, limits, scratch)


def _hidden(
    gated: Sequence[tuple[Arrived, Gated]], rules: Rules, limits: duck.Limits, scratch: Path
) -> tuple[Outcomes, list[tuple[Arrived, Gated]]]:
    """Return the logs, without the columns that nobody reads where DuckDB does not open one as it
    is."""
    with duck.connection(limits, scratch) as con:
        unopened = both_readers.unopened(con, (log.copy for log, _ in gated))
    hide = [log for log, _ in gated if log.copy in unopened]
    found, hidden = _gate_all(hide, rules, hide=True)
    return found, [one for one in gated if one[0].copy not in unopened] + hidden


def _open(log: Arrived, passed: Gated, rules: Rules) -> footer.Opened:
    hide = any(kind == log_schema.HIDDEN for _, kind in passed.schema)
    return footer.open_file(log.copy, log_schema.wanted_columns(rules.dimensions), hide=hide)


def _differing(
    odd: Sequence[tuple[Arrived, Gated]], rules: Rules, limits: duck.Limits, scratch: Path
) -> Outcomes:
    """Return why logs are rejected that do not agree with themselves, and that readers read
    differently."""
    found: Outcomes = {}
    if not odd:
        return found
    with duck.connection(limits, scratch) as con:
        for log, passed in odd:
            opened = _open(log, passed, rules)
            difference = both_readers.difference(
                con, log.copy, opened, passed.schema, rules.dimensions
            )
            if passed.odd and difference:
                found[log.sha256] = _because(passed.odd, difference)
    return found


def _why(one: tuple[Arrived, Gated], limits: duck.Limits, scratch: Path) -> RejectedLog:
    log, passed = one
    with duck.connection(limits, scratch) as con:
        found = undecodable.why(con, log.copy, passed.schema)
    return found if passed.odd is None else _because(passed.odd, found.detail)


def _because(odd: RejectedLog, why: str) -> RejectedLog:
    """Return the rejection of a log that does not agree with itself, and that cannot be read for
    it."""
    return RejectedLog(odd.reason, f"{odd.detail}; {why}")
