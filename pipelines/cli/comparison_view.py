"""How two sets of prices compare over the same usage: for `what-if` and `rates diff`."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.cli import output
from pricing_assets.analysis import comparison


def show_comparison(
    found: comparison.PriceComparison,
    about: dict[str, Any],
    booked: Mapping[date, Decimal],
    out: Path | None,
    *,
    as_json: bool,
) -> int:
    """Show credits by both sets of prices, by groups, and write them to `out` where it is named."""
    if out is not None:
        comparison.write(found, out)
    if as_json:
        output.print_json(
            about
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
    columns = (*found.by, "Credits now", "Credits then", "Difference", "Change")
    changed_first = sorted(found.groups, key=lambda group: -abs(group.difference))
    rows: list[tuple[object, ...]] = [
        (*group.keys, *_amounts(group.now, group.then, group.difference)) for group in changed_first
    ]
    total = _amounts(found.now, found.then, found.difference)
    rows.append(("Total", *[""] * (len(found.by) - 1), *total))
    output.OUT.print(output.table(columns, rows, right=columns[len(found.by) :]))
    if found.unpriced_now or found.unpriced_then:
        output.warn(
            f"events without a price, charged in neither: {found.unpriced_now:,} now,"
            f" {found.unpriced_then:,} then"
        )
    output.corrected(booked)
    return 0


def _amounts(now: Decimal, then: Decimal, difference: Decimal) -> tuple[str, ...]:
    """Return credits now and then, the difference, and that in percent, as they are shown."""
    return (
        *(output.number(now), output.number(then), output.signed(difference)),
        output.percent(now, difference) if difference else "",
    )
