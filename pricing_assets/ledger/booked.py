"""Charges that dates of the ledger book, as arrays, beside what the dates before left.

In which order they burn belongs to `charge_keys`, what they burn to `streams` and `account`.
"""

from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pricing_assets.db.statements import statement
from pricing_assets.ledger import charge_keys
from pricing_assets.ledger.charge_keys import Keys
from pricing_assets.ledger.columns import amounts_of, billionths
from pricing_assets.ledger.grant_columns import day_of
from pricing_assets.ledger.pinned import Lines

if TYPE_CHECKING:
    import duckdb

BEFORE = -1
"""The day of charges that are overdrawn before all others."""


@dataclass(frozen=True)
class BookedCharges:
    """One row per date, organization and key, in order: what was booked of the charge, in billionths,
    taken back where below 0. `org` is a place among names, `key` a number; days are counted since 1970."""

    day: Any
    org: Any
    key: Any
    credits: Any
    billing_type: Any
    charge_date: Any

    def where(self, rows: Any) -> "BookedCharges":
        """Return some of the rows."""
        return BookedCharges(*(getattr(self, field.name)[rows] for field in fields(self)))


def number(con: "duckdb.DuckDBPyConnection", first: date, last: date) -> Keys:
    """Return the keys of what is booked in these dates, or overdrawn before them; name both on the
    connection, as `charge_keys` and `numbered_charges`."""
    params = {"first": first, "last": last}
    charges = con.sql(statement("ledger/booked_charges"), params=params).arrow().read_all()
    numbers, keys = charge_keys.numbered(charges)
    kept = charges.select(["booked_on", "org_id", "charge_date", "billing_type", "credits"])
    con.register("numbered_charges", kept.append_column("key_id", pa.array(numbers)))
    con.register("charge_keys", keys.columns)
    return keys


class EnteredDates:
    """Some dates that are entered together: what they book, and how the dates before left each grant.

    `orgs` are the names of organizations in the order of their bytes, `code` their places. Of each grant,
    in the order of its line, `grant_org` is the place of its organization, `left` what is left of it in
    billionths, and `opens_now` whether it takes effect on one of these dates.
    """

    def __init__(
        self, con: "duckdb.DuckDBPyConnection", first: date, last: date, lines: Lines
    ) -> None:
        self.first, self.last, self.lines, self.con = first, last, lines, con
        self.days = range(day_of(first), day_of(last) + 1)
        read = con.table("numbered_charges").arrow().read_all()
        named = read["org_id"].combine_chunks().dictionary_encode()
        of_charges = named.dictionary.to_pylist()
        self.orgs = sorted({*of_charges, *lines.columns.orgs}, key=str.encode)
        self.code = {name: code for code, name in enumerate(self.orgs)}
        codes = np.array([self.code[name] for name in of_charges], dtype=np.int64)
        self.booked = _net(read, codes[named.indices.to_numpy()])
        self.grant_org = np.array([self.code[name] for name in lines.columns.orgs], dtype=np.int64)
        self.left = np.zeros(len(lines.grants), dtype=object)
        before = con.sql("select grant_id, credits from grants_before").arrow().read_all()
        place = lines.columns.place
        names = before["grant_id"].to_pylist()
        self.left[[place[name] for name in names]] = billionths(before["credits"])
        self.opens_now = (lines.columns.opens >= self.days.start) & (
            lines.columns.opens < self.days.stop
        )


def _net(read: pa.Table, org: Any) -> BookedCharges:
    """Return what was booked of each charge on each date, in order; none where that is nothing."""
    day = read["booked_on"].cast(pa.int32()).fill_null(BEFORE).to_numpy().astype(np.int64)
    charge_date = read["charge_date"].cast(pa.int32()).to_numpy().astype(np.int64)
    key = read["key_id"].to_numpy()
    group = day * (org.max(initial=0) + 1) + org
    order = np.lexsort((key, group))
    credits = amounts_of(read["credits"])[order]
    places = [column[order] for column in (day, org, key)]
    is_next = np.any([np.diff(column, prepend=-2) != 0 for column in places], axis=0)
    firsts = np.flatnonzero(is_next)
    if len(firsts) < len(order):
        credits = np.add.reduceat(credits, firsts)
    types = read["billing_type"].combine_chunks().dictionary_encode()
    names = np.array(types.dictionary.to_pylist(), dtype=object)
    rows = order[firsts]
    return BookedCharges(
        day[rows],
        org[rows],
        key[rows],
        credits,
        names[types.indices.to_numpy()[rows]],
        charge_date[rows],
    ).where(np.flatnonzero(credits))
