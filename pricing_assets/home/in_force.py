"""Whether `credits.duckdb` shows what is published: half of its name says of what it was made.

How it is made belongs to `catalog.build`; whether its rows are right, to `verify`.
"""

import hashlib
import json
import os

from pricing_assets.home import lock as home_lock
from pricing_assets.home.home import Home
from pricing_assets.home.names import is_database

_HALF = 16


def published(home: Home) -> str:
    """Return the half of the name that stands for what the journal says is published."""
    named = home.journal.named
    parts = (named.versions, named.bookings, named.ledgers, named.standings, named.closings)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:_HALF]


def name_of(home: Home, rest: str) -> str:
    """Return the name of the database of what is published, and of the rest that it shows (a digest)."""
    return f"{published(home)}-{rest[:_HALF]}.duckdb"


def wrong(home: Home) -> str:
    """Say that `credits.duckdb` is missing or behind; '' where it is not, where another version of
    creditmill made it, and while a run is under way, which brings it up to date."""
    if not _wrong(home) or home_lock.is_held(home.path):
        return ""
    return _wrong(home)  # a run may have ended meanwhile


def _wrong(home: Home) -> str:
    if not home.journal.named.versions:
        return ""
    if not home.catalog.exists():
        return f"{home.catalog} is missing; `creditmill refresh` makes it"
    target = os.path.realpath(home.catalog)
    half, dash, _ = os.path.basename(target).partition("-")  # noqa: PTH119
    is_ours = dash and is_database(os.path.basename(target))  # noqa: PTH119
    if not is_ours or half == published(home):
        return ""
    return (
        f"{home.catalog} is behind what is published: it shows what was before; `creditmill refresh`"
        " brings it up to date"
    )
