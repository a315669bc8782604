"""How far a bucket was listed: the key after which the next look begins, and when the last look saw
all keys.

Keys mostly come in the order of time. So a look begins at the first key of the prefixes that were
written to of late, and from time to time at the first of all: a late object is found by either.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from pricing_assets.common import files, json_files
from pricing_assets.common.instants import parse_instant
from pricing_assets.home import Home

LATE = timedelta(days=7)
"""Keys from the first on that was written within so long before the newest are listed each time."""
WHOLE = timedelta(hours=24)
"""After so long all keys are listed."""
SMALL = 10_000
"""Buckets of so few objects are always listed whole: ten requests."""


class Listing(NamedTuple):
    """The last key before those that the next look lists, and when all were listed."""

    after: str
    whole_at: datetime


def load(home: Home) -> dict[str, Listing]:
    """Return each bucket's, by its address; nothing where the file is missing or not understood: then
    all is listed."""
    try:
        record = json_files.read_json(home.listings_file)
        return {name: Listing(one[0], parse_instant(one[1])) for name, one in record.items()}
    except (OSError, ValueError, TypeError, AttributeError, IndexError, KeyError):
        return {}


def save(home: Home, name: str, listing: Listing | None) -> None:
    """Note how far a bucket was listed; None: from the beginning."""
    known = load(home)
    if known.get(name) == listing:
        return
    others = {one: held for one, held in known.items() if one != name}
    now = {**others, **({name: listing} if listing else {})}
    record = {one: [held.after, held.whole_at.isoformat()] for one, held in sorted(now.items())}
    files.write_bytes(home.listings_file, json_files.to_json(record), home.scratch)
