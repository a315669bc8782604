"""Ids that came in several units: their hashes, which each unit's file has in order.

What is done with their rows belongs to `rollups`.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import resources

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    Hashes = npt.NDArray[np.uint64]

BYTES_AN_ID = 100
"""What is left free per row where hashes are sorted in memory."""
SMALL = 0.1
"""Units that together hold less than this share of the largest are looked up in it."""


def shared_ids(paths: Sequence[Path], days: Collection[date], rows: int) -> "pl.DataFrame":
    """Return each unit (its place among the files) and hash of an id that several units have on a
    usage date, with its rows there. Those that one unit alone has, more than once, may be among
    them: they were looked at when it was made. Hashes of so many rows are looked at in as many parts
    as memory asks for."""
    import numpy as np
    import polars as pl

    found = [pl.DataFrame(schema={"unit": pl.Int32, "id_hash": pl.UInt64, "rows": pl.Int64})]
    parts = 1 + rows * BYTES_AN_ID // resources.available_memory()
    for part in range(parts if len(paths) > 1 else 0):
        scans = [
            pl.scan_parquet(path, glob=False).filter(pl.col("usage_date").is_in(sorted(days)))
            for path in paths
        ]
        if parts > 1:
            scans = [scan.filter(pl.col("id_hash") % parts == part) for scan in scans]
        read = [scan.select("id_hash").collect()["id_hash"] for scan in scans]
        hashes = [(one if len(days) == 1 else one.sort()).to_numpy() for one in read]
        again = shared(hashes)
        for place, in_order in enumerate(hashes):
            first, last = (np.searchsorted(in_order, again, side) for side in ("left", "right"))
            counted = pl.DataFrame({"id_hash": again, "rows": last - first})
            counted = counted.filter(pl.col("rows") > 0)
            found.append(
                counted.select(
                    pl.lit(place, pl.Int32).alias("unit"), "id_hash", pl.col("rows").cast(pl.Int64)
                )
            )
    return pl.concat(found)


def dates_with_common_ids(
    some: Sequence[Path], others: Sequence[Path], days: Collection[date]
) -> set[date]:
    """Return those of the dates on which two groups of units have an id in common, going by hashes.
    The few are looked up among the many, of which one unit at a time is in memory."""
    import numpy as np

    few: dict[date, list[Hashes]] = {}
    for path in some:
        for day, hashes in _by_date(path, days):
            few.setdefault(day, []).append(hashes)
    looked_up = {day: np.concatenate(found) for day, found in few.items()}
    common: set[date] = set()
    for path in others:
        for day, hashes in _by_date(path, looked_up.keys() - common):
            places = np.searchsorted(hashes, looked_up[day])
            there = places < len(hashes)
            if (hashes[places[there]] == looked_up[day][there]).any():
                common.add(day)
    return common


def _by_date(path: Path, days: Collection[date]) -> "Iterator[tuple[date, Hashes]]":
    """Yield the hashes of a unit on each of these dates, in order."""
    import polars as pl

    scan = pl.scan_parquet(path, glob=False).filter(pl.col("usage_date").is_in(sorted(days)))
    read = scan.select("usage_date", "id_hash").collect()
    first = 0
    for day, rows in read["usage_date"].rle().struct.unnest().select("value", "len").iter_rows():
        yield day, read["id_hash"][first : first + rows].to_numpy()
        first += rows


def shared(hashes: "Sequence[Hashes]") -> "Hashes":
    """Return the hashes that several units have, in order, and some that one has more than once; each
    unit's own are in order. Small units are looked up in a large one, so that a late file does not
    have all hashes sorted again."""
    import numpy as np

    *smaller, largest = sorted(hashes, key=len)
    is_small = sum(map(len, smaller)) < len(largest) * SMALL
    together = [*smaller] if is_small else [*smaller, largest]
    in_order = np.concatenate(together)
    in_order.sort(kind="stable")  # which merges what is in order already
    again = np.unique(in_order[1:][in_order[1:] == in_order[:-1]])
    if not is_small:
        return again
    places = np.searchsorted(largest, in_order)
    is_there = places < len(largest)
    is_there[is_there] = largest[places[is_there]] == in_order[is_there]
    return np.union1d(again, in_order[is_there])
