"""What is said of a file whose bytes came before and are read by another source than that of its folder.

That bytes count once, and what else becomes of files, is noted by `recorder`.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from pricing_assets.sources.kept import KeptSource


def other_source(
    path: str, first: Mapping[str, Any] | None, source: KeptSource | None
) -> Iterator[str]:
    """Yield what to warn of where the receipt of a file's bytes names another source than the one of its
    folder, or only one of the two has any."""
    if first is None:
        return
    held = first.get("source")
    if held is None and source is None:
        return
    if held and source and held["name"] == source.name:
        is_same_inbox = path.startswith(os.path.join(held["inbox"], ""))
        if held["sha256"] == source.digest or is_same_inbox:
            return
    where = f" in {held['inbox']}" if held else ""
    yield (
        f"{path}: the same bytes came as {first['file_name']}{where},"
        f" {_read_by(held['name'] if held else None)}, and count once; so this file is not"
        f" {_read_by(source.name if source else None)}"
    )


def _read_by(source: str | None) -> str:
    return f"read by the source {source}" if source else "read in the usage log's own columns"
