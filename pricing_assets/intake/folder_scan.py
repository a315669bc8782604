"""A walk through a folder of logs: what lies there at any depth, and what is left out.

Which folder it is, and what may not be one, belongs to `inbox_scan`.
"""

import glob
import os
from collections.abc import Iterable
from functools import cache
from operator import attrgetter
from pathlib import Path

from pricing_assets.intake import stated_digests, table_scan
from pricing_assets.intake.inbox_contents import SUFFIX, InboxContents, kind_of
from pricing_assets.intake.table_formats import table_format

_NAME = attrgetter("name")
_TABLE_MARKS = frozenset({"_delta_log", "metadata", ".hoodie"})
_HOME_MARKS = frozenset({"home.toml", "journal.jsonl", "receipts", "reports"})
"""Names of a home's; a folder that has three of them is one, whatever it lost."""
_MARKS = _TABLE_MARKS | _HOME_MARKS


def is_home(names: Iterable[str]) -> bool:
    """Return whether a folder with these names is a home, this one or another."""
    return len(_HOME_MARKS.intersection(names)) >= 3


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is left out."""
    return name.startswith(("_", "."))


def match(pattern: Path, own: tuple[int, int] | None, found: InboxContents) -> None:
    """Add what a pattern names: files, and all under folders."""
    # With hidden names, which are counted; `**` is any number of folders.
    names = glob.glob(str(pattern), recursive=True, include_hidden=True)  # noqa: PTH207  # one for all Pythons
    walked: set[Path] = set()

    @cache
    def is_kept_out(folder: Path) -> bool:
        if identity(folder) == own:
            return True
        if table_format(folder):  # the pattern names single files of it
            table_scan.add(folder, found)
            return True
        if is_home(names_in(folder)):
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
            _add_file(path, found, is_folder=False)
        elif not (is_kept_out(path) if path == found.folder else is_left_out(path)):
            walked.add(path)
            walk(path, own, found)


def walk(top: Path, own: tuple[int, int] | None, found: InboxContents) -> None:
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
                _add_file(Path(entry.path), found, is_folder=is_folder)
            elif is_hidden(entry.name):
                found.hidden_folders.append(os.path.relpath(entry.path, found.folder))
            elif own is None or entry.inode() != own[1] or identity(Path(entry.path)) != own:
                folders.append(entry.path)


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder; none where it cannot be read."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _is_parquet(name: str) -> bool:
    return name.endswith(SUFFIX)


def _add_file(path: Path, found: InboxContents, *, is_folder: bool) -> None:
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


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file or folder from any other; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
