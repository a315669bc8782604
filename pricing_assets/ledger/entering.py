"""Entries of dates: charges come out of relations, and go through `streams`, or through `account` where
an organization has more than one stream of credits, on top of what the dates before left.

Where charges are read from, and which tables are made of the entries, belongs to `compute`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pricing_assets.common.many_objects import many_objects
from pricing_assets.ledger import one_by_one, streams
from pricing_assets.ledger.booked import BEFORE, Dates
from pricing_assets.ledger.entries import ENTRIES, GRANTED
from pricing_assets.ledger.grant_columns import MOST

UNIT = 31
"""Sums are estimated without their last bits, so that no estimate has more than 64."""


@dataclass(frozen=True)
class Entries:
    """Every entry of dates, by date, organization (in the order of their names' bytes) and number;
    `grant` is a place in the lines, `key` the number of a charge's key, both below 0 where there is
    none, and days are counted since 1970."""

    orgs: list[str]
    day: Any
    org: Any
    number: Any
    kind: Any
    grant: Any
    key: Any
    credits: Any
    usd: Any


def enter(dates: Dates, *, singly: bool = False) -> Entries:
    """Return the entries of these dates. `singly` takes each charge by itself, and in another order,
    which changes nothing; ConfigurationError where a void takes more than is left."""
    plain = np.zeros(len(dates.orgs), dtype=bool) if singly else _plain(dates)
    rows, usd = _streamed(dates, plain)
    with many_objects():
        more, more_usd = one_by_one.entries(dates, ~plain, backwards=singly)
    rows, usd = streams.joined([rows, more]), np.concatenate([usd, more_usd])
    group = rows.day * len(dates.orgs) + rows.org
    order = np.argsort(group, kind="stable")
    group = group[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    number = np.arange(len(group)) - np.repeat(starts, np.diff(starts, append=len(group))) + 1
    day, org, kind, grant, key, credits = (column[order] for column in rows)
    return Entries(dates.orgs, day, org, number, kind, grant, key, credits, usd[order])


def _plain(dates: Dates) -> Any:
    """Return of each organization whether its credits are one stream of amounts that can be added
    up in 64 bits."""
    columns, booked = dates.lines.columns, dates.booked
    plain = np.ones(len(dates.orgs), dtype=bool)
    held = dates.opens_now | (dates.left != 0)
    plain[dates.grant_org[held & (columns.is_scoped | ~columns.is_small)]] = False
    for void in dates.lines.voids:
        if dates.first <= void.date <= dates.last:
            plain[dates.grant_org[columns.place[void.grant_id]]] = False
    is_late = (booked.day != BEFORE) & (booked.charge_date != booked.day)
    is_odd = is_late | (booked.credits < 0) | (booked.credits >= MOST)
    plain[booked.org[is_odd.astype(bool)]] = False
    if not plain.any():
        return plain
    sizes = np.zeros(len(dates.orgs), dtype=np.int64)
    rows, grants = plain[booked.org], held & plain[dates.grant_org]
    np.add.at(sizes, booked.org[rows], (booked.credits[rows].astype(np.int64) >> UNIT) + 1)
    np.add.at(sizes, dates.grant_org[grants], (columns.granted[grants] >> UNIT) + 1)
    order = np.argsort(sizes, kind="stable")
    plain[order[np.cumsum(sizes[order]) >= MOST >> UNIT]] = False
    return plain


def _streamed(dates: Dates, plain: Any) -> tuple[streams.Rows, Any]:
    """Return the entries of organizations with one stream, and their dollars."""
    columns, booked = dates.lines.columns, dates.booked
    of = np.flatnonzero(plain[dates.grant_org] & (dates.opens_now | (dates.left != 0)))
    of = of[np.lexsort((columns.rank[of], dates.grant_org[of]))]
    left = dates.left[of].astype(np.int64)
    purses = streams.Purses(
        dates.grant_org[of], columns.opens[of], columns.ends[of], columns.granted[of], left
    )
    rows = booked.where(np.flatnonzero(plain[booked.org]))
    charges = streams.Charges(rows.day, rows.org, rows.key, rows.credits.astype(np.int64))
    before = charges.day == BEFORE
    owed = np.flatnonzero(before)
    owed = owed[np.lexsort((rows.key[owed], rows.charge_date[owed], rows.org[owed]))]
    streamed = streams.stream(
        dates.days,
        len(plain),
        purses,
        streams.Charges(*(column[~before] for column in charges)),
        streams.Charges(*(column[owed] for column in charges)),
    )
    order = np.argsort(streamed.day, kind="stable")
    streamed = streams.Rows(*(column[order] for column in streamed))
    grant = np.where(streamed.purse >= 0, np.append(of, -1)[streamed.purse], -1)
    is_open = ~dates.opens_now
    lefts = np.where(is_open & columns.is_small, dates.left, columns.granted)
    usd = columns.dollars(
        grant, streamed.credits, streamed.kind == ENTRIES.index(GRANTED), lefts.astype(np.int64)
    )
    return streamed._replace(purse=grant), usd
