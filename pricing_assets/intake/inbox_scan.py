"""Which usage logs an inbox holds: every `*.parquet` under a folder, but for hidden and temporary
names, as Spark, Hive and Arrow leave them out.

What is shown of an inbox belongs to `inbox_contents`. What a log holds, and whether it was met
before, is not looked at here.
"""

import glob
import os
import shlex
import time
from collections.abc import Iterable
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import overload

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home
from pricing_assets.intake import object_scan, stated_digests, table_scan
from pricing_assets.intake.inbox_contents import SUFFIX, Found, kind_of
from pricing_assets.intake.place import Place
from pricing_assets.intake.table_formats import table_format, table_of_state
from pricing_assets.intake.table_place import FolderOfTables
from pricing_assets.objects import Address, is_address
from pricing_assets.sources.kept import KeptSource

_NAME = attrgetter("name")
_TABLE_MARKS = frozenset({"_delta_log", "metadata", ".hoodie"})
_HOME_MARKS = frozenset({"home.toml", "journal.jsonl", "receipts", "reports"})
"""Names of a home's; a folder that has three of them is one, whatever it lost."""
_MARKS = _TABLE_MARKS | _HOME_MARKS


@overload
def root_of(logs: Path) -> Path: ...


@overload
def root_of(logs: Address) -> Address: ...


def root_of(logs: Path | Address) -> Path | Address:
    """Return the folder that `--logs` is about: itself, a file's, or the part of a pattern that
    has no wildcard, or the table of a file of its state; absolute. Of an address the same."""
    if isinstance(logs, Address):
        return logs.root
    here = Path(os.path.abspath(logs))
    if here.is_dir():
        return here
    table = table_of_state(here)
    if table is not None:
        return table
    if os.path.lexists(here):
        return Path(os.path.realpath(here) if here.is_symlink() else here).parent
    parts = here.parts
    fixed = [n for n, part in enumerate(parts) if glob.has_magic(part)]
    return Path(*parts[: fixed[0]]) if fixed else here


def name_of(root: Path | Address) -> str:
    """Return the root of an inbox as text, `\N{REPLACEMENT CHARACTER}` where it is not UTF-8."""
    if isinstance(root, Address):
        return str(root)
    return os.fsencode(root).decode("utf-8", "replace")


def require(logs: Path | Address, *, has_source: bool = False) -> Path | Address:
    """Return the root of an inbox. ConfigurationError where there is no such folder, file or
    pattern, where it is a home, where it is a table that cannot be read, or lies in one, or a file that
    no source reads is not named `*.parquet`; of an address as `object_scan.require`."""
    if isinstance(logs, Address):
        object_scan.require(logs, has_source=has_source)
        return logs.root
    root = _require_folder(logs, has_source=has_source)
    table_scan.require(logs, root)
    return root


def _require_folder(logs: Path, *, has_source: bool) -> Path:
    here, root = Path(os.path.abspath(logs)), root_of(logs)
    if here.is_symlink() and not here.exists():
        raise ConfigurationError(f"--logs {logs} links to {here.readlink()}, which is not there")
    if not root.is_dir():
        raise ConfigurationError(
            f"--logs {logs} is not a folder; give the folder of usage logs, one *.parquet file or a"
            " pattern in quotes"
        )
    if is_home(_names(root)):
        raise ConfigurationError(
            f"--logs {logs} is a home of creditmill; give the folder in which usage logs arrive"
            f" (those that this home ingested are in {root / 'logs'})"
        )
    if table_scan.is_table(logs, root):
        return root
    is_file = os.path.lexists(here) and not here.is_dir()
    if is_file and not has_source and not here.name.endswith(SUFFIX):
        raise ConfigurationError(
            f"--logs {logs} is not named *.parquet; rename it if it is a Parquet file, or name the"
            f" source that reads it (--source; `creditmill sources check {shlex.quote(str(logs))}`)"
        )
    return root


def scan(logs: Path | Address, home: Home, source: KeptSource | None = None) -> Found:
    """Return what lies under a folder at any depth, or what a file or a pattern names; files of
    homes, this one and others, are not part of it. Of an address the same. ConfigurationError as of
    `require`."""
    if isinstance(logs, Address):
        return object_scan.scan(logs, home, source)
    root = _require_folder(logs, has_source=source is not None)
    here, found = Path(os.path.abspath(logs)), Found(root, source=source)
    own = _identity(home.path)
    if state := table_scan.state_of(logs):
        table_scan.add(root, found, state)
    elif here.is_dir():
        _walk(here, own, found)
    elif os.path.lexists(here) and not found.takes_no_files:
        found.names.append(str(here))
    else:
        found.pattern = str(here)
        _match(here, own, found)
        if not found.names:
            found.unnamed = sum(found.takes(name) and not is_hidden(name) for name in _names(root))
    if str(root) in found.refused:
        raise ConfigurationError(f"--logs {logs}: {found.refused[str(root)]}")
    is_plain = all(map(str.isascii, found.names))  # then texts are in the order of their bytes
    found.names = sorted(set(found.names), key=None if is_plain else os.fsencode)
    return found


