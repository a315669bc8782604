"""Which usage logs an inbox holds, and how many other files it has, so that a run can show them.

Every `*.parquet` under a folder is a log, but for hidden and temporary names, as Spark, Hive and
Arrow leave them out. What a log holds, and whether it was met before, is not looked at here.
"""

import glob
import os
import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.text import counted
from pricing_assets.home import Home
from pricing_assets.intake import stated_digests
from pricing_assets.intake.table_formats import refusal, table_around, table_format
from pricing_assets.logs import path_columns
from pricing_assets.sources.kept import KeptSource

SUFFIX = ".parquet"
_EXAMPLES = 3
_MEANT = re.compile(r"(\.(?:parquet|parq|pq)(?:\..*)?)$", re.IGNORECASE)
"""Endings of names that somebody gave Parquet files, though not `.parquet` itself."""
_NAME = attrgetter("name")
_TABLE_MARKS = frozenset({"_delta_log", "metadata", ".hoodie"})
_PACKED = re.compile(r"(\.[^.]+)?\.(?:gz|bz2|xz|zst|lz4|snappy|zip)$", re.IGNORECASE)


@dataclass
class Found:
    """What lies in an inbox.

    `names` are absolute paths in the order of their bytes, as texts: files to read, folders that
    cannot be looked into, and tables of other formats, which `inbox.set_aside` rejects by name.
    Links may lead to files within `root`.
    """

    root: Path
    names: list[str] = field(default_factory=list)
    hidden_files: list[str] = field(default_factory=list)
    hidden_folders: list[str] = field(default_factory=list)
    linked_folders: list[str] = field(default_factory=list)
    other_files: Counter[str] = field(default_factory=Counter)
    digest_files: list[str] = field(default_factory=list)
    source: KeptSource | None = None

    def takes(self, name: str) -> bool:
        """Return whether a file of this name, which is not hidden, is a log: `*.parquet`, or any
        that is neither a digest nor the side table where a source reads the folder."""
        if self.source is None:
            return name.endswith(SUFFIX)
        join = self.source.source.join
        return not (stated_digests.is_digest_file(name) or (join and name == join.file))

    @property
    def logs(self) -> list[Path]:
        """The same as paths."""
        return [Path(name) for name in self.names]

    def in_paths(self, dimensions: Collection[str]) -> list[str]:
        """Say which columns the paths of logs name: those that are read where a file lacks them,
        and those that are not."""
        above = len(str(self.root.parent))
        folders = {name.rpartition("/")[0] for name in self.names}
        parts = {part for folder in folders for part in Path(folder[above:]).parts}
        named = {name for part in parts for name in path_columns.in_path(Path(part))}
        read = named & path_columns.may_be_read(dimensions)
        said = []
        if read:
            said.append(f"{_some(sorted(read), 8)}: read from the path where a file lacks it")
        if named - read:
            said.append(
                f"{_some(sorted(named - read), 8)}: not read from the path; what should be read"
                " belongs into the files"
            )
        return said

    def left_out(self) -> list[str]:
        """Say what is not read, a sentence for each kind."""
        meant = {kind: n for kind, n in self.other_files.items() if _MEANT.fullmatch(kind)}
        other = {kind: n for kind, n in self.other_files.items() if kind not in meant}
        said = []
        if other:
            said.append(
                f"{_files(sum(other.values()))} not Parquet: {_kinds(other)}; see"
                " `creditmill sources check`"
            )
        if meant:
            said.append(
                f"{_files(sum(meant.values()))} not named *.parquet: {_kinds(meant)};"
                " decompress and rename what should be read"
            )
        if self.hidden_files:
            said.append(
                f"{_files(len(self.hidden_files))} hidden, by a name that begins with _ or .:"
                f" {_some(self.hidden_files)}"
            )
        if self.hidden_folders:
            said.append(
                f"{_folders(len(self.hidden_folders))} hidden, by a name that begins with _ or .:"
                f" {_some(self.hidden_folders)}"
            )
        if self.linked_folders:
            said.append(
                f"{_folders(len(self.linked_folders))} linked, and links to folders are not"
                f" followed: {_some(self.linked_folders)}"
            )
        return said

    def as_json(self) -> dict[str, object]:
        """Return the same for machines; names are relative to the inbox."""
        return {
            "inbox": str(self.root),
            "logs": len(self.names),
            "hidden_files": len(self.hidden_files),
            "hidden_folders": self.hidden_folders,
            "linked_folders": self.linked_folders,
            "other_files": dict(sorted(self.other_files.items())),
        }


def root_of(logs: Path) -> Path:
    """Return the folder that `--logs` is about: itself, a file's, or the part of a pattern that
    has no wildcard; absolute."""
    here = Path(os.path.abspath(logs))
    if here.is_dir():
        return here
    if os.path.lexists(here):
        return (here.resolve() if here.is_symlink() else here).parent
    parts = here.parts
    fixed = [n for n, part in enumerate(parts) if glob.has_magic(part)]
    return Path(*parts[: fixed[0]]) if fixed else here


def name_of(root: Path) -> str:
    """Return the root of an inbox as text, `\N{REPLACEMENT CHARACTER}` where it is not UTF-8."""
    return os.fsencode(root).decode("utf-8", "replace")


