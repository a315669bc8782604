"""Periods that users name: a month, a date, or the dates from one to another."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from pricing_assets.common.errors import ConfigurationError

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


@dataclass(frozen=True)
class Period:
    """A calendar month (`2026-02`), one date (`2026-02-03`) or a range of dates
    (`2026-02-01..2026-02-07`), first and last date included."""

    name: str
    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def period_of(text: str) -> Period:
    """Return the period of this name; ConfigurationError where it names neither a month nor a
    date."""
    found = _month_or_date(text)
    if found is None:
        raise ConfigurationError(f"{text!r} is not a period; name a month like 2026-02, or a date")
    return found


def period_or_range_of(text: str) -> Period:
    """Return the period of this name, a range of dates too; ConfigurationError where it names none,
    or ends before it begins."""
    found = _month_or_date(text)
    if found is not None:
        return found
    ends = re.fullmatch(rf"({_DATE})\.\.({_DATE})", text)
    between = [_month_or_date(end) for end in ends.groups()] if ends else []
    if len(between) == 2 and between[0] and between[1]:
        first, last = between[0].first, between[1].last
        if first <= last:
            return Period(text, first, last)
    raise ConfigurationError(
        f"{text!r} is not a period; name a month like 2026-02, a date like 2026-02-03, or dates like"
        " 2026-02-01..2026-02-07"
    )


def _month_or_date(text: str) -> Period | None:
    try:
        if re.fullmatch(_DATE, text):
            day = date.fromisoformat(text)
            return Period(text, day, day)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
            first = date.fromisoformat(f"{text}-01")
            return Period(text, first, month_after(first) - timedelta(days=1))
    except (ValueError, OverflowError):
        pass
    return None


def month_after(first: date) -> date:
    """Return the first of the next month."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
