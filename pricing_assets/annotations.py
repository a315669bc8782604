"""Annotations: what a column's stored numbers mean, which a footer says twice, in an old way and a new.

Readers take the new one. No checksum covers either: one changed bit makes microseconds nanoseconds.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets import duck
from pricing_assets.errors import RejectedLog

if TYPE_CHECKING:
    import duckdb

# As DuckDB writes a new annotation, in which a width is a byte.
_MEANS = {"TIMESTAMP_MILLIS": "unit=TimeUnit(MILLIS=Milli", "TIMESTAMP_MICROS": "MICROS=Micro"} | {
    f"{old}_{bits}": f"(bitWidth={chr(bits)}, isSigned={signed})"
    for old, signed in (("INT", 1), ("UINT", 0))
    for bits in (8, 16, 32, 64)
}


def contradicting(
    con: "duckdb.DuckDBPyConnection", files: Sequence[Path]
) -> dict[Path, RejectedLog]:
    """The files in which the two annotations of a number or an instant differ."""
    told = con.execute(
        "select file_name, name, converted_type, logical_type from parquet_schema($files)"
        " where converted_type is not null and logical_type is not null",
        {"files": [duck.literal_path(file) for file in files]},
    ).fetchall()
    return {
        Path(file): RejectedLog(
            "unreadable", f"column {name!r} does not agree with itself: it is {old} and {new}"
        )
        for file, name, old, new in told
        if _MEANS.get(old, "") not in new
    }
