"""Columns in the path of a file, as Hive and Spark partition tables: `agent_id=x/part.parquet`.

What becomes of them belongs to who reads the file.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from pricing_assets.common.errors import RejectedLog

NULL: Final = "__HIVE_DEFAULT_PARTITION__"


def in_path(folder: Path) -> dict[str, str | None]:
    """Return the columns that a folder's path names and their values, None where it is null. Of a
    column that it names twice, the last value.

    >>> in_path(Path("/logs/agent_id=help%20desk/hour=07"))
    {'agent_id': 'help desk', 'hour': '07'}
    """
    return dict(_columns(folder))


def refuse_two_values(folder: Path, read: Collection[str] | None = None) -> None:
    """Raise RejectedLog where a path names a column (one of `read`, where that is not None) twice, with
    two values: no reader could say which of them is meant."""
    values: dict[str, str | None] = {}
    for name, value in _columns(folder):
        if values.setdefault(name, value) != value and (read is None or name in read):
            raise RejectedLog(
                "wrong_schema",
                f"its path names {name} twice, with the values {values[name]!r} and {value!r}; move it"
                " where the path has one of them",
            )


def _columns(folder: Path) -> Iterator[tuple[str, str | None]]:
    for part in folder.parts:
        name, is_column, value = part.partition("=")
        if name and is_column:
            yield _plain(name), None if value == NULL else _plain(value)


def folder_of(columns: Mapping[str, str | None]) -> str:
    """Return a folder whose path names these columns."""
    return "/".join(
        f"{quote(name, safe='')}={NULL if value is None else quote(value, safe='')}"
        for name, value in columns.items()
    )


def _plain(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text
