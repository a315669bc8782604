"""A table of Delta Lake or Iceberg at one version: which files hold its rows, and what its log says of
them.

How each format is read belongs to `delta_table` and `iceberg_table`, which of these to `open_table`, what
becomes of a table's files to `table_place`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pricing_assets.common.errors import RejectedLog

REASON = "table_format"
"""Why a table, or one of its files, is rejected that cannot be read as the table says."""


class Columns(NamedTuple):
    """The columns of a table that knows them by number: numbers by name, also by the names of files
    that have none (None: such files cannot be read), and names of columns that are not null in files
    without them."""

    numbers: Mapping[str, int]
    of_unnumbered: Mapping[str, int] | None
    with_default: Sequence[str]


class TableFile(NamedTuple):
    """A data file: the columns that the table's log says of it, as text."""

    in_path: Mapping[str, str | None]


class Rewrite(NamedTuple):
    """A commit that wrote rows of some files into others and changed none: absolute paths, with the
    number of rows of those that are new (None: not said)."""

    removed: frozenset[str]
    added: Mapping[str, int | None]


@dataclass(frozen=True)
class TableState:
    """A table at one version: its data files by absolute path, and why others of its files, which hold
    rows that it has deleted, are not read. `rewrites` gives the rewrites since an earlier version,
    the first one first; none where the log does not reach back so far."""

    root: Path
    format: str
    version: str
    files: Mapping[str, TableFile]
    rewrites: Callable[[str], Sequence[Rewrite]]
    refused: Mapping[str, str] = field(default_factory=dict)
    columns: Columns | None = None

    def record(self) -> dict[str, str]:
        """Return what a receipt says of the table that its log is a file of."""
        return {"format": self.format, "root": str(self.root), "version": self.version}


def not_read(format_: str, detail: object) -> RejectedLog:
    """Return why a table cannot be read: the first line of what its library says."""
    (first, *_) = str(detail).splitlines() or [type(detail).__name__]
    return RejectedLog(REASON, f"it is a table of {format_} that cannot be read: {first.strip()}")


def as_text(value: Any) -> str | None:
    """Return the value of a column that only a table's log has as a CSV would: None where it is null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
