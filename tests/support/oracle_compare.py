"""TODO."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from pricing_assets.contract.outcomes import QUARANTINE
from pricing_assets.db.io import quoted
from tests.support.oracle import ALL_METERS, Charge, Reading
from tests.support.workspace import (
    Workspace,
)

Value = TypeVar("Value")


def same(found: dict[Any, Value], expected: dict[Any, Value]) -> None:
    """Fail with the few first differences, not with thousands of rows."""
    differing = [
        key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)
    ]
    first = {key: (found.get(key), expected.get(key)) for key in sorted(differing, key=repr)[:5]}
    assert not differing, f"{len(differing)} differ, as (found, expected): {first}"


def keyed(rows: list[tuple[Any, ...]], width: int, made: Callable[..., Value]) -> dict[Any, Value]:
    """Rows by their first columns, which must be a key."""
    by_key = {row[:width]: made(*row[width:]) for row in rows}
    assert len(by_key) == len(rows)
    return by_key


def agree(workspace: Workspace, reading: Reading) -> None:
    """Hold every table of `credits.duckdb` against the oracle."""
    dimensions = ", ".join(quoted(name) for name in workspace.home.settings().dimensions)
    key = f"usage_date, org_id, row({dimensions}), billing_type, brand, model, key_mode, rate_card"
    same(
        keyed(workspace.sql("select usage_date, file, outcome, rows from account"), 3, int),
        reading.account(),
    )
    same(
        keyed(
            workspace.sql("select file, row_number, usage_date, reason from quarantine"),
            2,
            made_pair,
        ),
        {place: end for place, end in reading.outcomes.items() if end[1] in QUARANTINE},
    )
    same(
        keyed(
            workspace.sql(f"select {key}, events, {', '.join(ALL_METERS)} from usage"),
            8,
            lambda *sums: dict(zip(("events", *ALL_METERS), sums, strict=True)),
        ),
        dict(reading.usage),
    )
    same(
        keyed(
            workspace.sql(
                f"select {key}, meter, quantity, per, list_price, price, credits, usd from charges"
            ),
            9,
            Charge,
        ),
        dict(reading.charges),
    )
    same(
        keyed(
            workspace.sql(
                "select usage_date, org_id, billing_type, events, credits, usd from daily_usage"
            ),
            3,
            lambda *sums: sums,
        ),
        reading.daily_usage,
    )


def made_pair(day: date | None, reason: str) -> tuple[date | None, str]:
    return day, reason