def is_settled(name: str, seconds: int) -> bool:
    """Return whether a log was not written for so long; objects come whole."""
    if is_address(name):
        return True
    try:
        return os.stat(name).st_mtime <= time.time() - seconds  # noqa: PTH116  # of thousands of texts
    except FileNotFoundError:
        return False


def list_logs(logs: Path, home: Home, source: KeptSource | None = None) -> list[Path]:
    """Return the logs of a folder, as `scan` finds them."""
    return scan(logs, home, source).logs


def place_of(found: Found) -> Place:
    """Return where the logs lie that were found."""
    if found.place is not None:
        return found.place
    return FolderOfTables(found.folder, tables=found.tables, refused=found.refused)


def is_home(names: Iterable[str]) -> bool:
    """Return whether a folder with these names is a home, this one or another."""
    return len(_HOME_MARKS.intersection(names)) >= 3


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is left out."""
    return name.startswith(("_", "."))


def _match(pattern: Path, own: tuple[int, int] | None, found: Found) -> None:
    """Add what a pattern names: files, and all under folders."""
    # With hidden names, which are counted; `**` is any number of folders.
    names = glob.glob(str(pattern), recursive=True, include_hidden=True)  # noqa: PTH207  # one for all Pythons
    walked: set[Path] = set()

    @cache
    def is_kept_out(folder: Path) -> bool:
        if _identity(folder) == own:
            return True
        if table_format(folder):  # the pattern names single files of it
            table_scan.add(folder, found)
            return True
        if is_home(_names(folder)):
            found.homes.append(os.path.relpath(folder, found.folder))
            return True
        return False

    @cache
    def is_left_out(folder: Path) -> bool:
        relative = os.path.relpath(folder, found.folder)
        if is_hidden(folder.name):
            found.hidden_folders.append(relative)
        elif folder.is_symlink():
            found.linked_folders.append(relative)
        else:
            return is_kept_out(folder)
        return True

    for path in sorted({Path(os.path.abspath(name)) for name in names}):
        above = path.relative_to(found.folder).parents[:-1]
        if walked.intersection(path.parents) or any(
            is_left_out(found.folder / folder) for folder in reversed(above)
        ):
            continue
        if not path.is_dir():
            _file(path, found, is_folder=False)
        elif not (is_kept_out(path) if path == found.folder else is_left_out(path)):
            walked.add(path)
            _walk(path, own, found)


def _walk(top: Path, own: tuple[int, int] | None, found: Found) -> None:
    """Add everything under a folder. Links to folders are not followed."""
    folders = [str(top)]
    takes = found.takes if found.source else _is_parquet
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=_NAME)
        except OSError:
            found.names.append(folder)
            continue
        marks = _MARKS.intersection(map(_NAME, entries))
        if is_home(marks):
            found.homes.append(os.path.relpath(folder, found.folder))
            continue
        if not marks.isdisjoint(_TABLE_MARKS) and table_format(Path(folder)):
            table_scan.add(Path(folder), found)
            continue
        for entry in entries:
            name = entry.name
            if takes(name) and not is_hidden(name) and entry.is_file(follow_symlinks=False):
                found.names.append(entry.path)  # as nearly all are, and no Path on the way
            elif not entry.is_dir(follow_symlinks=False):
                # A link in a circle is none to a folder, and no error here.
                is_folder = entry.is_symlink() and os.path.isdir(entry.path)  # noqa: PTH112
                _file(Path(entry.path), found, is_folder=is_folder)
            elif is_hidden(entry.name):
                found.hidden_folders.append(os.path.relpath(entry.path, found.folder))
            elif own is None or entry.inode() != own[1] or _identity(Path(entry.path)) != own:
                folders.append(entry.path)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _is_parquet(name: str) -> bool:
    return name.endswith(SUFFIX)


def _file(path: Path, found: Found, *, is_folder: bool) -> None:
    """Add what is not a folder of its own; `is_folder` where it is a link to one."""
    name = path.name
    if is_hidden(name):
        found.hidden_files.append(os.path.relpath(path, found.folder))
    elif is_folder:
        found.linked_folders.append(os.path.relpath(path, found.folder))
    elif found.takes(name):
        found.names.append(str(path))
    elif stated_digests.is_digest_file(name):
        found.digest_files.append(str(path))
    elif not found.is_side_table(name):
        found.other_files[kind_of(name)] += 1


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
