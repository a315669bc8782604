"""What lies in an inbox: its logs, and how many other files it has, so that a run can show them.

How they are found belongs to `inbox_scan`.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import hive_paths
from pricing_assets.common.text import counted
from pricing_assets.intake import stated_digests
from pricing_assets.intake.table_state import TableState
from pricing_assets.logs import path_columns
from pricing_assets.objects import Address
from pricing_assets.sources.kept import KeptSource

if TYPE_CHECKING:
    from pricing_assets.intake.place import Place

SUFFIX = ".parquet"
_EXAMPLES = 3
_MEANT = re.compile(r"(\.(?:parquet|parq|pq)(?:\..*)?)$", re.IGNORECASE)
"""Endings of names that somebody gave Parquet files, though not `.parquet` itself."""
_PACKED = re.compile(r"(\.[^.]+)?\.(?:gz|bz2|xz|zst|lz4|snappy|zip)$", re.IGNORECASE)


@dataclass
class InboxContents:
    """What lies in an inbox.

    `names` are absolute paths in the order of their bytes, as texts: files to read, those of `tables`
    among them, folders that cannot be looked into, and tables that are not read, with why in
    `refused`. Links may lead to files within `root`. `place` is how they are copied (None: as of a folder).
    `pattern` is what names them, where that is one, `unnamed` counts logs in the root while it names none.
    """

    root: Path | Address
    names: list[str] = field(default_factory=list)
    hidden_files: list[str] = field(default_factory=list)
    hidden_folders: list[str] = field(default_factory=list)
    linked_folders: list[str] = field(default_factory=list)
    homes: list[str] = field(default_factory=list)
    other_files: Counter[str] = field(default_factory=Counter)
    digest_files: list[str] = field(default_factory=list)
    source: KeptSource | None = None
    place: "Place | None" = None
    tables: list[TableState] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    pattern: str = ""
    unnamed: int = 0

    @property
    def asked(self) -> str:
        """What was looked into: the pattern, or the root."""
        return self.pattern or str(self.root)

    @property
    def folder(self) -> Path:
        """The root, which is a folder."""
        assert isinstance(self.root, Path)
        return self.root

    def takes(self, name: str) -> bool:
        """Return whether a file of this name, which is not hidden, is a log: `*.parquet`, or any
        that is neither a digest nor the side table where a source reads the folder."""
        if self.source is None:
            return name.endswith(SUFFIX)
        if self.takes_no_files:
            return False
        return not (stated_digests.is_digest_file(name) or self.is_side_table(name))

    def is_side_table(self, name: str) -> bool:
        """Return whether a file of this name is what the source joins records with."""
        join = self.source.source.join if self.source else None
        return join is not None and name == join.file

    @property
    def has_other_side_table(self) -> bool:
        """Whether the table that the source joins is no longer the one that lies in the folder."""
        if self.source is None or self.source.side is None or isinstance(self.root, Address):
            return False
        join = self.source.source.join
        try:
            held = (self.root / join.file).read_bytes() if join else b""
        except OSError:
            return True
        return held != self.source.side.encode("utf-8", "surrogateescape")

    @property
    def takes_no_files(self) -> bool:
        """Whether its source reads files of tables alone."""
        return self.source is not None and self.source.source.is_of_tables

    def in_paths(self, dimensions: Collection[str]) -> list[str]:
        """Say which columns the paths of logs name: those that are read where a file lacks them,
        and those that are not."""
        root = self.root
        above = len(root.above if isinstance(root, Address) else str(root.parent))
        in_tables = {name: file for table in self.tables for name, file in table.files.items()}
        folders = {name.rpartition("/")[0] for name in self.names if name not in in_tables}
        parts = {part for folder in folders for part in Path(folder[above:]).parts}
        named = {name for part in parts for name in hive_paths.in_path(Path(part))}
        named |= {name for file in in_tables.values() for name in file.in_path}
        read = named & path_columns.may_be_read(dimensions)
        messages = []
        if read:
            messages.append(f"{_some(sorted(read), 8)}: read from the path where a file lacks it")
        if named - read:
            messages.append(
                f"{_some(sorted(named - read), 8)}: not read from the path; what should be read"
                " belongs into the files"
            )
        return messages

    def left_out(self) -> list[str]:
        """Say what is not read, a sentence for each kind."""
        meant = {kind: n for kind, n in self.other_files.items() if _MEANT.fullmatch(kind)}
        other = {kind: n for kind, n in self.other_files.items() if kind not in meant}
        messages = []
        if self.takes_no_files:
            other, meant = {**other, **meant}, {}
        if other:
            what = "not Parquet" if self.source is None else "of no table"
            messages.append(
                f"{_files(sum(other.values()))} {what}: {_kinds(other)}; see"
                " `creditmill sources check`"
            )
        if meant:
            messages.append(
                f"{_files(sum(meant.values()))} not named *.parquet: {_kinds(meant)};"
                " decompress and rename what should be read"
            )
        if self.has_other_side_table:
            messages.append(
                "the table that records are joined with, in its present version; name the source (--source)"
                " to read all logs anew by it"
            )
        if self.hidden_files:
            messages.append(
                f"{_files(len(self.hidden_files))} hidden, by a name that begins with _ or .:"
                f" {_some(self.hidden_files)}"
            )
        if self.hidden_folders:
            messages.append(
                f"{_folders(len(self.hidden_folders))} hidden, by a name that begins with _ or .:"
                f" {_some(self.hidden_folders)}"
            )
        if self.linked_folders:
            messages.append(
                f"{_folders(len(self.linked_folders))} linked, and links to folders are not"
                f" followed: {_some(self.linked_folders)}"
            )
        if self.homes:
            messages.append(
                f"{counted(len(self.homes), 'folder is a home', 'folders are homes')} of creditmill,"
                f" whose files are not usage logs that arrive: {_some(sorted(self.homes))}"
            )
        return messages

    def why_none(self) -> str:
        """Say why there is no log to read."""
        messages = self.left_out()
        if self.pattern and not messages:
            messages.append("the pattern matches nothing")
        if self.unnamed:
            lie = counted(
                self.unnamed, "log that it does not name lies", "logs that it does not name lie"
            )
            messages.append(f"{lie} in {self.root}")
        return "; ".join(messages) or "it is empty"

    def as_json(self) -> dict[str, object]:
        """Return the same for machines; names are relative to the inbox."""
        return {
            "inbox": str(self.root),
            "logs": len(self.names),
            "hidden_files": len(self.hidden_files),
            "hidden_folders": self.hidden_folders,
            "linked_folders": self.linked_folders,
            "homes": sorted(self.homes),
            "other_files": dict(sorted(self.other_files.items())),
            **({"tables": [_table(one) for one in self.tables]} if self.tables else {}),
        }


def _table(table: TableState) -> dict[str, object]:
    return {**table.record(), "files": len(table.files)}


def kind_of(name: str) -> str:
    """Return the ending of a name that says what it is: `.csv`, `.jsonl.gz`, `.PARQUET`."""
    meant = _MEANT.search(name) or _PACKED.search(name)
    if meant:
        return meant[0]
    return Path(name).suffix or "no ending"


def _files(count: int) -> str:
    return counted(count, "file is", "files are")


def _folders(count: int) -> str:
    return counted(count, "folder is", "folders are")


def _kinds(kinds: Iterable[str]) -> str:
    return _some(sorted(kinds), 8)


def _some(names: list[str], most: int = _EXAMPLES) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
