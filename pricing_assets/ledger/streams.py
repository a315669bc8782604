"""Organizations whose credits are one stream: each grant is for every billing type, and nothing is voided
or taken back. All of them burn at once, a date at a time, in whole arrays.

What is of any other kind goes through `account`, charge by charge, and gives the same; which is which is
decided in `entering`. Amounts are whole billionths of 64 bits; the caller sees to it that their sum is, too.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pricing_assets.ledger.entries import (
    BURNED,
    COVERED,
    ENTRIES,
    EXPIRED,
    GRANTED,
    REPAID,
    UNCOVERED,
)

Array = Any
"""A NumPy array of one dimension."""
NONE = -1
"""The place of no grant, and the key of no charge."""


class Purses(NamedTuple):
    """Grants by organization, each one's in the order in which they burn; `left` is 0 of those that
    open later, `ends` the first day on which a grant is gone."""

    org: Array
    opens: Array
    ends: Array
    granted: Array
    left: Array


class Charges(NamedTuple):
    """Charges, each organization's on a day in the order in which they burn; above 0. What is overdrawn
    before all days has none."""

    day: Array
    org: Array
    key: Array
    credits: Array


class EntryRows(NamedTuple):
    """Entries: the place of the purse and the key of the charge, where there is one; `kind` is a place
    in `ENTRIES`, `credits` have their sign. An organization's on a day are in order."""

    day: Array
    org: Array
    kind: Array
    purse: Array
    key: Array
    credits: Array


def joined(parts: Sequence[EntryRows]) -> EntryRows:
    """Return the rows of all parts."""
    return EntryRows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def stream(
    days: range, organizations: int, purses: Purses, charges: Charges, owed: Charges
) -> EntryRows:
    """Return every entry of these days; organizations are numbered from 0 on. `charges` are in order of
    days and organizations, `owed` in order of organizations, each one's oldest first."""
    flows = _Flows(days, organizations, purses, charges, owed)
    drawn = _burned(charges, flows.burned, flows.uncovered, organizations)
    repaid = _repaid(owed, drawn, flows.repaid, flows.debts)
    opened = np.flatnonzero((purses.opens >= days.start) & (purses.opens < days.stop))
    granted = _of_purses(GRANTED, purses, purses.opens[opened], opened, purses.granted[opened])
    day, place, part = flows.expired
    expired = _of_purses(EXPIRED, purses, day, place, -part)
    return joined([granted, repaid, drawn, expired])


class _Flows:
    """How much each purse gives to all charges of a day, to overdraft, and to nothing; what no purse
    covers of a day, and what is overdrawn at the end of all of them."""

    def __init__(
        self,
        days: range,
        organizations: int,
        purses: Purses,
        charges: Charges,
        owed: Charges,
    ) -> None:
        org, left = purses.org, purses.left.copy()
        self.debts = np.zeros(organizations, dtype=np.int64)
        np.add.at(self.debts, owed.org, owed.credits)
        opening, ending = _by_day(purses.opens, days), _by_day(purses.ends - 1, days)
        starts = np.searchsorted(charges.day, np.arange(days.start, days.stop + 1)).tolist()
        repaid, burned, expired, uncovered = [], [], [], []
        for number, day in enumerate(days):
            wanted = np.zeros(organizations, dtype=np.int64)
            if (opened := opening.get(day)) is not None:
                left[opened] = purses.granted[opened]
                wanted[org[opened]] = self.debts[org[opened]]
                places, parts = _draw(left, org, wanted)
                np.subtract.at(self.debts, org[places], parts)
                repaid.append(_piece(day, places, parts))
            rows = slice(starts[number], starts[number + 1])
            if rows.start < rows.stop:
                wanted[:] = 0
                np.add.at(wanted, charges.org[rows], charges.credits[rows])
                places, parts = _draw(left, org, wanted)
                np.subtract.at(wanted, org[places], parts)
                self.debts += wanted
                burned.append(_piece(day, places, parts))
                short = np.flatnonzero(wanted)
                uncovered.append(_piece(day, short, wanted[short]))
            if (ended := ending.get(day)) is not None:
                ended = ended[left[ended] > 0]
                expired.append(_piece(day, ended, left[ended]))
                left[ended] = 0
        self.repaid = _flow(repaid, org)
        self.burned = _flow(burned, org)
        self.expired = _together(expired)
        self.uncovered = _together(uncovered)


class _Flow(NamedTuple):
    day: Array
    org: Array
    purse: Array
    credits: Array


def _piece(day: int, places: Array, parts: Array) -> tuple[Array, Array, Array]:
    return np.full(len(places), day), places, parts


def _together(pieces: list[tuple[Array, Array, Array]]) -> tuple[Array, Array, Array]:
    nothing = np.empty(0, dtype=np.int64)
    days, places, parts = zip(*pieces, strict=True) if pieces else ([nothing],) * 3
    return np.concatenate(days), np.concatenate(places), np.concatenate(parts)


