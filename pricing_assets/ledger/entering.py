"""Entries of dates: what each organization's charges burn, on top of what the dates before left.

Organizations with one stream of credits go through `streams`, all at once; others through `account`,
charge by charge. Where charges are read belongs to `booked`, which tables are made to `tabling`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pricing_assets.common.many_objects import many_objects
from pricing_assets.ledger import one_by_one, streams
from pricing_assets.ledger.booked import BEFORE, EnteredDates
from pricing_assets.ledger.entries import ENTRIES, GRANTED
from pricing_assets.ledger.grant_columns import MOST

UNIT = 31
"""How many of their last bits amounts are estimated without: no sum of estimates has more than 64."""


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


def enter(dates: EnteredDates, *, singly: bool = False) -> Entries:
    """Return the entries of these dates. `singly` takes each charge by itself, and in another order,
    which changes nothing; ConfigurationError where a void takes more than is left."""
    at_once = np.zeros(len(dates.orgs), dtype=bool) if singly else _have_one_stream(dates)
    rows, usd = _streamed(dates, at_once)
    with many_objects():
        more, more_usd = one_by_one.entries(dates, ~at_once, backwards=singly)
    rows, usd = streams.joined([rows, more]), np.concatenate([usd, more_usd])
    group = rows.day * len(dates.orgs) + rows.org
    order = np.argsort(group, kind="stable")
    group = group[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    number = np.arange(len(group)) - np.repeat(starts, np.diff(starts, append=len(group))) + 1
    day, org, kind, grant, key, credits = (column[order] for column in rows)
    return Entries(dates.orgs, day, org, number, kind, grant, key, credits, usd[order])


def _have_one_stream(dates: EnteredDates) -> Any:
    """Return of each organization whether its credits are one stream: grants for every billing type, no
    void, nothing late or taken back, and amounts that can be added up in 64 bits."""
    columns, booked = dates.lines.columns, dates.booked
    has_one = np.ones(len(dates.orgs), dtype=bool)
    held = dates.opens_now | (dates.left != 0)
    has_one[dates.grant_org[held & (columns.is_scoped | ~columns.is_small)]] = False
    for void in dates.lines.voids:
        if dates.first <= void.date <= dates.last:
            has_one[dates.grant_org[columns.place[void.grant_id]]] = False
    is_late = (booked.day != BEFORE) & (booked.charge_date != booked.day)
    is_odd = is_late | (booked.credits < 0) | (booked.credits >= MOST)
    has_one[booked.org[is_odd.astype(bool)]] = False
    if not has_one.any():
        return has_one
    sizes = np.zeros(len(dates.orgs), dtype=np.int64)
    rows, grants = has_one[booked.org], held & has_one[dates.grant_org]
    np.add.at(sizes, booked.org[rows], (booked.credits[rows].astype(np.int64) >> UNIT) + 1)
    np.add.at(sizes, dates.grant_org[grants], (columns.granted[grants] >> UNIT) + 1)
    order = np.argsort(sizes, kind="stable")
    has_one[order[np.cumsum(sizes[order]) >= MOST >> UNIT]] = False
    return has_one


def _streamed(dates: EnteredDates, chosen: Any) -> tuple[streams.EntryRows, Any]:
    """Return the entries of the chosen organizations, each with one stream, and their dollars."""
    columns, booked = dates.lines.columns, dates.booked
    of = np.flatnonzero(chosen[dates.grant_org] & (dates.opens_now | (dates.left != 0)))
    of = of[np.lexsort((columns.rank[of], dates.grant_org[of]))]
    left = dates.left[of].astype(np.int64)
    purses = streams.Purses(
        dates.grant_org[of], columns.opens[of], columns.ends[of], columns.granted[of], left
    )
    rows = booked.where(np.flatnonzero(chosen[booked.org]))
    charges = streams.Charges(rows.day, rows.org, rows.key, rows.credits.astype(np.int64))
    before = charges.day == BEFORE
    owed = np.flatnonzero(before)
    owed = owed[np.lexsort((rows.key[owed], rows.charge_date[owed], rows.org[owed]))]
    streamed = streams.stream(
        dates.days,
        len(chosen),
        purses,
        streams.Charges(*(column[~before] for column in charges)),
        streams.Charges(*(column[owed] for column in charges)),
    )
    order = np.argsort(streamed.day, kind="stable")
    streamed = streams.EntryRows(*(column[order] for column in streamed))
    grant = np.where(streamed.purse >= 0, np.append(of, -1)[streamed.purse], -1)
    was_open = ~dates.opens_now & columns.is_small
    lefts = np.where(was_open, dates.left, columns.granted)
    usd = columns.dollars(
        grant, streamed.credits, streamed.kind == ENTRIES.index(GRANTED), lefts.astype(np.int64)
    )
    return streamed._replace(purse=grant), usd
