"""Instants as logs store them: in which unit, and whether every reader can be left to read them.

A log with an instant that readers cannot hold is read by `raw_logs`; which rows have a usage date is
decided elsewhere.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pricing_assets.common.errors import RejectedLog
from pricing_assets.logs.parquet_footer import open_stored, readable

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

COLUMN: Final = "event_time"
RAW: Final = "raw "
"""What the kind of a column with an instant that not every reader can hold begins with."""

EPOCH_DAY: Final = 2_440_588
"""The Julian day of 1970-01-01, by which 96 bits count."""
DAY_SECONDS: Final = 86_400
_FROM_YEAR_1, END = -62_135_596_800, 253_402_300_800
"""0001-01-01 and 10000-01-01 in seconds since 1970."""
A_SECOND: Final = {"ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}
_UNITS = {"milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns"}
_BATCH = 65_536


def kind_of(leaf: Any) -> str:
    """Return how a leaf stores instants: `ms`, `us` or `ns` since 1970, with ` utc` where it says
    so, or `int96`; '' where it stores none."""
    if leaf.physical_type == "INT96":
        return "int96"
    logical = json.loads(leaf.logical_type.to_json())
    if leaf.physical_type != "INT64" or logical["Type"] != "Timestamp":
        return ""
    return _UNITS[logical["timeUnit"]] + (" utc" if logical["isAdjustedToUTC"] else "")


def unit_of(kind: str) -> str:
    """Return the unit of a kind: `ms utc` and `raw ms` are of `ms`."""
    return kind.removeprefix(RAW).partition(" ")[0]


def held_kind(file: Path, parquet: "pq.ParquetFile", kind: str, *, trusted: bool = False) -> str:
    """Return the column's kind, `RAW` and its unit where a value or a statistic is beyond a reader.

    RejectedLog where statistics leave out a value: by them row groups are left unread. Those of a
    `trusted` log were looked at when it was ingested, and tell of the values.
    """
    found = kind
    least, most = _readable(kind)
    for number, stored in _statistics(parquet):
        if stored is None or not trusted:
            with readable():
                values = _range(file, parquet, kind, number)
        else:
            values = stored
        if stored and values and not (stored[0] <= values[0] and values[1] <= stored[1]):
            raise RejectedLog(
                "unreadable",
                f"column {COLUMN!r} does not agree with itself: its statistics leave out instants"
                " that it holds",
            )
        for one in (stored, values):
            if one is not None and not (least <= one[0] and one[1] <= most):
                found = RAW + unit_of(kind)
    return found


def _readable(kind: str) -> tuple[int, int]:
    """Return the least and the greatest stored number that every reader holds: the years 1 to 9999;
    of 96 bits, which some readers give as 1970 before that, from there on."""
    unit = unit_of(kind)
    if unit == "int96":
        return 0, END * A_SECOND["ns"] - 1
    if unit == "ns":  # the numbers at both ends are infinite to some readers, or null
        return -(2**63) + A_SECOND[unit], 2**63 - A_SECOND[unit]
    return _FROM_YEAR_1 * A_SECOND[unit], END * A_SECOND[unit] - 1


def _statistics(parquet: "pq.ParquetFile") -> Iterator[tuple[int, tuple[int, int] | None]]:
    """Yield each row group with the least and greatest number that its statistics name."""
    metadata = parquet.metadata
    (place,) = (n for n in range(metadata.num_columns) if parquet.schema.column(n).path == COLUMN)
    for number in range(metadata.num_row_groups):
        column = metadata.row_group(number).column(place)
        stored = column.statistics
        if column.physical_type != "INT64" or stored is None or not stored.has_min_max:
            yield number, None
        else:
            yield number, (stored.min_raw, stored.max_raw)


def _range(
    file: Path, parquet: "pq.ParquetFile", kind: str, row_group: int
) -> tuple[int, int] | None:
    """Return the least and greatest number of a row group, None where all is null."""
    found: list[int] = []
    is_96_bits = unit_of(kind) == "int96"
    source = open_stored(file, [COLUMN], numbers=COLUMN) if is_96_bits else parquet
    for batch in source.iter_batches(_BATCH, [row_group], [COLUMN], use_threads=False):
        column = batch.column(batch.schema.get_field_index(COLUMN))
        found += _range_of_96_bits(column) if is_96_bits else _range_of_64_bits(column)
    return (min(found), max(found)) if found else None


def _range_of_64_bits(column: "pa.Array") -> list[int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    # Parquet has no seconds: they are stored as ms
    scale = 1000 if column.type.unit == "s" else 1
    ends = pc.min_max(column.cast(pa.int64())).as_py()
    return [] if ends["min"] is None else [ends["min"] * scale, ends["max"] * scale]


def _range_of_96_bits(column: "pa.Array") -> list[int]:
    """Return the range in ns; a time of day beyond its day is a number beyond every reader."""
    days, nanos = parts_of_96_bits(column.drop_null())
    if not len(days):
        return []
    day = DAY_SECONDS * A_SECOND["ns"]
    if nanos.min() < 0 or nanos.max() >= day:
        return [-1]
    return [(int(one) - EPOCH_DAY) * day for one in (days.min(), days.max())]


def parts_of_96_bits(column: "pa.Array") -> tuple[Any, Any]:
    """Return Julian days and nanoseconds of the day as numpy arrays, whatever they are for
    nulls."""
    import numpy as np

    stored = np.dtype([("nanos", "<i8"), ("day", "<i4")])
    values = np.frombuffer(column.buffers()[1] or b"", stored, len(column), column.offset * 12)
    return values["day"].astype("int64"), values["nanos"]
