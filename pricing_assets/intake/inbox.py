"""The inbox: which files were met before and how that ended, and copying a file aside whole.

Which files there are is found in `inbox_scan`; what a file holds is not looked at here.
"""

import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

from pricing_assets.common import files, json_files
from pricing_assets.common.errors import DamagedFile, HomeFailed, RejectedLog
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.contract.outcomes import RULES_VERSION
from pricing_assets.home import Home
from pricing_assets.intake import stated_digests
from pricing_assets.intake.table_formats import refusal, table_format
from pricing_assets.objects import Address, is_address
from pricing_assets.sources.kept import KeptSource

WRONG_DIGEST = "wrong_digest"
READER = 1
"""Raised when logs that were rejected may be accepted: they are then looked at once more."""
READ_BY = f"rules {RULES_VERSION}, reader {READER}"


Stamp = list[int] | list[int | str]
"""What changes when a log does, its size first: numbers of a file; of an object, also its etag."""


class Met(NamedTuple):
    """How a file was when it was met (`stamp_of`; nothing where it is to be tried again), and what
    became of it: its SHA-256, or the reason and detail of its rejection. `stated` is the digest
    that was stated of it, and where, if that was the reason; `read_by` are the rules that rejected
    it, others may not. Without stamp and reason it waits: a run found it new, and did not come to it."""

    stamp: Stamp
    sha256: str
    reason: str = ""
    detail: str = ""
    stated: list[str] | None = None
    read_by: str = ""


Seen = dict[str, Met]
"""Every file that was met, by its absolute path."""


@dataclass(frozen=True)
class Rejection:
    """A file that was not ingested: where, why in a word, and what is wrong with it."""

    path: str
    reason: str
    detail: str


def stamp_of(path: Path | str) -> list[int]:
    """Return what changes when a file does: size, time, change time and inode."""
    status = os.stat(path)  # noqa: PTH116  # of thousands of texts
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def load_seen(home: Home) -> Seen:
    """Return every file that was met."""
    if not home.seen_file.is_file():
        return {}
    return dict(_load_seen(home.seen_file, tuple(stamp_of(home.seen_file))))


@lru_cache(maxsize=1)
def _load_seen(file: Path, stamp: tuple[int, ...]) -> Seen:
    """Read it once for all that ask in one run."""
    seen = json_files.read_json(file)
    if not isinstance(seen, dict) or not all(map(_is_met, seen.values())):
        raise DamagedFile(
            f"{file} is damaged: restore it from a copy, or remove it, and every file of the inboxes"
            " is read again"
        )
    return {path: Met(*entry) for path, entry in seen.items()}


def _is_met(entry: object) -> bool:
    match entry:
        case [list(), str(), str(), str(), None | [str(), str()]]:
            return True
        case [list(), str(), str(), str(), None | [str(), str()], str()]:
            return True
    return False


def save_seen(home: Home, seen: Seen) -> None:
    """Write every file that was met: JSON, a line for each."""
    lines = (
        f"{json.dumps(path, ensure_ascii=False)}: {json.dumps(_entry(met), ensure_ascii=False)}"
        for path, met in sorted(seen.items())
    )
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    files.write_bytes(home.seen_file, text.encode("utf-8", "surrogateescape"), home.scratch)


def _entry(met: Met) -> Sequence[object]:
    """Return what is written of a file: the rules only of one that they rejected."""
    return met if met.read_by else met[:-1]


def read_by(source: KeptSource | None) -> str:
    """Return the rules by which files are read: this code's, and the source's."""
    return READ_BY if source is None else f"{READ_BY}, source {source.digest[:16]}"


def is_met(name: str, stamp: Stamp, met: Met, source: KeptSource | None = None) -> bool:
    """Return whether a file is as it was when it was met, and so are the digest that was held
    against it and the rules that rejected it."""
    if not is_as_it_was(stamp, met, source):
        return False
    return met.reason != WRONG_DIGEST or met.stated == stated_of(Path(name), met)


def is_as_it_was(stamp: Stamp, met: Met, source: KeptSource | None) -> bool:
    """Return whether a log is as it was when it was met, and so are the rules that rejected it."""
    return met.stamp == stamp and (not met.reason or met.read_by == read_by(source))


def stated_of(path: Path, met: Met) -> list[str] | None:
    """Return the digest that is now stated of a file that was rejected for another, and where."""
    above = Path(met.stated[1]).parent if met.stated else None
    now = stated_digests.stated(path, above)
    return [now.sha256, str(now.file)] if now else None


def is_same_content(path: Path, stamp: Stamp, met: Met | None) -> bool:
    """Return whether a file that was ingested has its old bytes under an inode or a change time
    that are new: size and time alone do not say so."""
    if met is None or not met.sha256 or met.stamp[:2] != stamp[:2]:
        return False
    with files.open_regular(path) as stream:
        return files.digest_of_stream(stream) == met.sha256


def rejected_before(home: Home) -> list[Rejection]:
    """Return every rejected file that still lies there and was not ingested since, whichever inbox
    it lies in: as long as there is one, `run` and `status` end with exit 1."""
    return [
        Rejection(path, met.reason, met.detail)
        for path, met in load_seen(home).items()
        if met.reason and lies_there(Path(path))
    ]


def was_ingested_from(home: Home, root: Path | Address) -> bool:
    """Return whether any log was ever ingested from under this folder or address."""
    under = os.path.join(str(root), "")
    return any(met.sha256 and path.startswith(under) for path, met in load_seen(home).items())


def lies_there(path: Path) -> bool:
    """Return whether something is there that is rejected: not a folder that can be looked into.
    Of an object the last look says so."""
    if is_address(str(path)):
        return True
    try:
        path.lstat()
        if path.is_dir():
            os.scandir(path).close()
            return table_format(path) is not None
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def set_aside(path: Path, copy: Path, inbox: Path | None, most: int) -> tuple[str, int]:
    """Copy a file whole; gives its SHA-256 and size. RejectedLog where it is not a file of the inbox,
    larger than `most`, or changes meanwhile; OSError where it cannot be read. HomeFailed where
    the copy cannot be written."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        table = table_format(path)
        if table is not None:
            raise RejectedLog("table_format", refusal(table))
        raise RejectedLog("not_a_file", "a folder has this name, or cannot be looked into")
    if not stat.S_ISREG(status.st_mode):
        raise RejectedLog("not_a_file", "there is no regular file of this name")
    if not path.resolve().is_relative_to((path.parent if inbox is None else inbox).resolve()):
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
            raise HomeFailed(
                f"nothing can be copied to {copy.parent}: {reason_of(error)}"
            ) from error
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
        """Read as the stream does."""
        try:
            return self.stream.read(size)
        except OSError as error:
            raise RejectedLog("unsettled", f"it cannot be read: {reason_of(error)}") from error


def _identity(status: os.stat_result) -> tuple[int, ...]:
    times = status.st_mtime_ns, status.st_ctime_ns
    return status.st_dev, status.st_ino, status.st_size, *times
