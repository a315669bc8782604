"""Where the logs of one look lie: how a changed log is recognized there, and copied whole.

A folder is here, a bucket in `object_place`. Which logs there are is found in `inbox_scan` and
`object_scan`.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pricing_assets.home import Home
from pricing_assets.intake import inbox, stated_digests
from pricing_assets.intake.inbox import Met, Seen, Stamp
from pricing_assets.intake.stated_digests import Stated
from pricing_assets.intake.table_state import Columns
from pricing_assets.sources.kept import KeptSource


class Place(Protocol):
    """Where logs lie; names are whole: absolute paths, or addresses."""

    def name_of(self, log: Path | str) -> str:
        """Return the whole name of a log."""

    def root_of(self, name: str) -> str:
        """Return the inbox that a log lies in, as text."""

    def folder_of(self, name: str) -> str:
        """Return the folder of a log, whose path may name columns."""

    def table_of(self, name: str) -> tuple[dict[str, str], Columns | None] | None:
        """Return what a receipt says of the table that a log is a file of, and the table's columns; None
        where it is of none."""

    def stamp_of(self, name: str) -> Stamp:
        """Return what changes when a log does, its size first; OSError where it is not there."""

    def is_met(self, name: str, stamp: Stamp, met: Met, source: KeptSource | None) -> bool:
        """Return whether a log is as it was when it was met, and so is what rejected it."""

    def is_same_content(self, name: str, stamp: Stamp, met: Met | None) -> bool:
        """Return whether a log that was ingested has its old bytes under another stamp."""

    def set_aside(self, name: str, copy: Path, most: int) -> tuple[str, int]:
        """Copy a log whole; gives its SHA-256 and size. RejectedLog where it is none, is larger than
        `most`, or changes meanwhile; OSError where it cannot be read."""

    def stated(self, name: str) -> tuple[Stated | None, Sequence[str]]:
        """Return the digest that is stated of a log, and what of it is not understood."""

    def replaced(self, name: str, before: str) -> str:
        """Return what to say of a log that lies under the name of an ingested one, whose SHA-256 was
        `before`; '' where nothing."""

    def begin(self, home: Home, seen: Seen) -> Sequence[str]:
        """Forget what was rejected and is not there any more; returns what to say of what is gone."""

    def end(self, home: Home, seen: Seen) -> None:
        """Note how far the look came: what was met is settled."""


class NamedByPath:
    """A place whose names are paths, with `/` between folders."""

    def folder_of(self, name: str) -> str:
        """Return the folder of a log, or its prefix."""
        return name.rpartition("/")[0]


@dataclass
class Folder(NamedByPath):
    """A folder; None: no links may lead about outside the folder of a log, nor are digests read above
    it."""

    root: Path | None
    digests: stated_digests.Folders = field(default_factory=stated_digests.Folders)

    def name_of(self, log: Path | str) -> str:
        """Return the absolute path."""
        name = os.fspath(log)
        return name if name.startswith("/") else os.path.abspath(name)

    def root_of(self, name: str) -> str:
        """Return the folder; of none, that of the log."""
        root = self.root or Path(name).parent
        return os.fsencode(root).decode("utf-8", "replace")

    def table_of(self, name: str) -> tuple[dict[str, str], Columns | None] | None:
        """Return None: tables are of `table_place`."""
        return None

    def stamp_of(self, name: str) -> Stamp:
        """Return size, times and inode."""
        return inbox.stamp_of(name)

    def is_met(self, name: str, stamp: Stamp, met: Met, source: KeptSource | None) -> bool:
        """Return whether a file is as it was."""
        return inbox.is_met(name, stamp, met, source)

    def is_same_content(self, name: str, stamp: Stamp, met: Met | None) -> bool:
        """Return whether inode or change time alone are new."""
        return inbox.is_same_content(Path(name), stamp, met)

    def set_aside(self, name: str, copy: Path, most: int) -> tuple[str, int]:
        """Copy a file of the folder whole."""
        return inbox.set_aside(Path(name), copy, self.root, most)

    def stated(self, name: str) -> tuple[Stated | None, Sequence[str]]:
        """Return what files in its folder, and above, state."""
        path = Path(name)
        if not self.digests.may_state(path, self.root):
            return None, ()
        return stated_digests.stated(path, self.root), stated_digests.warnings(path, self.root)

    def replaced(self, name: str, before: str) -> str:
        """Say nothing: files are written again as they grow."""
        return ""

    def begin(self, home: Home, seen: Seen) -> Sequence[str]:
        """Forget nothing: whether a file lies there is looked at when it is asked."""
        return ()

    def end(self, home: Home, seen: Seen) -> None:
        """Note nothing: a folder is listed whole."""
