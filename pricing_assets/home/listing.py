"""What lies in the folders of a home: names, sizes and times, numbered folders, links.

Whether it is what the journal names belongs to `presence`.
"""

import os
from datetime import date
from pathlib import Path

from pricing_assets.common.many_objects import many_objects
from pricing_assets.home.names import date_of, number_of


def names_in(folder: Path) -> set[str]:
    """Return the names in a folder; none where there is no folder."""
    try:
        return set(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return set()


def stamps_in(folder: Path) -> dict[str, list[int]]:
    """Return size and time of each file of a folder, by its name."""
    found: dict[str, list[int]] = {}
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return found  # what is missing is named one by one
    try:
        with (
            many_objects(),
            os.scandir(handle) as entries,
        ):  # by its handle: each path is one name long
            for entry in entries:
                status = entry.stat()
                found[entry.name] = [status.st_size, status.st_mtime_ns]
    except FileNotFoundError:
        pass
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


def link_of(link: Path) -> str | None:
    """Return what a link names; None where there is no link."""
    try:
        return os.readlink(link)
    except OSError:
        return None
