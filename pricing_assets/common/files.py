"""Files that are whole or absent: atomic writes, digests, durable renames.

What a file means does not belong here; those that hold JSON are read in `json_files`.
"""

import ctypes
import errno
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Protocol

from pricing_assets.common.errors import ConfigurationError, HomeFailed

CHUNK = 1 << 20
READ_ONLY = 0o555


_later: ContextVar[bool] = ContextVar("later", default=False)
"""Whether files are made durable later, all at once."""


@contextmanager
def synced_together() -> Iterator[None]:
    """Leave it to one `sync_file_system` to make what is written here durable: for thousands of
    small files, each by itself would cost more than all else."""
    token = _later.set(True)
    try:
        yield
    finally:
        _later.reset(token)


def sync_file_system(path: Path) -> None:
    """Make everything on the file system of a folder durable."""
    if sys.platform != "linux":
        os.sync()
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syncfs(handle) != 0:
            raise OSError(ctypes.get_errno(), f"syncfs of {path} failed")
    finally:
        os.close(handle)


def _sync(handle: int) -> None:
    if not _later.get():
        os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Make renames in the folder durable."""
    if _later.get():
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(file: Path) -> None:
    """Make a file's bytes durable."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(file: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with open_regular(file) as stream:
        return digest_of_stream(stream)


def read_regular(file: Path) -> bytes:
    """Return a file's bytes, and wait for nobody: OSError where it has become a pipe or a device."""
    with open_regular(file) as stream:
        return stream.read()


def digest_of_stream(stream: IO[bytes]) -> str:
    """Return the hex SHA-256 of what is left of a stream."""
    return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def is_text(path: Path) -> bool:
    """Return whether a path is text: one of other bytes than UTF-8 can be opened, not written down."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def sha256_bytes(data: bytes) -> str:
    """Return the hex SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def open_regular(file: Path) -> IO[bytes]:
    """Open a file to read, and wait for nobody: OSError where it has become a pipe or a device."""
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "there is no regular file of this name", str(file))
    return os.fdopen(handle, "rb")


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


def require_writable(option: str, target: Path) -> None:
    """Raise ConfigurationError where the file that a user's option names cannot be written."""
    try:
        is_there = target.exists()
        if not is_there and target.is_symlink():
            what = f"it links to {target.readlink()}, which is not there"
            raise ConfigurationError(f"{option} {target} cannot be written: {what}")
        if is_there and not (target.is_file() or target.is_dir()):
            return  # a pipe or a device, which whoever reads it waits for
        with target.open("ab"):
            pass
        if not is_there:
            target.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"{option} {target} cannot be written: {error.strerror}"
        ) from error


def copy_with_digest(read: Readable, target: Path, most: int) -> tuple[str, int]:
    """Copy bytes durably, but little more than `most`; returns hex SHA-256 and bytes of what was
    copied."""
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as written:
        while size <= most and (chunk := read.read(CHUNK)):
            digest.update(chunk)
            written.write(chunk)
            size += len(chunk)
        written.flush()
        _sync(written.fileno())
    return digest.hexdigest(), size


def move(source: Path, target: Path) -> None:
    """Rename durably within one file system; the target is whole or as it was. HomeFailed where a
    folder has the name of a file, or a file that of a folder."""
    try:
        os.replace(source, target)
    except (IsADirectoryError, NotADirectoryError) as error:
        what = "a folder" if target.is_dir() else "a file"
        raise HomeFailed(f"{target}: {what} has this name; move it away, and run again") from error
    sync_folder(target.parent)


def make_folder(folder: Path) -> None:
    """Make a folder where it is not there yet, and those above it, durably: what is put into it is
    not lost with its name."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def move_folder(stage: Path, target: Path) -> None:
    """Rename a folder durably, with all that is in it; its new parent is made where it is not."""
    for parent, _, names in os.walk(stage, topdown=False):
        for name in names:
            sync_file(Path(parent, name))
        sync_folder(Path(parent))
    make_folder(target.parent)
    move(stage, target)


def publish_folder(stage: Path, target: Path) -> None:
    """Give a whole folder its name, durably, and let nobody add to it or take from it."""
    move(stage, target)
    os.chmod(target, READ_ONLY)


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Open a published folder for a moment, to a change of its own."""
    os.chmod(folder, 0o755)
    try:
        yield
    finally:
        os.chmod(folder, READ_ONLY)


def remove_folder(folder: Path, scratch: Path) -> None:
    """Take a folder away, published or not, in one step; its bytes go after it."""
    gone = Path(tempfile.mkdtemp(dir=scratch))
    os.chmod(folder, 0o755)
    move(folder, gone / folder.name)
    sync_folder(folder.parent)
    shutil.rmtree(gone, ignore_errors=True)


def write_bytes(target: Path, data: bytes, scratch: Path) -> None:
    """Write a file so that readers see the old or the new one, whole."""
    handle, name = tempfile.mkstemp(dir=scratch, prefix="write-")
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        _sync(stream.fileno())
    os.chmod(name, 0o644)
    move(Path(name), target)


def point(link: Path, target: str, scratch: Path) -> None:
    """Swap a symlink in one step."""
    temporary = scratch / f"link-{os.getpid()}-{link.name}"
    temporary.unlink(missing_ok=True)
    os.symlink(target, temporary)
    move(temporary, link)


@contextmanager
def scratch_folder(parent: Path | None, prefix: str) -> Iterator[Path]:
    """Make a temporary folder, of the system where there is no parent, and remove it with its
    contents."""
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
