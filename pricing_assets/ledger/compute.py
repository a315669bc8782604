"""Dates of the ledger, computed from what their reports booked and from what the dates before left:
the relations `ledger`, `burns` and `balances`.

Which dates are computed, and what is published of them, does not belong here; the entries of
`ledger` are `entering`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.contract.ledger_tables import ledger_tables
from pricing_assets.contract.tables import stored
from pricing_assets.db.io import no_rows, scan_parquet
from pricing_assets.db.relations import load_stored, make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.ledger import entering
from pricing_assets.ledger.columns import decimals
from pricing_assets.ledger.inputs import Grant, Void
from pricing_assets.ledger.pinned import Lines

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Span:
    """Dates that are computed together, first to last: folders with their charges, folders of
    corrections some of which may be booked on them, and those of the ledger before them."""

    first: date
    last: date
    charges: Sequence[Path]
    bookings: Sequence[Path]
    before: Sequence[Path]


def compute(
    con: "duckdb.DuckDBPyConnection", span: Span, lines: Lines, dimensions: tuple[str, ...]
) -> None:
    """Create `ledger`, `burns` and `balances` of these dates; ConfigurationError where a void takes
    more than is left."""
    load_lines(con, lines)
    _load(con, span, dimensions)
    params = {"first": span.first, "last": span.last}
    con.execute(f"create or replace temp table booked as {statement('ledger/booked')}", params)
    make_table(con, "ledger/grants_before")
    make_table(con, "ledger/owed_before")
    entering.enter(con, span.first, span.last, lines)
    con.execute(
        f"create or replace temp table burns as from ({statement('ledger/burns')}) order by all"
    )
    con.execute(
        "create or replace temp table balances as"
        f" from ({statement('ledger/balances')}) order by usage_date, org_id",
        params,
    )


def load_lines(con: "duckdb.DuckDBPyConnection", lines: Lines) -> None:
    """Create `known_grants` and `known_voids`: one row per line, with the date that it counts on."""
    import pyarrow as pa

    def column(of: Sequence[Grant | Void], name: str, kind: Any) -> "pa.Array":
        return pa.array([getattr(line, name) for line in of], kind)

    grants, voids = lines.grants, lines.voids
    texts = ("grant_id", "org_id", "kind", "reference")
    dates = ("effective_date", "expires_date")
    register(
        con,
        "known_grants",
        pa.table(
            {
                **{name: column(grants, name, pa.string()) for name in texts},
                **{name: column(grants, name, pa.date32()) for name in dates},
                "priority": column(grants, "priority", pa.int32()),
                "billing_types": pa.array(
                    ["|".join(grant.billing_types) for grant in grants], pa.string()
                ),
                "credits": decimals([grant.credits for grant in grants]),
                "usd_paid": decimals([grant.usd_paid for grant in grants]),
            }
        ),
    )
    register(
        con,
        "known_voids",
        pa.table(
            {
                "grant_id": column(voids, "grant_id", pa.string()),
                "usage_date": column(voids, "date", pa.date32()),
                "usd_refunded": decimals([void.usd_refunded for void in voids]),
            }
        ),
    )


def _load(con: "duckdb.DuckDBPyConnection", span: Span, dimensions: tuple[str, ...]) -> None:
    for name, folders, view in (
        ("charges", span.charges, "charges_reported"),
        ("corrections", span.bookings, "corrections_booked"),
    ):
        if folders:
            load_stored(con, name, folders, dimensions, view)
        else:
            nothing = no_rows(stored(name, dimensions), dimensions)
            con.execute(f"create or replace temp view {view} as {nothing}")
    load_ledger(con, span.before, dimensions, "ledger_history")
    con.execute("create or replace temp view ledger_before as from ledger_history")


def load_ledger(
    con: "duckdb.DuckDBPyConnection",
    folders: Sequence[Path],
    dimensions: tuple[str, ...],
    view: str,
) -> None:
    """Create a view of the folders' `ledger`, with the dimensions packed."""
    from duckdb import ColumnExpression, FunctionExpression

    table = ledger_tables(dimensions)["ledger"]
    if not folders:
        con.execute(f"create or replace temp view {view} as {no_rows(table, dimensions)}")
        return
    packed = FunctionExpression(
        "struct_pack", *(ColumnExpression(dimension) for dimension in dimensions)
    ).alias("dimensions")
    kept = [ColumnExpression(one.name) for one in table.columns if one.name not in dimensions]
    read = scan_parquet(con, [folder / "ledger.parquet" for folder in folders])
    read.select(*kept, packed).create_view(view)
