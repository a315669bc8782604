"""Staging: what a reduction leaves of each date for the steps after it, as Parquet.

What the tables hold is decided in `reduce` and `restate`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common.decimals import BIGINT_MAX
from pricing_assets.contract import tables
from pricing_assets.db.io import no_rows, write_table
from pricing_assets.db.statements import statement

if TYPE_CHECKING:
    import duckdb

TABLES = ("lines", "usage", "account", "quarantine", "snapshots")


@dataclass
class Reduced:
    """What the reduction made of each date; `failed` says why a date has no result,
    `outcomes` counts rows."""

    stages: dict[date, Path] = field(default_factory=dict)
    failed: dict[date, str] = field(default_factory=dict)
    outcomes: dict[date, dict[str, int]] = field(default_factory=dict)

    def __or__(self, other: "Reduced") -> "Reduced":
        """Return what both made, of dates of their own."""
        return Reduced(
            self.stages | other.stages,
            self.failed | other.failed,
            self.outcomes | other.outcomes,
        )


def staged(
    con: "duckdb.DuckDBPyConnection",
    days: Iterable[date],
    dimensions: tuple[str, ...],
    stage: Path,
    classed: Collection[date],
) -> Reduced:
    """Write what the relations of `TABLES` hold of the dates, but for dates beyond BIGINT; `classed`
    are those with token classes or tiers."""
    reduced = Reduced()
    too_much = beyond_bigint(con)
    for day in days:
        if day in too_much:
            reduced.failed[day] = too_much[day]
        else:
            reduced.stages[day] = write_date(con, day, dimensions, stage, classed)
    for day, outcome, rows in con.sql(statement("usage/outcome_counts")).fetchall():
        if day in reduced.stages or day in reduced.failed:
            reduced.outcomes.setdefault(day, {})[outcome] = rows
    return reduced


def beyond_bigint(con: "duckdb.DuckDBPyConnection") -> dict[date, str]:
    """Return the dates with a quantity that no BIGINT holds, and the first such line by name."""
    found = con.sql(
        statement("usage/bigint_overflows"), params={"bigint_max": BIGINT_MAX}
    ).fetchall()
    failed: dict[date, str] = {}
    for day, org_id, billing_type, brand, model, meter, quantity in found:
        failed.setdefault(
            day,
            f"{meter} of {org_id!r}, {billing_type}, {brand} {model} sum up to {quantity}, more"
            " than a BIGINT holds; look for a sender that logs absurd quantities",
        )
    return failed


def write_date(
    con: "duckdb.DuckDBPyConnection",
    day: date,
    dimensions: tuple[str, ...],
    stage: Path,
    classed: Collection[date] = (),
    *,
    is_empty: bool = False,
) -> Path:
    """Write the date's tables as Parquet into a folder of its own, and return it; tables of no rows
    where no row falls on the date. Columns of token classes are written where the date is `classed`."""
    folder = stage / f"usage_date={day.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        table = tables.stored(name, dimensions)
        if day not in classed:
            table = table.without_classes
        query = no_rows(table, dimensions) if is_empty else statement(f"usage/stored/{name}")
        params: dict[str, Any] = {} if is_empty else {"usage_date": day}
        write_table(con, table, f"({query})", folder / f"{name}.parquet", dimensions, **params)
    return folder
