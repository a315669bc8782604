"""What lies in the folders of a home: names, sizes and times, numbered folders, links.

Whether it is what the journal names belongs to `presence`.
"""

import errno
import os
from datetime import date
from pathlib import Path

from pricing_assets.common.many_objects import many_objects
from pricing_assets.home.names import date_of, number_of

_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""What the system says of a place where nothing is, and of a link that leads to itself."""


def names_in(folder: Path) -> set[str]:
    """Return the names in a folder; none where there is no folder."""
    try:
        return set(os.listdir(folder))
    except OSError as error:
        if error.errno not in _NOTHING_THERE:
            raise
        return set()


def stamps_in(folder: Path) -> dict[str, list[int]]:
    """Return size and time of each file of a folder, by its name."""
    found: dict[str, list[int]] = {}
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        if error.errno not in _NOTHING_THERE:
            raise
        return found  # what is missing is named one by one
    try:
        with (
            many_objects(),
            os.scandir(handle) as entries,
        ):  # by its handle: each path is one name long
            for entry in entries:
                try:
                    status = entry.stat()
                except OSError as error:
                    if error.errno not in _NOTHING_THERE:
                        raise
                    continue
                found[entry.name] = [status.st_size, status.st_mtime_ns]
    finally:
        os.close(handle)
    return found


def numbered_folders(parent: Path) -> dict[date, set[int]]:
    """Return the numbered folders of each usage date."""
    found: dict[date, set[int]] = {}
    for name in names_in(parent):
        day = date_of(name)
        if day is not None:
            numbers = map(number_of, names_in(parent / name))
            found[day] = {number for number in numbers if number is not None}
    return found


def dates_in(folder: Path) -> set[date]:
    """Return the usage dates that folders are named after; none where there is no folder."""
    if not folder.is_dir():
        return set()
    return {day for name in os.listdir(folder) if (day := date_of(name)) is not None}


def link_of(link: Path) -> str | None:
    """Return what a link names; None where there is no link."""
    try:
        return os.readlink(link)
    except OSError:
        return None