def require(logs: Path, *, has_source: bool = False) -> Path:
    """Return the root of an inbox. ConfigurationError where there is no such folder, file or
    pattern, where it lies in a table of another format, or a file that no source reads is not named
    `*.parquet`."""
    here, root = Path(os.path.abspath(logs)), root_of(logs)
    if not root.is_dir():
        raise ConfigurationError(
            f"--logs {logs} is not a folder; give the folder of usage logs, one *.parquet file or a"
            " pattern in quotes"
        )
    around = table_around(root)
    if around is not None:
        folder, name = around
        where = "" if folder == root else f", inside {folder}"
        raise ConfigurationError(f"--logs {logs}{where}: {refusal(name)}")
    is_file = os.path.lexists(here) and not here.is_dir()
    if is_file and not has_source and not here.name.endswith(SUFFIX):
        raise ConfigurationError(
            f"--logs {logs} is not named *.parquet; rename it if it is a Parquet file, or name the"
            f" source that reads it (--source; `creditmill sources check {shlex.quote(str(logs))}`)"
        )
    return root


def scan(logs: Path, home: Home, source: KeptSource | None = None) -> Found:
    """Return what lies under a folder at any depth, or what a file or a pattern names; the home's
    own files are no part of it. ConfigurationError as of `require`."""
    root = require(logs, has_source=source is not None)
    here, found = Path(os.path.abspath(logs)), Found(root, source=source)
    own = _identity(home.path)
    if here.is_dir():
        _walk(here, own, found)
    elif os.path.lexists(here):
        found.names.append(str(here))
    else:
        _match(here, own, found)
    is_plain = all(map(str.isascii, found.names))  # then texts are in the order of their bytes
    found.names = sorted(set(found.names), key=None if is_plain else os.fsencode)
    return found


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is left out."""
    return name.startswith(("_", "."))


def _match(pattern: Path, own: tuple[int, int] | None, found: Found) -> None:
    """Add what a pattern names: files, and all under folders."""
    # With hidden names, which are counted; `**` is any number of folders.
    names = glob.glob(str(pattern), recursive=True, include_hidden=True)  # noqa: PTH207  # one for all Pythons
    walked: set[Path] = set()
    for path in sorted({Path(os.path.abspath(name)) for name in names}):
        above = path.relative_to(found.root).parents[:-1]
        if walked.intersection(path.parents) or any(
            is_hidden(folder.name) or (found.root / folder).is_symlink() for folder in above
        ):
            continue
        if path.is_symlink() or not path.is_dir():
            _file(path, found, is_folder=path.is_dir())
        elif is_hidden(path.name) and path != found.root:
            found.hidden_folders.append(os.path.relpath(path, found.root))
        elif _identity(path) != own:
            walked.add(path)
            _walk(path, own, found)


def _walk(top: Path, own: tuple[int, int] | None, found: Found) -> None:
    """Add everything under a folder. Links to folders are not followed."""
    folders = [str(top)]
    source_takes = found.takes if found.source else _nothing
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=_NAME)
        except OSError:
            found.names.append(folder)
            continue
        if not _TABLE_MARKS.isdisjoint(map(_NAME, entries)) and table_format(Path(folder)):
            found.names.append(folder)
            continue
        for entry in entries:
            name = entry.name
            if (
                (name.endswith(SUFFIX) or source_takes(name))
                and not is_hidden(name)
                and entry.is_file(follow_symlinks=False)
            ):
                found.names.append(entry.path)  # as nearly all are, and no Path on the way
            elif not entry.is_dir(follow_symlinks=False):
                # A link in a circle is none to a folder, and no error here.
                is_folder = entry.is_symlink() and os.path.isdir(entry.path)  # noqa: PTH112
                _file(Path(entry.path), found, is_folder=is_folder)
            elif is_hidden(entry.name):
                found.hidden_folders.append(os.path.relpath(entry.path, found.root))
            elif own is None or entry.inode() != own[1] or _identity(Path(entry.path)) != own:
                folders.append(entry.path)


def _nothing(name: str) -> bool:
    return False


def _file(path: Path, found: Found, *, is_folder: bool) -> None:
    """Add what is not a folder of its own; `is_folder` where it is a link to one."""
    name = path.name
    if is_hidden(name):
        found.hidden_files.append(os.path.relpath(path, found.root))
    elif is_folder:
        found.linked_folders.append(os.path.relpath(path, found.root))
    elif found.takes(name):
        found.names.append(str(path))
    elif stated_digests.is_digest_file(name):
        found.digest_files.append(str(path))
    else:
        found.other_files[_kind_of(name)] += 1


def _kind_of(name: str) -> str:
    """Return the ending of a name that says what it is: `.csv`, `.jsonl.gz`, `.PARQUET`."""
    meant = _MEANT.search(name) or _PACKED.search(name)
    if meant:
        return meant[0]
    return Path(name).suffix or "no ending"


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _files(count: int) -> str:
    return counted(count, "file is", "files are")


def _folders(count: int) -> str:
    return counted(count, "folder is", "folders are")


def _kinds(kinds: Iterable[str]) -> str:
    return _some(sorted(kinds), 8)


def _some(names: list[str], most: int = _EXAMPLES) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
