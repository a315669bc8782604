"""What the system gives a process, and what a process takes of it: memory and time.

Which limits a user sets, and what happens beyond them, does not belong here.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

_NO_MEMORY = (
    "bad_alloc",
    "bad allocation",
    "Allocation failure",
    "Failed to allocate",
    "alloc of size",
    "Cannot allocate memory",
    "can't start new thread",
    "Resource temporarily unavailable",
    "failed to map segment",
)
"""How libraries say that the system gave no memory, in errors that also mean other things."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


def available_memory(root: Path = Path("/")) -> int:
    """Return the bytes of memory that this process may take: the machine's, or less where a control
    group (version 1 or 2), or one around it, says less. `root` is where `/proc` and `/sys` are."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_group_limits(root)])


def _group_limits(root: Path) -> Iterator[int]:
    """Yield every limit on memory of the process's control group and of those around it."""
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    mounted = root / "sys/fs/cgroup"
    for line in groups:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        folders: tuple[Path, ...] = (mounted, mounted / "unified")
        names: tuple[str, ...] = ("memory.max", "memory.high")
        if "memory" in controllers.split(","):
            folders, names = (mounted / "memory",), ("memory.limit_in_bytes",)
        elif controllers:
            continue
        # A container sees its own group as the root, by whatever path it is known outside: every
        # folder on the way that is there counts.
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for folder in folders:
            for depth in range(len(parts) + 1):
                for name in names:
                    yield from _limit(folder.joinpath(*parts[:depth], name))


def _limit(file: Path) -> Iterator[int]:
    """Yield the limit that the file holds, if any; version 2 writes `max` where there is none."""
    try:
        limit = int(file.read_text())
    except (OSError, ValueError):
        return
    if limit > 0:
        yield limit


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error, of whichever library, says that there is no more memory."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    message = str(error)
    return "OutOfMemory" in type(error).__name__ or any(words in message for words in _NO_MEMORY)


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error says that a disk, or one's share of it, is full: of Python by its
    number, of DuckDB in words."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    is_of_library = isinstance(error, OSError) or "duckdb" in type(error).__module__
    return is_of_library and any(os.strerror(code) in str(error) for code in _FULL)


def processor_seconds(pid: int) -> float:
    """Return the seconds of processor time that a process, all its threads, has taken; 0 where the
    system does not say."""
    fields = _stat(pid)
    if not fields:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_stopped(pid: int) -> bool:
    """Return whether a process is suspended by a signal or a debugger."""
    return _stat(pid)[:1] in (["T"], ["t"])


def is_waiting(pid: int) -> bool:
    """Return whether a process waits for something: it is neither suspended nor in want of a
    processor. True where the system does not say."""
    return _stat(pid)[:1] not in (["T"], ["t"], ["R"])


def _stat(pid: int) -> list[str]:
    """Return the fields of `/proc/PID/stat` after the name, which may hold blanks and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def data_bytes(pid: int) -> int:
    """Return the bytes that RLIMIT_DATA counts of a process; 0 where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return sum(
        int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:")
    )
