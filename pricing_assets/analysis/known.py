"""Whether a home knows what is asked about, a date or an organization: else an empty answer would read
as "nothing was used".

What is known of them belongs to the answers.
"""

from collections.abc import Collection
from datetime import date

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.db import connection as duck
from pricing_assets.db.statements import statement
from pricing_assets.home import Home


def require_published(home: Home, day: date) -> None:
    """Raise ConfigurationError where no version of a date is in force."""
    if home.current(day) is None:
        raise ConfigurationError(f"{day} is not published; see `creditmill status`")


def require_any(
    days: Collection[date], first: date | None, last: date | None, state: str = "is published"
) -> None:
    """Raise ConfigurationError where a first or a last date was given, and none of these dates lies
    between them."""
    if (first is not None or last is not None) and not between(days, first, last):
        raise ConfigurationError(none_between(days, first, last, state))


def between(days: Collection[date], first: date | None, last: date | None) -> list[date]:
    """Return the dates from the first to the last, both included; None: no bound."""
    return [
        day for day in days if (first is None or day >= first) and (last is None or day <= last)
    ]


def none_between(days: Collection[date], first: date | None, last: date | None, state: str) -> str:
    """Return the sentence that none of the dates lies there, with those that there are.

    >>> none_between([date(2026, 2, 3)], date(2026, 3, 1), None, "is published")
    'no date from 2026-03-01 on is published; published dates: 2026-02-03'
    """
    if first is not None and first == last:
        asked = f"{first} is not a date that {state}"
    elif last is None:
        asked = f"no date from {first} on {state}"
    elif first is None:
        asked = f"no date up to {last} {state}"
    else:
        asked = f"no date from {first} to {last} {state}"
    if not days:
        return f"{asked}, and no other either; `creditmill run --logs DIR` ingests logs"
    ends = sorted({min(days), max(days)})
    what = "dates with logs" if state == "has logs" else "published dates"
    return f"{asked}; {what}: {' to '.join(str(day) for day in ends)}"


def require_tried(home: Home, day: date) -> None:
    """Raise ConfigurationError where a date was neither published nor blocked."""
    if home.blocked(day) is None:
        require_published(home, day)


def require_organization(home: Home, org_id: str) -> None:
    """Raise ConfigurationError where nothing in `credits.duckdb` is of an organization."""
    with duck.open_catalog(home.catalog, home.path) as con:
        found = con.execute(statement("analysis/known_organization"), {"org": org_id}).fetchone()
    if found is None:
        raise ConfigurationError(
            f"{org_id!r} is not an organization of {home.path}; `creditmill charges --by org_id` lists"
            " them"
        )
