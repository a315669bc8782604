"""Homes that earlier versions of the code made, and upgrading them.

How they were made is in `tests/homes/make.py`.
"""

import hashlib
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pricing_assets.home import Home
from pricing_assets.repair.upgrade import upgrade
from tests.support.workspace import LIMITS, RECEIVED, Ran, Workspace

PACKED = Path(__file__).parents[1] / "homes"
SEALED = ("logs", "receipts", "reports", "corrections", "ledger", "standings", "closings")


@dataclass(frozen=True)
class OldHome(Workspace):
    """A home of an earlier format; what it runs is its upgrade."""

    def run(
        self,
        logs: Iterable[Path] | None = None,
        received_at: datetime = RECEIVED,
        restate: bool = False,
    ) -> Ran:
        """Upgrade the home."""
        with self.home.lock():
            upgrade(self.home, LIMITS)
        return Ran(None, [], {}, [])  # type: ignore[arg-type]


def old_home(name: str, folder: Path) -> OldHome:
    """Unpack a home into a folder."""
    with tarfile.open(PACKED / f"{name}.tar.xz") as packed:
        packed.extractall(folder, filter="tar")
    return OldHome(folder)


def sealed_bytes(home: Home) -> dict[str, str]:
    """SHA-256 of every file, and target of every link, that no upgrade may change."""
    found = {}
    for folder in SEALED:
        for path in sorted((home.path / folder).rglob("*")):
            if path.is_symlink():
                found[str(path.relative_to(home.path))] = str(path.readlink())
            elif path.is_file():
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[str(path.relative_to(home.path))] = digest
    return found
