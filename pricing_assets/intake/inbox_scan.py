"""Which usage logs an inbox holds: every `*.parquet` under a folder, but for hidden and temporary
names, as Spark, Hive and Arrow leave them out.

How a folder is walked belongs to `folder_scan`, what is shown of an inbox to `inbox_contents`. What a log
holds, and whether it was met before, is not looked at here.
"""

import glob
import os
import shlex
import time
from pathlib import Path
from typing import overload

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home
from pricing_assets.intake import folder_scan, object_scan, table_scan
from pricing_assets.intake.inbox_contents import SUFFIX, InboxContents
from pricing_assets.intake.place import Place
from pricing_assets.intake.table_formats import table_of_state
from pricing_assets.intake.table_place import FolderOfTables
from pricing_assets.objects import Address, is_address
from pricing_assets.sources.kept import KeptSource


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
    if folder_scan.is_home(folder_scan.names_in(root)):
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


def scan(logs: Path | Address, home: Home, source: KeptSource | None = None) -> InboxContents:
    """Return what lies under a folder at any depth, or what a file or a pattern names; files of
    homes, this one and others, are not part of it. Of an address the same. ConfigurationError as of
    `require`."""
    if isinstance(logs, Address):
        return object_scan.scan(logs, home, source)
    root = _require_folder(logs, has_source=source is not None)
    here, found = Path(os.path.abspath(logs)), InboxContents(root, source=source)
    own = folder_scan.identity(home.path)
    if state := table_scan.state_of(logs):
        table_scan.add(root, found, state)
    elif here.is_dir():
        folder_scan.walk(here, own, found)
    elif os.path.lexists(here) and not found.takes_no_files:
        found.names.append(str(here))
    else:
        found.pattern = str(here)
        folder_scan.match(here, own, found)
        if not found.names:
            found.unnamed = sum(
                found.takes(name) and not folder_scan.is_hidden(name)
                for name in folder_scan.names_in(root)
            )
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


def place_of(found: InboxContents) -> Place:
    """Return where the logs lie that were found."""
    if found.place is not None:
        return found.place
    return FolderOfTables(found.folder, tables=found.tables, refused=found.refused)
