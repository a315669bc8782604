"""Dates of the ledger, computed from what their reports booked and from what the dates before left:
the relations `ledger`, `burns` and `balances`.

Which dates are computed, and what is published of them, does not belong here; the entries of
`ledger` are `entering`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pricing_assets.contract.ledger_tables import ledger_tables
from pricing_assets.contract.tables import stored
from pricing_assets.db.io import no_rows
from pricing_assets.db.relations import load_stored, register
from pricing_assets.ledger import carried
from pricing_assets.ledger.columns import decimals
from pricing_assets.ledger.loading import load_ledger, load_table
from pricing_assets.ledger.pinned import Lines

if TYPE_CHECKING:
    import duckdb

    from pricing_assets.ledger.tabling import Computed

TABLES: Final = ("ledger", "burns", "balances")


@dataclass(frozen=True)
class DateSpan:
    """Dates that are computed together, first to last: folders with their charges, folders of
    corrections some of which may be booked on them, and those of the ledger before them, in order of
    dates."""

    first: date
    last: date
    charges: Sequence[Path]
    bookings: Sequence[Path]
    before: Sequence[Path]

    @property
    def balances(self) -> Path | None:
        """The folder of the date before, where there is one."""
        return self.before[-1] if self.before else None


def compute(
    con: "duckdb.DuckDBPyConnection",
    span: DateSpan,
    lines: Lines,
    dimensions: tuple[str, ...],
    before: carried.Left | None = None,
) -> tuple["Computed", carried.Left]:
    """Return `ledger`, `burns` and `balances` of these dates, and what they leave; name both on the
    connection. ConfigurationError where a void takes more than is left. `before` is
    what the dates before left, where that is known; else it is summed."""
    load_lines(con, lines)
    _load(con, span, dimensions)
    if before is None:
        before = carried.summed(con, span.before, dimensions)
    computed = enter(con, span.first, span.last, lines, before)
    for name in TABLES:
        con.register(name, getattr(computed, name))
    return computed, carried.add(con, "ledger")


def enter(
    con: "duckdb.DuckDBPyConnection",
    first: date,
    last: date,
    lines: Lines,
    before: carried.Left,
    *,
    singly: bool = False,
) -> "Computed":
    """Return the relations of dates, on top of what those before left; `singly` as in `entering`."""
    from pricing_assets.ledger import booked, entering, tabling

    carried.load(con, before, "before")
    keys = booked.number(con, first, last)
    dates = booked.EnteredDates(con, first, last, lines)
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


def _load(con: "duckdb.DuckDBPyConnection", span: DateSpan, dimensions: tuple[str, ...]) -> None:
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
    balances = [span.balances / "balances.parquet"] if span.balances is not None else []
    table = ledger_tables(dimensions)["balances"]
    load_table(con, table, balances, dimensions, "balances_before")
