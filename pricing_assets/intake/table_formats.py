"""Tables of other formats that keep Parquet files: Delta Lake, Apache Iceberg, Apache Hudi.

Their folders hold rows that the table has deleted or rewritten, so no file of one may be read by
itself. Only whether a folder is such a table is decided here.
"""

import os
import re
from pathlib import Path

DELTA, ICEBERG, HUDI = "Delta Lake", "Apache Iceberg", "Apache Hudi"
_DELTA_LOG = re.compile(r"[0-9]{20}(\.[0-9a-f-]+)?\.json|_last_checkpoint")
_ICEBERG_METADATA = re.compile(r".*\.metadata\.json(\.gz)?|version-hint\.text")

_HUDI_PROPERTIES = re.compile(r"hoodie\.properties")


def table_format(folder: Path) -> str | None:
    """Return the name of the format whose table the folder is the root of, or None.

    Delta Lake keeps commits in `_delta_log`, Iceberg its state in `metadata`, Hudi in `.hoodie`.
    """
    if _has(folder / "_delta_log", _DELTA_LOG):
        return DELTA
    if _has(folder / "metadata", _ICEBERG_METADATA):
        return ICEBERG
    if _has(folder / ".hoodie", _HUDI_PROPERTIES):
        return HUDI
    return None


def table_around(path: Path) -> tuple[Path, str] | None:
    """Return the root and the format of the table that holds this path, itself included."""
    for folder in (path, *path.parents):
        found = table_format(folder)
        if found is not None:
            return folder, found
    return None


def refusal(name: str) -> str:
    """Say why a table of this format is not read, and what to do."""
    return (
        f"it is a table of {name}, whose files also hold rows that the table has deleted or"
        " replaced; write its current rows to *.parquet files of their own and give those"
    )


def _has(folder: Path, wanted: re.Pattern[str]) -> bool:
    try:
        return any(wanted.fullmatch(name) for name in os.listdir(folder))
    except OSError:
        return False
