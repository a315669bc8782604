"""The relations `ledger`, `burns` and `balances` of dates, made of their entries.

How entries come about belongs to `entering`, how files are written to `writing`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from pricing_assets.ledger.booked import EnteredDates
from pricing_assets.ledger.charge_keys import Keys
from pricing_assets.ledger.columns import decimals
from pricing_assets.ledger.entering import UNIT, Entries
from pricing_assets.ledger.entries import (
    BURNED,
    ENTRIES,
    EXPIRED,
    GRANTED,
    REPAID,
    RESTORED,
    VOIDED,
)
from pricing_assets.ledger.grant_columns import MOST, day_of
from pricing_assets.ledger.inputs import KINDS
from pricing_assets.ledger.pinned import Lines

_FLOWS: Final = (
    ("granted", GRANTED),
    ("burned", BURNED),
    ("restored", RESTORED),
    ("repaid", REPAID),
    ("voided", VOIDED),
    ("expired", EXPIRED),
)
PLAIN_TEXT: Final = re.compile(r"[0-9A-Za-z]([0-9A-Za-z_./:+@ -]*[0-9A-Za-z])?")
"""Texts that no writer of CSV quotes."""


class Computed(NamedTuple):
    """The relations of dates, each in order of dates, and whether all their texts are plain."""

    ledger: pa.Table
    burns: pa.Table
    balances: pa.Table
    is_plain: bool


def of_dates(table: pa.Table, first: date, last: date) -> pa.Table:
    """Return the rows of these dates, of a table in order of dates."""
    days = table["usage_date"].cast(pa.int32()).to_numpy()
    start, stop = np.searchsorted(days, [day_of(first), day_of(last) + 1]).tolist()
    return table.slice(start, stop - start)


def are_plain(entries: Entries, keys: pa.Table, lines: Lines) -> bool:
    """Return whether no text of these entries could need quotes in a CSV."""
    texts = [entries.orgs, lines.columns.names]
    flat = keys.flatten()
    texts += [
        column.unique().drop_null().to_pylist()
        for column in flat.columns
        if pa.types.is_string(column.type)
    ]
    return all(map(PLAIN_TEXT.fullmatch, chain.from_iterable(texts)))


def ledger_table(entries: Entries, keys: pa.Table, lines: Lines) -> pa.Table:
    """Return one row per entry; `keys` are the charges' keys in the order of their numbers from 1 on."""
    return pa.table(
        {
            "usage_date": _days(entries.day),
            "org_id": _named(entries.org, entries.orgs),
            "entry_number": pa.array(entries.number, pa.int32()),
            "entry": _named(entries.kind, ENTRIES),
            "grant_id": _named(entries.grant, lines.columns.names),
            **_of_keys(entries.key, keys),
            "credits": decimals(entries.credits),
            "usd": decimals(entries.usd),
        }
    )


def burns_table(entries: Entries, keys: Keys, lines: Lines) -> pa.Table:
    """Return one row per date, charge and grant that it burned, net of what was given back."""
    kinds = [ENTRIES.index(kind) for kind in (BURNED, REPAID, RESTORED)]
    rows = np.flatnonzero(np.isin(entries.kind, kinds))
    grant, by_name = entries.grant[rows], lines.columns.by_name
    day, org, key = entries.day[rows], entries.org[rows], entries.key[rows]
    order = np.lexsort((by_name[grant], keys.shown_at[key - 1], org, day))
    places = [column[order] for column in (day, org, key, grant)]
    firsts = np.flatnonzero(np.any([np.diff(column, prepend=-1) != 0 for column in places], axis=0))
    credits, usd = -entries.credits[rows][order], -entries.usd[rows][order]
    if len(firsts) < len(order):
        credits, usd = np.add.reduceat(credits, firsts), np.add.reduceat(usd, firsts)
    kept = np.flatnonzero((credits != 0) | (usd != 0))
    day, org, key, grant = (column[firsts[kept]] for column in places)
    return pa.table(
        {
            "usage_date": _days(day),
            "org_id": _named(org, entries.orgs),
            **_of_keys(key, keys.columns),
            "grant_id": _named(grant, lines.columns.names),
            "credits": decimals(credits[kept]),
            "usd": decimals(usd[kept]),
        }
    )


