"""Forecast: when an organization's credits run out, and which will end unused, by burning usage like
that of the last eight weeks in the real order.

Each weekday uses its median; a range goes by its quartiles. Integers only.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from pricing_assets.ledger.entries import ONE_DAY
from pricing_assets.ledger.inputs import Grant
from pricing_assets.ledger.purses import Account, Purse

HISTORY: Final = 56
"""Dates that a forecast looks back: eight of each weekday."""
LEAST: Final = 14
"""Dates that a forecast needs to know the usage of: two of each weekday."""
HORIZON: Final = timedelta(days=1096)
"""How far a forecast looks ahead: three years, as long as bought credits last."""

Usage = Mapping[str, Mapping[date, int]]
"""Credits that one organization used, in billionths, by billing type and date."""
Week = Sequence[Mapping[str, int]]
"""Credits of each weekday, Monday first, by billing type."""


@dataclass(frozen=True)
class Forecast:
    """What becomes of an organization's credits: dates, and billionths that end unused; `reason`
    says why there is no answer."""

    exhausts_on: date | None = None
    exhausts_from: date | None = None
    exhausts_to: date | None = None
    expires_unused: int | None = None
    expires_on: date | None = None
    reason: str | None = None


def forecast(
    as_of: date,
    since: date,
    grants: Iterable[tuple[Grant, int]],
    owed: Mapping[str, int],
    usage: Usage,
) -> Forecast:
    """Forecast when one organization's credits run out after a date, and how many end unused. `grants`
    are each grant and what is left of it, `owed` its overdraft by billing type, `usage` what it used. `since` is the first date of which it is
    known, also where nothing was used."""
    known = (as_of - since).days + 1
    if known < LEAST:
        return Forecast(reason=f"{LEAST} dates of usage are needed, there are {max(known, 0)}")
    dates = [as_of - ONE_DAY * back for back in range(min(known, HISTORY))]
    of_weekday = [[day for day in dates if day.weekday() == weekday] for weekday in range(7)]
    amounts = [
        {kind: sorted(days.get(day, 0) for day in alike) for kind, days in usage.items()}
        for alike in of_weekday
    ]
    weeks = [
        [{kind: at(in_order) for kind, in_order in of_day.items()} for of_day in amounts]
        for at in (_median, _high, _low)
    ]
    held = list(grants)
    usual = simulate(as_of, held, owed, weeks[0])
    reason = None
    if usual.exhausts_on is None:
        used = any(amount for of_day in weeks[0] for amount in of_day.values())
        reason = (
            "credits last for more than three years" if used else "nothing is used on most days"
        )
    return Forecast(
        usual.exhausts_on,
        simulate(as_of, held, owed, weeks[1]).exhausts_on,
        simulate(as_of, held, owed, weeks[2]).exhausts_on,
        usual.unused,
        usual.unused_on,
        reason,
    )


def _median(amounts: Sequence[int]) -> int:
    middle = len(amounts) // 2
    return amounts[middle] if len(amounts) % 2 else (amounts[middle - 1] + amounts[middle]) // 2


def _low(amounts: Sequence[int]) -> int:
    return amounts[(len(amounts) - 1) // 4]


def _high(amounts: Sequence[int]) -> int:
    return amounts[-1 - (len(amounts) - 1) // 4]


@dataclass
class Simulated:
    """How a simulation went: the first date that credits do not cover, what ends unused, and the
    first date on which some is gone."""

    exhausts_on: date | None = None
    unused: int = 0
    unused_on: date | None = None


def simulate(
    as_of: date, grants: Iterable[tuple[Grant, int]], owed: Mapping[str, int], week: Week
) -> Simulated:
    """Return how credits go when each week is used as this one, for as long as a forecast looks."""
    account, simulated = Account(), Simulated()
    opening: dict[date, list[Purse]] = defaultdict(list)
    ending: dict[date, list[Purse]] = defaultdict(list)
    for grant, left in grants:
        purse = Purse(grant, left)
        if grant.effective_date > as_of:
            opening[grant.effective_date].append(purse)
        elif left:
            account.open(purse)
        ending[purse.expires].append(purse)
    debts = {kind: amount for kind, amount in owed.items() if amount > 0}
    day, last = as_of + ONE_DAY, as_of + HORIZON
    events = sorted(at for at in {*opening, *ending, last} if day <= at <= last)
    while day <= last:
        while events and events[0] <= day:
            at = events.pop(0)
            for purse in ending.get(at, ()):
                account.close(purse)
                if purse.left:
                    simulated.unused += purse.left
                    simulated.unused_on = simulated.unused_on or at
            for purse in opening.get(at, ()):
                account.open(purse)
            for kind in sorted(debts) if at in opening else ():
                debts[kind] -= _draw(account, kind, debts[kind])
        most = ((events[0] if events else last) - day).days // 7
        weeks = _whole_weeks(account, week, most, debts if simulated.exhausts_on else None)
        if weeks:
            day += timedelta(days=7 * weeks)
            continue
        for kind in sorted(week[day.weekday()]):
            amount = week[day.weekday()][kind]
            missing = amount - _draw(account, kind, amount) if amount else 0
            if missing:
                simulated.exhausts_on = simulated.exhausts_on or day
                debts[kind] = debts.get(kind, 0) + missing
        day += ONE_DAY
    return simulated


def _draw(account: Account, kind: str, amount: int) -> int:
    """Burn up to an amount; return what there was."""
    drawn = account.draw(kind, amount) if amount else []
    for purse, part in drawn:
        purse.left -= part
        if not purse.left:
            account.close(purse)
    return sum(part for _, part in drawn)


def _whole_weeks(account: Account, week: Week, most: int, debts: dict[str, int] | None) -> int:
    """Burn as many whole weeks as go from the same purses, up to a number; return how many. What no
    purse covers is added to the debts; there are none while it is not known when it is first so."""
    if most < 1:
        return 0
    totals: dict[str, int] = defaultdict(int)
    for of_day in week:
        for kind, amount in of_day.items():
            totals[kind] += amount
    taken: dict[str, tuple[Purse, int]] = {}
    uncovered: dict[str, int] = {}
    for kind, amount in totals.items():
        first = account.draw(kind, 1) if amount else []
        if first:
            purse = first[0][0]
            taken[purse.grant_id] = purse, taken.get(purse.grant_id, (purse, 0))[1] + amount
        elif amount and debts is None:
            return 0
        elif amount:
            uncovered[kind] = amount
    weeks = min([most, *(purse.left // amount for purse, amount in taken.values())])
    for purse, amount in taken.values():
        purse.left -= weeks * amount
        if not purse.left:
            account.close(purse)
    if debts is not None:
        for kind, amount in uncovered.items():
            debts[kind] = debts.get(kind, 0) + weeks * amount
    return weeks
