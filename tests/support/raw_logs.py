"""Raw logs of other tools, mapped as a user maps them."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pricing_assets.sources import catalog
from pricing_assets.sources.mapped import map_files


def mapped_rows(file: Path, source: str) -> list[dict[str, Any]]:
    """Return the rows that a source makes of a file."""
    target = file.with_name("rows.parquet")
    map_files([file], catalog.named(source), target)
    rows: list[dict[str, Any]] = pq.read_table(target).to_pylist()
    return rows


def rows_of(content: bytes | str, source: str, folder: Path) -> list[dict[str, Any]]:
    """Return the rows that a source makes of a file's content."""
    file = folder / "log"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return mapped_rows(file, source)
