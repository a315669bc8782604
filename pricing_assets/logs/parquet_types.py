"""Annotations: what a column's stored numbers mean, which a footer says twice, in an old way and a new.

Readers take the new one. No checksum covers either: one changed bit makes microseconds nanoseconds.
"""

from collections.abc import Collection, Mapping
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common.errors import RejectedLog
from pricing_assets.db.io import literal_path

if TYPE_CHECKING:
    import duckdb

# As DuckDB writes a new annotation, in which a width is a byte.
_MEANS = {"TIMESTAMP_MILLIS": "unit=TimeUnit(MILLIS=Milli", "TIMESTAMP_MICROS": "MICROS=Micro"} | {
    f"{old}_{bits}": f"(bitWidth={chr(bits)}, isSigned={signed})"
    for old, signed in (("INT", 1), ("UINT", 0))
    for bits in (8, 16, 32, 64)
}


def contradictions(
    con: "duckdb.DuckDBPyConnection", read: Mapping[Path, Collection[str]]
) -> dict[Path, RejectedLog]:
    """Return, per file, why it is rejected: a number or an instant of a column that is read has two
    annotations that differ."""
    elements = con.execute(
        "select file_name, name, num_children, converted_type, logical_type"
        " from parquet_schema($files)",
        {"files": [literal_path(file) for file in read]},
    ).fetchall()
    found: dict[Path, RejectedLog] = {}
    column, left = "", 0
    for file, of_file in groupby(elements, key=lambda element: Path(element[0])):
        for _, name, children, old, new in islice(of_file, 1, None):
            if left == 0:
                column, left = name, 1
            left += (children or 0) - 1
            if column in read[file] and old and new and _MEANS.get(old, "") not in new:
                found[file] = RejectedLog(
                    "unreadable",
                    f"column {name!r} does not agree with itself: it is {old} and {new}",
                )
    return found
