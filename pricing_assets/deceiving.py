"""Organization ids that deceive: with characters that nobody sees, or two that look like one.

They are told, never changed: ids are compared exactly, and each is charged by itself.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pricing_assets import duck
from pricing_assets.home import Home
from pricing_assets.rating import register

if TYPE_CHECKING:
    import duckdb

LOOKED_BACK = timedelta(days=31)
"""Ids are also held against those of the versions in force of so many days before."""
_UNSEEN = {"Cc", "Cf", "Zl", "Zp"}
"""Control, format (bidi, zero width) and separator characters, as Unicode's categories."""


def look(org_id: str) -> str:
    """What is left of an id where case, blanks, Unicode form and unseen characters are."""
    if org_id.isascii() and org_id.isprintable():
        return org_id.replace(" ", "").casefold()
    seen = "".join(char for char in org_id if unicodedata.category(char) not in _UNSEEN)
    return "".join(unicodedata.normalize("NFKC", seen).split()).casefold()


def told(ids: Mapping[date, Iterable[str]], others: Iterable[str]) -> Iterator[tuple[date, str]]:
    """One sentence per date and id that deceives, with each spelling in characters that do not;
    `others` are ids of other dates that it may be taken for."""
    alike: dict[str, set[str]] = defaultdict(set)
    for org_id in {*others, *(org_id for of_day in ids.values() for org_id in of_day)}:
        alike[look(org_id)].add(org_id)
    for day, of_day in ids.items():
        for org_id in of_day:
            twins = sorted(alike[look(org_id)] - {org_id})
            if twins:
                yield day, f"{org_id!a} looks like {', '.join(ascii(one) for one in twins)}"
            elif any(unicodedata.category(char) in _UNSEEN for char in org_id):
                yield day, f"{org_id!a} has characters that nobody sees"


def load(con: "duckdb.DuckDBPyConnection", home: Home, days: Sequence[date]) -> None:
    """The relation `deceiving_ids` of the staged dates, whose `daily_usage` is there."""
    import polars as pl

    ids: dict[date, list[str]] = defaultdict(list)
    staged = con.table("daily_usage").project("usage_date, org_id").distinct()
    for day, org_id in staged.fetchall():
        ids[day].append(org_id)
    near = [
        version.folder / "daily_usage.parquet"
        for day in home.dates()
        if day not in days and any(one - LOOKED_BACK <= day <= one for one in days)
        if (version := home.current(day)) is not None
    ]
    others = duck.scan(con, near).project("org_id").distinct().fetchall() if near else []
    found = list(told(ids, (org_id for (org_id,) in others)))
    schema = {"usage_date": pl.Date, "fault": pl.String}
    register(con, "deceiving_ids", pl.DataFrame(found, schema=schema, orient="row"))
