"""What of a home is brought to a store, and under which keys: versions, the database of those in force,
pages, and files for finance.

What of it is there already is found in `plan`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pricing_assets.common import files, json_files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home, presence
from pricing_assets.home.entries import LEDGER, STANDING
from pricing_assets.ledger import stored

FORMAT = 1
MANIFEST = "manifest.json"
CATALOG, PAGES, EXPORTS, CATALOGS = "credits.duckdb", "pages", "exports", "catalogs"
_LAST = "pages/index.html"


@dataclass(frozen=True)
class DeliveredFile:
    """A file, and the SHA-256 and size of its bytes when they were looked at."""

    path: Path
    sha256: str
    size: int

    @classmethod
    def of(cls, path: Path) -> "DeliveredFile":
        """Look at a file."""
        return cls(path, files.sha256_of(path), path.stat().st_size)


@dataclass(frozen=True)
class History:
    """The journal that the contents are of: its lines, bytes, and their SHA-256."""

    lines: int
    size: int
    sha256: str

    @classmethod
    def of(cls, home: Home) -> "History":
        """Return that of a home."""
        data = home.journal.require().sound_bytes()
        return cls(home.journal.lines, len(data), files.sha256_bytes(data))

    def is_before(self, home: Home) -> bool:
        """Return whether the home's journal begins with this one."""
        begin = home.journal.require().sound_bytes()[: self.size]
        return len(begin) == self.size and files.sha256_bytes(begin) == self.sha256

    def record(self) -> dict[str, Any]:
        """Return the same for JSON."""
        return {"lines": self.lines, "bytes": self.size, "sha256": self.sha256}


@dataclass(frozen=True)
class DeliveryContents:
    """`folders` never change once they are whole: by key, each with its manifest. `placed` never
    change either, by their names; `files` are replaced as wholes. `in_force` names the folder that
    counts of each usage date."""

    history: History
    folders: dict[str, DeliveredFile]
    in_force: dict[str, str]
    placed: dict[str, DeliveredFile] = field(default_factory=dict)
    files: dict[str, DeliveredFile] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return the same for JSON: a publication."""
        return {
            "format": FORMAT,
            "history": self.history.record(),
            "versions": {key: manifest.sha256 for key, manifest in self.folders.items()},
            "in_force": self.in_force,
            "files": {
                key: {"sha256": one.sha256, "bytes": one.size}
                for key, one in sorted({**self.placed, **self.files}.items())
            },
        }

    @property
    def publication(self) -> bytes:
        """The bytes of the publication: the same for the same contents."""
        return json_files.to_json(self.record())


def contents_of(home: Home, exports: Path | None = None) -> DeliveryContents:
    """Return what is to be brought to a store; ConfigurationError where nothing is published yet,
    DamagedHome where something is lost."""
    presence.require_whole(home)
    if not home.dates() or not home.catalog.is_file():
        raise ConfigurationError(
            f"nothing is published in {home.path} yet; `creditmill run` does it"
        )
    in_force = {
        day.isoformat(): f"reports/{home.date_folder(day).name}/{current.folder.name}"
        for day in home.dates()
        if (current := home.current(day)) is not None
    }
    folders = {
        folder.relative_to(home.path).as_posix(): DeliveredFile.of(folder / MANIFEST)
        for folder in _sealed(home)
    }
    database = Path(os.path.realpath(home.catalog))
    placed = {f"{CATALOGS}/{database.name}": DeliveredFile.of(database)}
    placed |= {
        f"receipts/{file.name}": DeliveredFile.of(file) for file in _undated(home) if file.is_file()
    }
    replaced = {
        key: DeliveredFile.of(path)
        for key, path in sorted(_replaced(home, exports), key=lambda one: (stage_of(one[0]), one))
    }
    return DeliveryContents(
        History.of(home), dict(sorted(folders.items())), in_force, placed, replaced
    )


def _sealed(home: Home) -> Iterator[Path]:
    """Yield the folder of each version in force or superseded, of what was booked, and of balances that
    count."""
    for day in home.dates():
        current = home.current(day)
        for version in home.versions(day):
            if current is not None and version.number <= current.number:
                yield version.folder
        for booked in home.booked(day):
            yield booked.folder
    for kind in (LEDGER, STANDING):
        for one in stored.counting(home, kind):
            yield one.folder


def _undated(home: Home) -> Iterator[Path]:
    return (home.undated(log.file) for log in home.all_receipts() if log.undated)


def _replaced(home: Home, exports: Path | None) -> Iterator[tuple[str, Path]]:
    yield CATALOG, home.catalog
    for name, folder in ((PAGES, home.pages), (EXPORTS, exports)):
        if folder is None or not folder.is_dir():
            continue
        for path in folder.rglob("*"):
            relative = path.relative_to(folder)
            if path.is_file() and not any(part.startswith((".", "_")) for part in relative.parts):
                yield f"{name}/{relative.as_posix()}", path


def stage_of(key: str) -> int:
    """Return when a key that is replaced comes: what others lead to first, then manifests of what is
    there by then, the database and the index last."""
    if key in (_LAST, CATALOG):
        return 2
    return int(key.rpartition("/")[2] == MANIFEST)