def balances_table(dates: EnteredDates, entries: Entries) -> pa.Table:
    """Return one row per organization and date, from the date of its first grant on."""
    columns, booked, days = dates.lines.columns, dates.booked, dates.days
    count = len(dates.orgs)
    amounts, left = entries.credits, dates.left
    kind_of = np.array([KINDS.index(grant.kind) for grant in dates.lines.grants], dtype=np.int64)
    owed = booked.where(np.flatnonzero(booked.day < 0))
    parts = (entries.org, amounts), (dates.grant_org, left), (owed.org, owed.credits)
    if _fit(count, parts):
        amounts, left = amounts.astype(np.int64), left.astype(np.int64)
    else:
        amounts = amounts.astype(object)
    kind = amounts.dtype
    first = np.full(count, days.stop)
    np.minimum.at(first, dates.grant_org, columns.opens)
    shown = np.flatnonzero((np.arange(days.start, days.stop)[:, None] >= first[None, :]).ravel())
    cell = (entries.day - days.start) * count + entries.org

    def sums(rows: Any, sign: int = 1) -> Any:
        """Return a sum of entries for each date and organization."""
        total = np.zeros(len(days) * count, dtype=kind)
        np.add.at(total, cell[rows], amounts[rows] * sign)
        return total.reshape(len(days), count)

    def upto(change: Any, before: Any) -> Any:
        """Return what is there at the end of each date."""
        return np.cumsum(np.vstack([before[None, :], change]), axis=0)[1:]

    def start(of: Any, values: Any) -> Any:
        """Return what the dates before left of each organization."""
        total = np.zeros(count, dtype=kind)
        np.add.at(total, of, values.astype(kind))
        return total

    grant_rows = np.flatnonzero(entries.grant >= 0)
    closing_of = {}
    for place, name in enumerate(KINDS):
        rows = grant_rows[kind_of[entries.grant[grant_rows]] == place]
        of = np.flatnonzero(kind_of == place)
        closing_of[name] = upto(sums(rows), start(dates.grant_org[of], left[of]))
    closing = sum(closing_of.values())
    before = start(dates.grant_org, left)
    measures = {"opening": np.vstack([before[None, :], closing[:-1]])}
    for name, entry in _FLOWS:
        rows = np.flatnonzero(entries.kind == ENTRIES.index(entry))
        measures[name] = sums(rows, 1 if entry in (GRANTED, RESTORED) else -1)
    measures["closing"] = closing
    measures["overdraft"] = upto(
        sums(np.flatnonzero(entries.grant < 0), -1), start(owed.org, owed.credits)
    )
    measures |= {f"closing_{name}": value for name, value in closing_of.items()}
    return pa.table(
        {
            "usage_date": _days(shown // count + days.start),
            "org_id": _named(shown % count, dates.orgs),
            **{name: decimals(value.ravel()[shown]) for name, value in measures.items()},
        }
    )


def _fit(organizations: int, parts: Sequence[tuple[Any, Any]]) -> bool:
    """Return whether all sums of an organization's amounts have 64 bits."""
    units = np.zeros(organizations, dtype=np.int64)
    for org, amounts in parts:
        if amounts.dtype == object and any(abs(one) >= MOST for one in amounts):
            return False
        np.add.at(units, org, (np.abs(amounts.astype(np.int64)) >> UNIT) + 1)
    return not (units >= MOST >> UNIT).any()


def _days(days: Any) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32())


def _named(places: Any, names: Sequence[str]) -> pa.Array:
    """Return the names at these places; null where a place is below 0."""
    return pa.array(names, pa.string()).take(pa.array(places, mask=places < 0))


def _of_keys(numbers: Any, keys: pa.Table) -> Mapping[str, Any]:
    """Return the columns of charges' keys; nulls where there is no charge."""
    at = pa.array(numbers - 1, mask=numbers < 0)
    return {name: keys[name].take(at) for name in keys.column_names if name != "key_id"}
