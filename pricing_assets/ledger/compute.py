"""Dates of the ledger, computed from what their reports booked and from what the dates before left:
the relations `ledger`, `burns` and `balances`.

Which dates are computed, and what is published of them, does not belong here; which credits a charge
burns is `account`'s.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.contract.ledger_tables import ledger_tables
from pricing_assets.contract.tables import stored
from pricing_assets.db.io import no_rows, scan_parquet
from pricing_assets.db.relations import load_stored, make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.ledger.account import Ledger
from pricing_assets.ledger.columns import billionths, decimals
from pricing_assets.ledger.entries import BURNED, ONE_DAY, REPAID, Burn, Carried, Charge
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
    """Create `ledger`, `burns` and `balances` of these dates, and `ledger_through` of all dates
    through the last; ConfigurationError where a void takes more than is left."""
    load_lines(con, lines)
    _load(con, span, dimensions)
    params = {"first": span.first, "last": span.last}
    con.execute(f"create or replace temp table booked as {statement('ledger/booked')}", params)
    enter(con, span.first, span.last, lines)
    con.execute(
        "create or replace temp view ledger_through as"
        " from ledger_before union all by name from ledger"
    )
    con.execute(
        f"create or replace temp table burns as from ({statement('ledger/burns')}) order by all"
    )
    con.execute(
        "create or replace temp table balances as"
        f" from ({statement('ledger/balances')}) order by usage_date, org_id",
        params,
    )


def enter(
    con: "duckdb.DuckDBPyConnection",
    first: date,
    last: date,
    lines: Lines,
    *,
    backwards: bool = False,
) -> None:
    """Create `ledger` of these dates from `booked` and `ledger_before`; the order in which charges
    and grants are given changes nothing."""
    make_table(con, "ledger/owed_before")
    make_table(con, "ledger/numbered_charges")
    make_table(con, "ledger/charge_keys")
    grants, voids = list(lines.grants), list(lines.voids)
    if backwards:
        grants, voids = grants[::-1], voids[::-1]
    ledger = Ledger(grants, voids, carried=_carried(con, first))
    register(con, "new_entries", _entries(con, ledger, first, last, backwards=backwards))
    con.execute(
        "create or replace temp table ledger as"
        f" from ({statement('ledger/ledger')}) order by usage_date, org_id, entry_number"
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


def _carried(con: "duckdb.DuckDBPyConnection", first: date) -> Carried:
    """Return what the dates before the first left."""
    left = con.sql(statement("ledger/left_before")).arrow().read_all()
    owed = con.sql(
        "select org_id, billing_type, charge_date, key_id, credits from numbered_charges"
        " where booked_on is null"
    )
    burns: dict[tuple[date, Any], list[Burn]] = {}
    rows = con.sql(statement("ledger/burns_before")).arrow().read_all()
    amounts = billionths(rows["credits"])
    places = [rows[name].to_pylist() for name in ("charge_date", "key_id", "entry", "grant_id")]
    for charge_date, key, entry, grant_id, amount in zip(*places, amounts, strict=True):
        taken = burns.setdefault((charge_date, key), [])
        if entry in (BURNED, REPAID):
            taken.append(Burn(grant_id, -amount))
        elif entry is not None:
            _give_back(taken, amount)
    return Carried(
        first - ONE_DAY,
        dict(zip(left["grant_id"].to_pylist(), billionths(left["credits"]), strict=True)),
        list(_charges(owed)),
        burns,
    )


def _give_back(taken: list[Burn], amount: int) -> None:
    """Take what was given back off the last burns."""
    while amount:
        grant_id, burned = taken.pop()
        if burned > amount:
            taken.append(Burn(grant_id, burned - amount))
        amount -= min(amount, burned)


def _charges(rows: "duckdb.DuckDBPyRelation") -> Iterator[Charge]:
    """Yield the rows `org_id, billing_type, charge_date, key_id, credits` as charges."""
    read = rows.arrow().read_all()
    names = ("org_id", "billing_type", "charge_date", "key_id")
    columns = [read[name].to_pylist() for name in names]
    return map(Charge, *columns, billionths(read["credits"]))


def _entries(
    con: "duckdb.DuckDBPyConnection", ledger: Ledger, first: date, last: date, *, backwards: bool
) -> Any:
    """Return the entries of these dates as a table: `place` is their order within a date."""
    import pyarrow as pa

    booked = con.sql(
        "select org_id, billing_type, charge_date, key_id, credits, booked_on from numbered_charges"
        " where booked_on is not null order by booked_on, key_id, org_id"
    )
    by_date: dict[date, list[Charge]] = defaultdict(list)
    dates = booked.select("booked_on").arrow().read_all()["booked_on"].to_pylist()
    for day, charge in zip(dates, _charges(booked), strict=True):
        by_date[day].append(charge)
    columns: tuple[list[Any], ...] = ([], [], [], [], [], [], [])
    days: list[date] = []
    places: list[int] = []
    day = first
    while day <= last:
        charges = by_date.pop(day, [])
        entries = ledger.advance(day, charges[::-1] if backwards else charges)
        if entries:
            for held, values in zip(columns, zip(*entries, strict=True), strict=True):
                held += values
            days += [day] * len(entries)
            places += range(len(entries))
        day += ONE_DAY
    orgs, kinds, grant_ids, _, keys, amounts, dollars = columns
    return pa.table(
        {
            "usage_date": pa.array(days, pa.date32()),
            "place": pa.array(places, pa.int64()),
            "org_id": pa.array(orgs, pa.string()),
            "entry": pa.array(kinds, pa.string()),
            "grant_id": pa.array(grant_ids, pa.string()),
            "key_id": pa.array(keys, pa.int64()),
            "credits": decimals(amounts),
            "usd": decimals(dollars),
        }
    )
