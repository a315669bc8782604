"""Tables of other formats that keep Parquet files: Delta Lake, Apache Iceberg, Apache Hudi.

Their folders hold rows that the table has deleted or rewritten, so no file of one may be read by
itself. Only whether a folder is such a table is decided here, by its layout: also where its state is
empty, or was copied in part. What a table says is read by `open_table`.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

DELTA, ICEBERG, HUDI = "Delta Lake", "Apache Iceberg", "Apache Hudi"
_ICEBERG_STATE = re.compile(
    r".*\.metadata\.json(\.gz)?|version-hint\.text|snap-.*\.avro|.*-m[0-9]+\.avro"
)


def table_format(folder: Path) -> str | None:
    """Return the name of the format whose table the folder is the root of, or None.

    Delta Lake keeps commits in `_delta_log`, Hudi its state in `.hoodie`: nothing else has folders of
    these names. Iceberg keeps its state in `metadata`, and rows in `data` beside it.
    """
    if os.path.isdir(folder / "_delta_log"):  # noqa: PTH112  # False also where nobody may look
        return DELTA
    if os.path.isdir(folder / ".hoodie"):  # noqa: PTH112
        return HUDI
    try:
        names = os.listdir(folder / "metadata")
        is_empty = not names and (folder / "data").is_dir()
    except OSError:
        return None
    return ICEBERG if is_empty or any(map(_ICEBERG_STATE.fullmatch, names)) else None


def table_of(parts: Sequence[str]) -> tuple[int, str] | None:
    """Return how many parts of a key are the root of a table, and its format, by the same layout; None
    where the key is of no table's state."""
    for n, part in enumerate(parts[:-1]):
        if part == "_delta_log":
            return n, DELTA
        if part == ".hoodie":
            return n, HUDI
        if part == "metadata" and n == len(parts) - 2 and _ICEBERG_STATE.fullmatch(parts[-1]):
            return n, ICEBERG
    return None


def table_around(path: Path) -> tuple[Path, str] | None:
    """Return the root and the format of the table that holds this path, itself included."""
    for folder in (path, *path.parents):
        found = table_format(folder)
        if found is not None:
            return folder, found
    return None


def table_of_state(path: Path) -> Path | None:
    """Return the root of the table whose state at one version a file is: a commit of Delta Lake, or a
    metadata file of Iceberg; None where it is none."""
    is_commit = path.parent.name == "_delta_log" and re.fullmatch(r"[0-9]{20}\.json", path.name)
    is_metadata = path.parent.name == "metadata" and path.name.endswith(".metadata.json")
    if not (is_commit or is_metadata) or not path.is_file():
        return None
    root = path.parent.parent
    return root if table_format(root) == (DELTA if is_commit else ICEBERG) else None


def refusal(name: str) -> str:
    """Say why a table of this format is not read, and what to do."""
    return (
        f"it is a table of {name}, whose files also hold rows that the table has deleted or"
        " replaced; write its current rows to *.parquet files of their own and give those"
    )
