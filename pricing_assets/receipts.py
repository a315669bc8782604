"""Receipts: what gated logs hold, from one read of all their values.

Whether a log may be taken in is decided in `intake`, what its rows mean in `usage`; the rows of no
usage date, which no date's run would ever read, are kept here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets import contract, dates, duck, events
from pricing_assets.home import FUTURE_ALLOWANCE, Home, Receipt, Terms

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Candidate:
    """A log copied aside, gated, and not yet read."""

    source: Path
    copy: Path
    sha256: str
    size: int
    stamp: list[int]
    rows: int
    schema: events.Schema


def read(
    home: Home,
    batch: Sequence[Candidate],
    terms: Terms,
    received_at: datetime,
    limits: duck.Limits | None,
    scratch: Path,
) -> list[Receipt]:
    """One receipt for each log, read together; undated rows as Parquet in `scratch`."""
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
            dates.load_pieces(con, dates.pieces(dates.dates_around(utc_days), terms.timezone))
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
    log: Candidate,
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
