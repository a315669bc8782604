"""What was found right before: it is not read again while its size and time are as they were.

What is looked at, and what is missing, belongs to `presence`.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.common.many_objects import many_objects


@dataclass
class CheckedFolders:
    """What was found right before: `folders` maps folders below the home to size and time of each
    of their files, `through` is the journal's last line whose effects are known to be done (None:
    not known)."""

    through: int | None = None
    folders: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    _read: tuple[int | None, dict[str, dict[str, list[int]]]] | None = None

    @property
    def is_as_read(self) -> bool:
        """Whether nothing was noted since it was read."""
        return (self.through, self.folders) == self._read

    def stamp(self, name: str) -> list[int] | None:
        """Return size and time of a file as noted; its name is the path below the home."""
        folder, _, file = name.rpartition("/")
        return self.folders.get(folder, {}).get(file)

    def note(self, name: str, stamp: list[int]) -> None:
        """Note size and time of a file."""
        folder, _, file = name.rpartition("/")
        self.folders.setdefault(folder, {})[file] = stamp

    def forget(self, name: str) -> None:
        """Note nothing of a file any more."""
        folder, _, file = name.rpartition("/")
        self.folders.get(folder, {}).pop(file, None)

    @classmethod
    def read(cls, file: Path) -> "CheckedFolders":
        """Read what was noted; nothing where it cannot be read: it is found out again."""
        try:
            with many_objects():
                record = json.loads(files.read_regular(file))
            through, folders = int(record["through"]), record.get("folders", {})
            held = {folder: dict(noted) for folder, noted in folders.items()}
            return cls(through, held, (through, folders))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            return cls()
        except RecursionError:
            return cls()

    def to_json(self) -> bytes:
        """Return the bytes to note."""
        record = {"through": self.through, "folders": self.folders}
        return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def stamp_of(path: Path) -> list[int]:
    """Return what changes when a file does: its size and time."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
