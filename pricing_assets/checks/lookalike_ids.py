"""Ids that look like another, by Unicode's list of confusable characters, or have characters that
nobody sees.

They are shown, never changed: ids are compared exactly, and each is charged by itself.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from pricing_assets.common.visible_text import is_unseen
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.relations import register
from pricing_assets.home import Home

if TYPE_CHECKING:
    import duckdb

LOOKED_BACK = timedelta(days=31)
"""Ids are also held against those of the versions in force of so many days before."""
MOST_VALUES = 100_000
"""A dimension of more values on the dates of a run is not looked at."""
MOST_SHOWN = 3
"""Lookalikes of one id that are named; of more, how many."""


def looks(org_id: str) -> set[str]:
    """Return what is left of an id where case, blanks, Unicode form, unseen characters and what
    Unicode calls confusable are: two ids that share one of these look alike.

    >>> looks("\u0430cme") & looks("Acme")  # the first letter is Cyrillic
    {'acrne'}
    """
    every = {org_id}
    if not _is_plain(org_id):
        shown = "".join(char for char in org_id if not is_unseen(char))
        # Some letters are like others only as they are (a lunate sigma is C, and no sigma).
        every = {unicodedata.normalize(form, shown) for form in ("NFKD", "NFD")}
    forms = []
    for seen in every:
        plain = "".join(seen.split())
        # As it stands, where I is l, and in lower case, where it is i.
        forms += [plain, plain.casefold()]
        if (
            not plain.isascii()
        ):  # in upper case, where Cyrillic letters are like Latin ones that are not
            forms.append(plain.upper().translate(_prototypes()).casefold())  # in lower case
    return {text.translate(_prototypes()).casefold() for text in forms}


def _is_plain(org_id: str) -> bool:
    """Return whether an id has printable ASCII characters alone: the common case, and cheap."""
    return org_id.isascii() and org_id.isprintable()


@cache
def _prototypes() -> dict[int, str]:
    """Return every character that Unicode calls confusable, and the one that stands for all
    alike."""
    from confusable_homoglyphs.confusables import confusables_data

    skeletons = {}
    for text, others in confusables_data.items():
        alike = [text, *(other["c"] for other in others)]
        alike = [one.strip(_MARK) for one in alike]
        # One of a group is listed with all others, and each of these with it alone.
        stands = max(alike, key=lambda one: (len(confusables_data.get(one, ())), len(one), one))
        for one in alike:
            if len(one) == 1 and one != stands:
                skeletons[ord(one)] = stands
    return skeletons


_MARK = "\u200e"
"""Set by the data around characters that are written from right to left."""


def lookalikes(
    ids: Mapping[date, Iterable[str]], others: Iterable[str]
) -> Iterator[tuple[date, str]]:
    """Yield one sentence per date and id that deceives, with each spelling in characters that do
    not; `others` are ids of other dates that it may be taken for."""
    return ((day, sentence) for day, _, sentence in _deceiving(ids, others))


def _deceiving(
    ids: Mapping[date, Iterable[str]], others: Iterable[str]
) -> Iterator[tuple[date, str, str]]:
    """Yield date, id and sentence of each id that deceives."""
    alike: dict[str, list[str]] = defaultdict(list)
    known = {*others, *(org_id for of_day in ids.values() for org_id in of_day)}
    seen_as = {org_id: looks(org_id) for org_id in sorted(known)}
    for org_id, every in seen_as.items():
        for one in every:
            alike[one].append(org_id)
    for day, of_day in ids.items():
        for org_id in of_day:
            groups = [alike[one] for one in seen_as[org_id]]
            if max(map(len, groups)) > 1:
                yield day, org_id, f"{org_id!a} looks like {_twins(org_id, groups)}"
            elif not _is_plain(org_id) and any(is_unseen(char) for char in org_id):
                yield day, org_id, f"{org_id!a} has characters that nobody sees"


def among(names: Iterable[str]) -> list[str]:
    """Return a sentence for each of these names that looks like another of them, or has characters
    that nobody sees, in characters that do not deceive.

    >>> among(["globex", "acme", "\u0430cme"])
    ["'acme' looks like '\\\\u0430cme'", "'\\\\u0430cme' looks like 'acme'"]
    """
    return list(by_name(names).values())


def by_name(names: Iterable[str]) -> dict[str, str]:
    """Return the same sentences, by the name that each is about."""
    return {name: message for _, name, message in _deceiving({date.min: sorted({*names})}, ())}


def taken_for(names: Iterable[str], others: Iterable[str]) -> dict[str, str]:
    """Return a sentence for each of these names that looks like one of the others, by the name.

    >>> list(taken_for(["globex", "\u0430cme"], ["acme"]).values())
    ["'\\\\u0430cme' looks like 'acme'"]
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for other in sorted(others):
        for one in looks(other):
            alike[one].append(other)
    messages = {}
    for name in names:
        groups = [[name, *alike[one]] for one in looks(name) if one in alike]
        if groups:
            messages[name] = f"{name!a} looks like {_twins(name, groups)}"
    return messages


def _twins(org_id: str, groups: list[list[str]]) -> str:
    """Return the first ids that look like this one, and how many more there are."""
    first = {one for group in groups for one in group[: MOST_SHOWN + 1]} - {org_id}
    shown = ", ".join(ascii(one) for one in sorted(first)[:MOST_SHOWN])
    more = max(len(group) for group in groups) - 1 - MOST_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def told_of_values(
    dimension: str, rows: Iterable[tuple[date, str, str]]
) -> Iterator[tuple[date, str]]:
    """Yield one sentence per usage date, organization and value of a dimension that deceives;
    `rows` are of these three, and a value is held against those of the same date and
    organization."""
    groups: dict[tuple[date, str], list[str]] = defaultdict(list)
    for day, org_id, value in rows:
        groups[day, org_id].append(value)
    for (day, org_id), values in groups.items():
        for _, fault in lookalikes({day: values}, ()):
            yield day, f"{dimension} of {org_id!a}: {fault}"


def load(
    con: "duckdb.DuckDBPyConnection", home: Home, days: Sequence[date], dimensions: Sequence[str]
) -> None:
    """Create `deceiving_ids` of the staged dates, whose `daily_usage` and `usage` are there."""
    import polars as pl
    from duckdb import ColumnExpression, ConstantExpression, FunctionExpression

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
    others = scan_parquet(con, near).project("org_id").distinct().fetchall() if near else []
    found = list(lookalikes(ids, (org_id for (org_id,) in others)))
    for dimension in dimensions:
        value = FunctionExpression(
            "struct_extract", ColumnExpression("dimensions"), ConstantExpression(dimension)
        ).alias("value")
        columns = (ColumnExpression("usage_date"), ColumnExpression("org_id"), value)
        rows = con.table("usage").select(*columns).filter("value is not null").distinct()
        values = rows.limit(MOST_VALUES + 1).fetchall()
        if len(values) <= MOST_VALUES:
            found += told_of_values(dimension, sorted(values))
    schema = {"usage_date": pl.Date, "fault": pl.String}
    register(con, "deceiving_ids", pl.DataFrame(found, schema=schema, orient="row"))
