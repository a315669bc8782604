"""The inbox: which files are there, and which were met before, by size and time.

What a file holds is not looked at here.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from pricing_assets import files
from pricing_assets.errors import ConfigurationError
from pricing_assets.home import Home


@dataclass(frozen=True)
class Rejection:
    """A file that was not taken in: where, why in a word, and what is wrong with it."""

    path: str
    reason: str
    detail: str


def list_logs(folder: Path, home: Home) -> list[Path]:
    """Every `*.parquet` under the folder at any depth, but for the home's own, in order."""
    if not folder.is_dir():
        raise ConfigurationError(f"--logs {folder} is no folder; give the folder of usage logs")
    found = []
    own = home.path.resolve()
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if Path(parent, name).resolve() != own]
        found += [Path(parent, name) for name in names if name.endswith(".parquet")]
    return sorted(found, key=lambda path: os.fsencode(path))


def stamp_of(path: Path) -> list[int]:
    """What changes when a file does: size and time."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def load_seen(home: Home) -> dict[str, list[object]]:
    """Per path: size, time, SHA-256 ('' where rejected), reason and detail of a rejection."""
    if not home.seen_file.is_file():
        return {}
    seen: dict[str, list[object]] = files.read_json(home.seen_file)
    return seen


def rejected_before(home: Home) -> list[Rejection]:
    """Files that were rejected, are still there and have not changed."""
    still = []
    for name, entry in load_seen(home).items():
        path = Path(name)
        if entry[2] == "" and path.exists() and stamp_of(path) == entry[:2]:
            still.append(Rejection(name, str(entry[3]), str(entry[4])))
    return still
