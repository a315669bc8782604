"""How two sets of prices compare over the same usage: for `what-if` and `rates diff`."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.cli import output
from pricing_assets.analysis import what_if
from pricing_assets.db.io import require_out


def show_comparison(
    found: what_if.Comparison,
    told: dict[str, Any],
    booked: Mapping[date, Decimal],
    out: Path | None,
    as_json: bool,
) -> int:
    """Show credits by both sets of prices, by groups, and write them to `out` where it is named."""
    if out is not None:
        write_groups(found, out)
    if as_json:
        output.print_json(
            told
            | {
                "by": found.by,
                "now": found.now,
                "then": found.then,
                "difference": found.difference,
                "unpriced_events_now": found.unpriced_now,
                "unpriced_events_then": found.unpriced_then,
                "corrections": output.by_date(booked),
                "groups": [
                    {
                        **dict(zip(found.by, group.keys, strict=True)),
                        "now": group.now,
                        "then": group.then,
                        "difference": group.difference,
                    }
                    for group in found.groups
                ],
            }
        )
        return 0
    columns = (*found.by, "Credits now", "Credits then", "Difference")
    rows: list[tuple[object, ...]] = [
        (
            *group.keys,
            output.number(group.now),
            output.number(group.then),
            output.signed(group.difference),
        )
        for group in found.groups
    ]
    rows.append(
        (
            "Total",
            *[""] * (len(found.by) - 1),
            output.number(found.now),
            output.number(found.then),
            output.signed(found.difference),
        )
    )
    output.OUT.print(output.table(columns, rows, right=columns[len(found.by) :]))
    if found.unpriced_now or found.unpriced_then:
        output.warn(
            f"events without a price, charged in neither: {found.unpriced_now:,} now,"
            f" {found.unpriced_then:,} then"
        )
    output.corrected(booked)
    return 0


def write_groups(found: what_if.Comparison, out: Path) -> None:
    """The groups as CSV or Parquet, decimals exact."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    require_out(out)
    exact = pa.decimal128(38, 9)
    columns: dict[str, Any] = {
        name: pa.array(
            [None if group.keys[i] is None else str(group.keys[i]) for group in found.groups],
            pa.string(),
        )
        for i, name in enumerate(found.by)
    }
    for name in ("now", "then", "difference"):
        columns[f"credits_{name}" if name != "difference" else name] = pa.array(
            [getattr(group, name) for group in found.groups], exact
        )
    table = pa.table(columns)
    if out.suffix == ".csv":
        pyarrow.csv.write_csv(table, out)
    else:
        pq.write_table(table, out)
