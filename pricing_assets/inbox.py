"""The inbox: which files are there, which were met before, and copying them aside whole.

What a file holds is not looked at here.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pricing_assets import files
from pricing_assets.errors import ConfigurationError, HomeFailed, RejectedLog
from pricing_assets.home import Home

Seen = dict[str, list[object]]
"""Per path: size, time, SHA-256 ('' where rejected), reason and detail of a rejection, and the
digest that was stated beside it where that was the reason."""
WRONG_DIGEST = "wrong_digest"
_MOST_STATED = 10_000_000
_STATED = re.compile(r"([0-9a-fA-F]{64})(?:\s[ *]?(.*))?")


@dataclass(frozen=True)
class Rejection:
    """A file that was not taken in: where, why in a word, and what is wrong with it."""

    path: str
    reason: str
    detail: str


def list_logs(folder: Path, home: Home) -> list[Path]:
    """Every `*.parquet` under the folder at any depth, but for the home's own, in order, and every
    folder that cannot be looked into. Links to folders are not followed."""
    if not folder.is_dir():
        raise ConfigurationError(f"--logs {folder} is no folder; give the folder of usage logs")
    found: list[Path] = []
    own = home.path.resolve()
    closed: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if Path(parent, name).resolve() != own]
        found += [Path(parent, name) for name in names if name.endswith(".parquet")]
    found += [Path(error.filename) for error in closed]
    return sorted(found, key=lambda path: os.fsencode(path))


def stamp_of(path: Path) -> list[int]:
    """What changes when a file does: size and time."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def load_seen(home: Home) -> Seen:
    """Every file that was met."""
    if not home.seen_file.is_file():
        return {}
    seen: Seen = files.read_json(home.seen_file)
    return seen


def is_met(path: Path, stamp: list[int], seen: Seen) -> bool:
    """Whether a file is as it was when it was met, and so is the digest that was held against it."""
    entry = seen.get(str(path))
    if entry is None or entry[:2] != stamp:
        return False
    return entry[3] != WRONG_DIGEST or entry[5:] == [stated_digest(path)]


def rejected_before(home: Home) -> list[Rejection]:
    """Files that were rejected, are still there and have not changed."""
    still = []
    for name, entry in load_seen(home).items():
        path = Path(name)
        if entry[2] == "" and path.exists() and stamp_of(path) == entry[:2]:
            still.append(Rejection(name, str(entry[3]), str(entry[4])))
    return still


def stated_digest(path: Path) -> str | None:
    """The SHA-256 that `NAME.sha256`, or a line of `SHA256SUMS`, beside the file states; '' where
    the former holds none, None where nothing is stated."""
    beside = path.with_name(f"{path.name}.sha256")
    if os.path.lexists(beside):
        found = _STATED.match(_text(beside))
        return found[1].lower() if found else ""
    sums = path.with_name("SHA256SUMS")
    if os.path.lexists(sums):
        for line in _text(sums).splitlines():
            found = _STATED.fullmatch(line)
            if found and found[2] == path.name:
                return found[1].lower()
    return None


def _text(file: Path) -> str:
    with files.open_regular(file) as stream:
        return stream.read(_MOST_STATED).decode("utf-8", "surrogateescape")


def set_aside(path: Path, copy: Path, inbox: Path | None, most: int) -> tuple[str, int]:
    """Copy a file whole; gives its SHA-256 and size. RejectedLog where it is no file of the inbox,
    larger than `most`, or changes meanwhile; OSError where it cannot be read."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise RejectedLog("not_a_file", "a folder bears this name, or cannot be looked into")
    if not stat.S_ISREG(status.st_mode):
        raise RejectedLog("not_a_file", "no regular file bears this name")
    if path.is_symlink() and (inbox is None or not path.resolve().is_relative_to(inbox.resolve())):
        raise RejectedLog(
            "outside_inbox",
            f"a link that leads out of the folder of logs, to {path.resolve()}; put the file here",
        )
    if status.st_size > most:
        raise RejectedLog(
            "resource_limit",
            f"{status.st_size:,} bytes, more than the {most:,} of the setting max_file_bytes",
        )
    with files.open_regular(path) as stream:
        try:
            sha256, size = files.copy_with_digest(_Source(stream), copy, status.st_size)
        except OSError as error:  # of the home: the file is not to blame, and no other would do
            raise HomeFailed(f"nothing can be copied to {copy.parent}: {error}") from error
        after = os.fstat(stream.fileno())
    try:
        now = path.stat()
    except FileNotFoundError:
        raise RejectedLog("unsettled", "it was renamed or removed while it was read") from None
    if size != status.st_size or {_identity(after), _identity(now)} != {_identity(status)}:
        raise RejectedLog("unsettled", "the file changed while it was read")
    return sha256, size


@dataclass(frozen=True)
class _Source:
    """A file of the inbox; where it cannot be read, it alone is left out, and tried again."""

    stream: IO[bytes]

    def read(self, size: int) -> bytes:
        """As the stream."""
        try:
            return self.stream.read(size)
        except OSError as error:
            raise RejectedLog("unsettled", f"it cannot be read: {error}") from error


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
