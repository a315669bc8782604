"""Entries of organizations whose charges go through `account` one by one.

Which organizations these are is decided in `entering`.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from pricing_assets.db.statements import statement
from pricing_assets.ledger import streams
from pricing_assets.ledger.account import Ledger
from pricing_assets.ledger.booked import BEFORE, BookedCharges, EnteredDates
from pricing_assets.ledger.columns import amounts, billionths
from pricing_assets.ledger.entries import (
    BURNED,
    ENTRIES,
    ONE_DAY,
    REPAID,
    Burn,
    Carried,
    Charge,
    Org,
)
from pricing_assets.ledger.grant_columns import date_of


def entries(dates: EnteredDates, chosen: Any, *, backwards: bool) -> tuple[streams.EntryRows, Any]:
    """Return the entries of the chosen organizations, in order, and their dollars; the order in which
    charges and grants are given changes nothing."""
    rows = dates.booked.where(np.flatnonzero(chosen[dates.booked.org]))
    ledger = _ledger(dates, chosen, rows, backwards=backwards)
    days, place = dates.days, dates.lines.columns.place
    starts = np.searchsorted(rows.day, np.arange(days.start, days.stop + 1)).tolist()
    rows_of_days: list[tuple[int, ...]] = []
    for number, day in enumerate(days):
        charges = list(_charges(rows.where(slice(starts[number], starts[number + 1]))))
        for org, kind, grant_id, _, key, credits, usd in ledger.advance(
            date_of(day), charges[::-1] if backwards else charges
        ):
            grant = streams.NONE if grant_id is None else place[grant_id]
            charge = streams.NONE if key is None else key
            rows_of_days.append((day, org, ENTRIES.index(kind), grant, charge, credits, usd))
    columns = list(zip(*rows_of_days, strict=True)) if rows_of_days else [()] * 7
    day_of, org_of, kind_of, grant_of, key_of = (
        np.array(column, dtype=np.int64) for column in columns[:5]
    )
    credits_of, dollars = map(amounts, columns[5:])
    return streams.EntryRows(day_of, org_of, kind_of, grant_of, key_of, credits_of), dollars


def _ledger(dates: EnteredDates, chosen: Any, rows: BookedCharges, *, backwards: bool) -> Ledger:
    """Return the chosen organizations' accounts as they stand before these dates; `rows` are their
    charges. Grants of which nothing is left are there only where a correction or void names them."""
    lines, columns = dates.lines, dates.lines.columns
    is_used = dates.opens_now | (dates.left != 0)
    voids = [
        void
        for void in lines.voids
        if dates.first <= void.date <= dates.last
        and chosen[dates.grant_org[columns.place[void.grant_id]]]
    ]
    is_used[[columns.place[void.grant_id] for void in voids]] = True
    is_corrected = np.zeros(len(chosen), dtype=bool)
    is_corrected[rows.org[((rows.day != BEFORE) & (rows.credits < 0)).astype(bool)]] = True
    is_used |= is_corrected[dates.grant_org] & (columns.opens < dates.days.stop)
    places = np.flatnonzero(is_used & chosen[dates.grant_org]).tolist()
    grants = [lines.grants[place] for place in places]
    carried = Carried(
        dates.first - ONE_DAY,
        {columns.names[place]: dates.left[place] for place in places},
        list(_charges(rows.where(rows.day == BEFORE))),
        _burns_before(dates) if is_corrected.any() else {},
    )
    if backwards:
        grants, voids = grants[::-1], voids[::-1]
    return Ledger(grants, voids, dates.code, carried)


def _burns_before(dates: EnteredDates) -> dict[tuple[Org, date, Any], list[Burn]]:
    """Return what each organization's charge that is taken back in part burned so far, in order."""
    burns: dict[tuple[Org, date, Any], list[Burn]] = {}
    rows = dates.con.sql(statement("ledger/burns_before")).arrow().read_all()
    names = ("org_id", "charge_date", "key_id", "entry", "grant_id")
    columns = [rows[name].to_pylist() for name in names]
    for org, charge_date, key, entry, grant_id, amount in zip(
        *columns, billionths(rows["credits"]), strict=True
    ):
        taken = burns.setdefault((dates.code[org], charge_date, key), [])
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


def _charges(rows: BookedCharges) -> Iterator[Charge]:
    """Yield the rows as charges."""
    days = map(date_of, rows.charge_date.tolist())
    columns = rows.org.tolist(), rows.billing_type.tolist(), days, rows.key.tolist()
    return map(Charge, *columns, rows.credits.tolist())
