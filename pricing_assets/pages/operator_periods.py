"""The periods that the operator's page offers, each with the one before it.

An organization's page counts the same from its own newest date: `period.js`. No number is summed here.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

Dates = tuple[date, date]
BEFORE: Final = " before"
"""What the name of a period before ends with."""
_DAY: Final = timedelta(days=1)


def presets(first: date, last: date) -> dict[str, tuple[Dates, Dates | None]]:
    """Return the dates of each period that ends with the newest usage date, and those before it: as
    many days, for a month the month before, for a month to date its same dates; `last-month` only
    where usage goes back to it, nothing before `all`."""
    month = last.replace(day=1)
    found: dict[str, tuple[Dates, Dates | None]] = {}
    for days in (7, 14, 30):
        begun = last - (days - 1) * _DAY
        found[f"{days}d"] = ((begun, last), (begun - days * _DAY, begun - _DAY))
    found["mtd"] = ((month, last), _same_dates_before(month, last))
    if first < month:
        found["last-month"] = _month_before(month), _month_before(_month_before(month)[0])
    found["all"] = ((first, last), None)
    return found


def _month_before(month: date) -> Dates:
    end = month - _DAY
    return end.replace(day=1), end


def _same_dates_before(month: date, last: date) -> Dates:
    begun, end = _month_before(month)
    is_whole = (last + _DAY).day == 1
    return begun, end if is_whole or last.day > end.day else begun.replace(day=last.day)


def named(periods: Mapping[str, tuple[Dates, Dates | None]]) -> dict[str, list[object]]:
    """Return names, first and last dates of all periods and those before, as
    `index_organization_periods` takes them."""
    rows = [(name, *dates) for name, (dates, _) in periods.items()]
    rows += [(name + BEFORE, *dates) for name, (_, dates) in periods.items() if dates]
    return {
        column: [row[place] for row in rows]
        for place, column in enumerate(("names", "firsts", "lasts"))
    }
