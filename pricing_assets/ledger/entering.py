"""Entries of dates as the relation `ledger`: charges come out of relations and go through `account`, on
top of what the dates before left.

Where charges are read from, and what else is made of the entries, belongs to `compute`.
"""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from pricing_assets.common.many_objects import many_objects
from pricing_assets.db.relations import make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.ledger.account import Ledger
from pricing_assets.ledger.columns import billionths, decimals, shared_values
from pricing_assets.ledger.entries import BURNED, ONE_DAY, REPAID, Burn, Carried, Charge, Org
from pricing_assets.ledger.pinned import Lines

if TYPE_CHECKING:
    import duckdb


def enter(
    con: "duckdb.DuckDBPyConnection",
    first: date,
    last: date,
    lines: Lines,
    *,
    backwards: bool = False,
) -> None:
    """Create `ledger` of these dates from `booked`, `grants_before` and `owed_before`; the order in
    which charges and grants are given changes nothing."""
    make_table(con, "ledger/numbered_charges")
    make_table(con, "ledger/charge_keys")
    grants, voids = list(lines.grants), list(lines.voids)
    if backwards:
        grants, voids = grants[::-1], voids[::-1]
    with many_objects():
        ledger = Ledger(grants, voids, carried=_carried(con, first))
        entries = _entries(con, ledger, first, last, backwards=backwards)
    register(con, "new_entries", entries)
    con.execute(
        "create or replace temp table ledger as"
        f" from ({statement('ledger/ledger')}) order by usage_date, org_id, entry_number"
    )


def _carried(con: "duckdb.DuckDBPyConnection", first: date) -> Carried:
    """Return what the dates before the first left."""
    left = con.sql("select grant_id, credits from grants_before").arrow().read_all()
    owed = con.sql(
        "select org_id, billing_type, charge_date, key_id, credits from numbered_charges"
        " where booked_on is null"
    )
    taken_back = con.sql("from numbered_charges where booked_on is not null and credits < 0")
    return Carried(
        first - ONE_DAY,
        dict(zip(left["grant_id"].to_pylist(), billionths(left["credits"]), strict=True)),
        list(_charges(owed)),
        _burns_before(con) if taken_back.limit(1).fetchall() else {},
    )


def _burns_before(con: "duckdb.DuckDBPyConnection") -> dict[tuple[Org, date, Any], list[Burn]]:
    """Return what each organization's charge that is taken back in part burned so far, in order."""
    burns: dict[tuple[Org, date, Any], list[Burn]] = {}
    rows = con.sql(statement("ledger/burns_before")).arrow().read_all()
    amounts = billionths(rows["credits"])
    names = ("org_id", "charge_date", "key_id", "entry", "grant_id")
    columns = [rows[name].to_pylist() for name in names]
    for org, charge_date, key, entry, grant_id, amount in zip(*columns, amounts, strict=True):
        taken = burns.setdefault((org, charge_date, key), [])
        if entry in (BURNED, REPAID):
            taken.append(Burn(grant_id, -amount))
        elif entry is not None:
            _give_back(taken, amount)
    return burns


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
    names = ("org_id", "billing_type", "charge_date")
    columns = [shared_values(read[name]) for name in names]
    return map(Charge, *columns, read["key_id"].to_pylist(), billionths(read["credits"]))


def _entries(
    con: "duckdb.DuckDBPyConnection", ledger: Ledger, first: date, last: date, *, backwards: bool
) -> Any:
    """Return the entries of these dates as a table, in order."""
    import pyarrow as pa

    booked = con.sql(
        "select org_id, billing_type, charge_date, key_id, credits, booked_on from numbered_charges"
        " where booked_on is not null order by booked_on, key_id, org_id"
    )
    rows_of = dict(booked.aggregate("booked_on, count(*)").fetchall())
    in_order = _charges(booked)
    columns: tuple[list[Any], ...] = ([], [], [], [], [], [], [])
    days: list[date] = []
    day = first
    while day <= last:
        charges = list(islice(in_order, rows_of.get(day, 0)))
        entries = ledger.advance(day, charges[::-1] if backwards else charges)
        if entries:
            for held, values in zip(columns, zip(*entries, strict=True), strict=True):
                held += values
            days += [day] * len(entries)
        day += ONE_DAY
    orgs, kinds, grant_ids, _, keys, amounts, dollars = columns
    entry_rows = pa.table(
        {
            "usage_date": pa.array(days, pa.date32()),
            "org_id": pa.array(orgs, pa.string()),
            "entry": pa.array(kinds, pa.string()),
            "grant_id": pa.array(grant_ids, pa.string()),
            "key_id": pa.array(keys, pa.int64()),
            "credits": decimals(amounts),
            "usd": decimals(dollars),
        }
    )
    order, numbers = _numbered(entry_rows)
    return entry_rows.take(order).append_column("entry_number", numbers)


def _numbered(entries: Any) -> tuple[Any, Any]:
    """Return the places of entries by date and organization, each one's in the order in which they
    are, and their numbers from 1 on."""
    import numpy as np
    import pyarrow as pa

    orgs = entries["org_id"].combine_chunks().dictionary_encode()
    names = orgs.dictionary.to_pylist()
    rank = np.empty(len(names), dtype=np.int64)
    rank[sorted(range(len(names)), key=lambda place: names[place].encode())] = range(len(names))
    days = entries["usage_date"].combine_chunks().view(pa.int32()).to_numpy()
    group = days.astype(np.int64) * (len(names) + 1) + rank[orgs.indices.to_numpy()]
    order = np.argsort(group, kind="stable")
    group = group[order]
    starts = np.flatnonzero(np.diff(group, prepend=group[:1] - 1))
    places = np.arange(len(group))
    numbers = places - np.repeat(starts, np.diff(starts, append=len(group))) + 1
    return pa.array(order), pa.array(numbers, pa.int32())