def _flow(pieces: list[tuple[Array, Array, Array]], org: Array) -> _Flow:
    day, place, part = _together(pieces)
    return _Flow(day, org[place], place, part)


def _by_day(at: Array, days: range) -> dict[int, Array]:
    """Return the places of each of these days, in order."""
    order = np.argsort(at, kind="stable")
    present, starts = np.unique(at[order], return_index=True)
    parts = np.split(order, starts[1:]) if len(order) else []
    return {day: part for day, part in zip(present.tolist(), parts, strict=True) if day in days}


def _draw(left: Array, org: Array, wanted: Array) -> tuple[Array, Array]:
    """Take what organizations want out of their purses, in order, as long as there is any; return the
    places of the purses, and how much each gave."""
    places = np.flatnonzero(left)
    places = places[wanted[org[places]] > 0]
    held, of = left[places], org[places]
    upto = np.cumsum(held)
    firsts = np.flatnonzero(np.diff(of, prepend=-1))
    before = upto - held
    before -= np.repeat(before[firsts], np.diff(firsts, append=len(of)))
    parts = np.clip(wanted[of] - before, 0, held)
    gave = parts > 0
    places, parts = places[gave], parts[gave]
    left[places] -= parts
    return places, parts


def _overlay(first: Array, second: Array) -> tuple[Array, Array, Array]:
    """Cut two rows of amounts of one sum at the ends of both; return for each part its place in the first
    and in the second, and how much it is: 5, 2 and 3, 4 are 3 of 0, 0; 2 of 0, 1; and 2 of 1, 1."""
    of_first, of_second = np.cumsum(first), np.cumsum(second)
    ends = np.sort(np.concatenate([of_first, of_second]), kind="stable")  # merges what is in order
    amounts = np.diff(ends, prepend=0)
    ends, amounts = ends[amounts > 0], amounts[amounts > 0]
    return np.searchsorted(of_first, ends), np.searchsorted(of_second, ends), amounts


def _burned(charges: Charges, burned: _Flow, uncovered: Any, organizations: int) -> EntryRows:
    """Return what each charge burned of each purse, and what no purse covered."""
    day, short, missing = uncovered
    flow = _Flow(
        np.concatenate([burned.day, day]),
        np.concatenate([burned.org, short]),
        np.concatenate([burned.purse, np.full(len(day), NONE)]),
        np.concatenate([burned.credits, missing]),
    )
    order = np.argsort(flow.day * organizations + flow.org, kind="stable")
    charge, source, amounts = _overlay(charges.credits, flow.credits[order])
    purse = flow.purse[order][source]
    kind = np.where(purse == NONE, ENTRIES.index(UNCOVERED), ENTRIES.index(BURNED))
    return EntryRows(
        charges.day[charge], charges.org[charge], kind, purse, charges.key[charge], -amounts
    )


def _repaid(owed: Charges, drawn: EntryRows, repaid: _Flow, debts: Array) -> EntryRows:
    """Return what purses gave to overdraft, oldest charge first, and which charges that covers."""
    is_short = drawn.purse == NONE
    orgs = np.concatenate([owed.org, drawn.org[is_short]])
    keys = np.concatenate([owed.key, drawn.key[is_short]])
    amounts = np.concatenate([owed.credits, -drawn.credits[is_short]])
    queue = np.argsort(orgs, kind="stable")
    # what stays overdrawn is the last of each organization
    unpaid = np.flatnonzero(debts)
    order = np.argsort(np.concatenate([repaid.org, unpaid]), kind="stable")
    sources = np.concatenate([repaid.credits, debts[unpaid]])[order]
    charge, source, amounts = _overlay(amounts[queue], sources)
    is_paid = order[source] < len(repaid.day)
    charge, source, amounts = queue[charge[is_paid]], order[source[is_paid]], amounts[is_paid]
    day = repaid.day[source]
    is_next = (np.diff(charge, prepend=-1) != 0) | (np.diff(day, prepend=-1) != 0)
    firsts = np.flatnonzero(is_next)
    covered = np.add.reduceat(amounts, firsts) if len(firsts) else amounts
    pays = EntryRows(
        day,
        orgs[charge],
        np.full(len(day), ENTRIES.index(REPAID)),
        repaid.purse[source],
        keys[charge],
        -amounts,
    )
    covers = EntryRows(
        day[firsts],
        orgs[charge[firsts]],
        np.full(len(firsts), ENTRIES.index(COVERED)),
        np.full(len(firsts), NONE),
        keys[charge[firsts]],
        covered,
    )
    # each charge is covered right after the last purse that pays for it
    order = np.argsort(
        np.concatenate([np.cumsum(is_next), np.arange(1, len(firsts) + 1)]), kind="stable"
    )
    return EntryRows(*(column[order] for column in joined([pays, covers])))


def _of_purses(entry: str, purses: Purses, day: Array, place: Array, change: Array) -> EntryRows:
    kind, key = np.full(len(place), ENTRIES.index(entry)), np.full(len(place), NONE)
    return EntryRows(day, purses.org[place], kind, place, key, change)
