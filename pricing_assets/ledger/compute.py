"""Dates of the ledger, computed from what their reports booked and from what the dates before left:
the relations `ledger`, `burns` and `balances`.

Which dates are computed, and what is published of them, does not belong here; the entries of
`ledger` are `entering`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pricing_assets.contract.ledger_tables import ledger_tables
from pricing_assets.contract.tables import stored
from pricing_assets.db.io import no_rows, scan_parquet
from pricing_assets.db.relations import load_stored, make_table, register
from pricing_assets.ledger.columns import decimals
from pricing_assets.ledger.pinned import Lines

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from pricing_assets.ledger.tabling import Computed

TABLES: Final = ("ledger", "burns", "balances")


@dataclass(frozen=True)
class Span:
    """Dates that are computed together, first to last: folders with their charges, folders of
    corrections some of which may be booked on them, and those of the ledger before them."""

    first: date
    last: date
    charges: Sequence[Path]
    bookings: Sequence[Path]
    before: Sequence[Path]


Left = Mapping[str, "pa.Table"]
"""What dates leave to those after them: the relations `grants_before` and `owed_before`."""


def compute(
    con: "duckdb.DuckDBPyConnection",
    span: Span,
    lines: Lines,
    dimensions: tuple[str, ...],
    before: Left | None = None,
) -> "Computed":
    """Return `ledger`, `burns` and `balances` of these dates, and name them on the connection, with how
    they leave grants and overdraft; ConfigurationError where a void takes more than is left. `before` is
    what the dates before left, where that is known; else it is summed."""
    load_lines(con, lines)
    _load(con, span, dimensions)
    computed = enter(con, span.first, span.last, lines, before)
    for name in TABLES:
        con.register(name, getattr(computed, name))
    make_table(con, "ledger/grants_through")
    make_table(con, "ledger/owed_through")
    return computed


def left_by(con: "duckdb.DuckDBPyConnection") -> Left:
    """Return what the dates that were computed on this connection leave."""
    return {
        f"{name}_before": con.table(f"{name}_through").arrow().read_all()
        for name in ("grants", "owed")
    }


def enter(
    con: "duckdb.DuckDBPyConnection",
    first: date,
    last: date,
    lines: Lines,
    before: Left | None = None,
    *,
    singly: bool = False,
) -> "Computed":
    """Return the relations of dates, on top of `ledger_before`; `singly` as in `entering`."""
    from pricing_assets.ledger import booked, entering, tabling

    for name in ("grants_before", "owed_before"):
        if before is None:
            make_table(con, f"ledger/{name}")
        else:
            register(con, name, before[name])
    keys = booked.number(con, first, last)
    dates = booked.Dates(con, first, last, lines)
    entries = entering.enter(dates, singly=singly)
    return tabling.Computed(
        tabling.ledger_table(entries, keys.columns, lines),
        tabling.burns_table(entries, keys, lines),
        tabling.balances_table(dates, entries),
        tabling.are_plain(entries, keys.columns, lines),
    )


def load_lines(con: "duckdb.DuckDBPyConnection", lines: Lines) -> None:
    """Create `known_grants` and `known_voids`: one row per line, with the date that it counts on."""
    import pyarrow as pa

    voids = lines.voids
    con.register("known_grants", lines.known_grants)
    register(
        con,
        "known_voids",
        pa.table(
            {
                "grant_id": pa.array([void.grant_id for void in voids], pa.string()),
                "usage_date": pa.array([void.date for void in voids], pa.date32()),
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
