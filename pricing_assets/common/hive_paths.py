"""Columns in the path of a file, as Hive and Spark partition tables: `agent_id=x/part.parquet`.

What becomes of them belongs to who reads the file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

NULL: Final = "__HIVE_DEFAULT_PARTITION__"


def in_path(folder: Path) -> dict[str, str | None]:
    """Return the columns that a folder's path names and their values, None where it is null.

    >>> in_path(Path("/logs/agent_id=help%20desk/hour=07"))
    {'agent_id': 'help desk', 'hour': '07'}
    """
    found: dict[str, str | None] = {}
    for part in folder.parts:
        name, is_column, value = part.partition("=")
        if name and is_column:
            found[_plain(name)] = None if value == NULL else _plain(value)
    return found


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
