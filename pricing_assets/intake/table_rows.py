"""The raw files that a path names without a home: itself, or the files of a table's rows.

What a run reads of a folder belongs to `inbox_scan`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pricing_assets.common.errors import ConfigurationError, RejectedLog
from pricing_assets.intake import table_columns
from pricing_assets.intake.open_table import open_table
from pricing_assets.intake.table_formats import table_format, table_of_state
from pricing_assets.intake.table_state import REASON
from pricing_assets.logs.parquet_footer import FileLimits

InPath = Mapping[str, str | None]


@dataclass(frozen=True)
class PathFiles:
    """What a path names: raw files, each with the columns that only its table's log has (None: those of
    its path), and which table they are of, in words (None: none)."""

    files: Mapping[Path, InPath | None]
    table: str | None = None


def named_by(path: Path) -> PathFiles:
    """Return the raw files that a path names: of a table's folder, or a file of its state, those that
    hold its rows. ConfigurationError where it is neither a file nor a table; RejectedLog where a table
    cannot be read as it says."""
    of_state = table_of_state(path)
    root = of_state or path
    form = table_format(root) if root.is_dir() else None
    if form is None:
        if path.is_file():
            return PathFiles({path: None})
        if re.match("[a-z][a-z0-9]+:/", str(path)):
            raise ConfigurationError(f"{path} is an address: copy it, and name the copy")
        what = "is a folder, and no table" if path.is_dir() else "is not a file"
        raise ConfigurationError(f"{path} {what}; name raw files, one by one")
    table = open_table(root.absolute(), form, path.absolute() if of_state else None)
    files: dict[Path, InPath | None] = {}
    for name, file in table.files.items():
        why = table.refused.get(name) or table_columns.wrong_names(
            Path(name), table.columns, FileLimits()
        )
        if why:
            raise RejectedLog(REASON, f"{name}: {why}")
        files[Path(name)] = file.in_path
    if not files:
        raise ConfigurationError(
            f"{path}: the table of {form} has no row at version {table.version}"
        )
    return PathFiles(files, f"a table of {form} at version {table.version}")
