"""Columns in the path of a file, as Hive and Spark partition tables: `agent_id=x/part.parquet`.

What becomes of them belongs to who reads the file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from pricing_assets.common.errors import RejectedLog

NULL: Final = "__HIVE_DEFAULT_PARTITION__"


class TwoValues(str):
    """The last of a column's values, where a path names it twice with others: no reader could say which is
    meant."""

    __slots__ = ()


def in_path(folder: Path) -> dict[str, str | None]:
    """Return the columns that a folder's path names and their values, None where it is null.

    >>> in_path(Path("/logs/agent_id=help%20desk/hour=07"))
    {'agent_id': 'help desk', 'hour': '07'}
    """
    found: dict[str, str | None] = {}
    for part in folder.parts:
        name, is_column, value = part.partition("=")
        if name and is_column:
            column, plain = _plain(name), None if value == NULL else _plain(value)
            is_clear = found.setdefault(column, plain) == plain
            found[column] = plain if is_clear else TwoValues(plain or "")
    return found


def refuse_two_values(columns: Mapping[str, str | None]) -> None:
    """Raise RejectedLog where one of the columns that are read from a path has two values there."""
    for name, value in columns.items():
        if isinstance(value, TwoValues):
            raise RejectedLog(
                "wrong_schema",
                f"its path names {name} twice, with two values; move it where the path has one of them",
            )


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
