"""The lock of a home: one writer at a time; who waits for it says so, and does not wait for ever.

What a home holds belongs to `home`.
"""

import errno
import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pricing_assets.common import files, resources
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.common.text import counted

WAIT_SECONDS = 21_600
"""As long as a run may take (`max_run_seconds`) where nothing else is set."""
_PAUSE = 0.1
_MOST_BYTES = 4096

Say = Callable[[str], None]


def say_nothing(_: str) -> None:
    """Tell nobody."""


def open_lock(home: Path) -> int:
    """Return a handle of the home's lock file, which is made where there is none.
    ConfigurationError where it cannot be, OSError where the disk is full or fails."""
    try:
        files.make_folder(home)
        return os.open(home / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise  # the disk's fault, and none of the settings'
        raise ConfigurationError(f"home {home} cannot be written: {reason_of(error)}") from error


def may_be_held(home: Path) -> bool:
    """Return whether this user may lock the home: it may be on a disk, or of a user, that lets it
    be read alone."""
    ids = {"effective_ids": True} if os.access in os.supports_effective_ids else {}
    file = home / ".lock"
    return all(os.access(one, os.W_OK, **ids) for one in (home, file) if one.exists())


def try_to_hold(handle: int) -> bool:
    """Hold the lock, and write down who does; False where another process holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]) if sys.argv else "",
    }
    with suppress(OSError):  # it is for people; the lock holds without
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(holder).encode("utf-8", "replace"), 0)
    return True


def is_held(home: Path) -> bool:
    """Return whether a process holds the lock, without holding it; False where nobody can tell."""
    try:
        handle = os.open(home / ".lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def hold(handle: int, home: Path, seconds: float, say: Say) -> None:
    """Hold the lock as soon as nobody else does; say for whom this waits. CreditmillError where
    that takes longer than so many seconds."""
    if try_to_hold(handle):
        return
    who, _ = _holder(handle)
    say(
        f"a run is under way in this home: {who}; waiting for it, up to {counted(round(seconds), 'second')}"
    )
    until = time.monotonic() + seconds
    while not try_to_hold(handle):
        if time.monotonic() > until:
            who, advice = _holder(handle)
            raise CreditmillError(
                f"home {home} is still locked by {who}, after {counted(round(seconds), 'second')}"
                f" (max_run_seconds): {advice}; what was published stays in force"
            )
        time.sleep(_PAUSE)


def _holder(handle: int) -> tuple[str, str]:
    """Return who holds the lock, and what may be done about it."""
    try:
        holder = json.loads(os.pread(handle, _MOST_BYTES, 0))
        pid, host, since, command = (holder[key] for key in ("pid", "host", "since", "command"))
        who = f"process {int(pid)} on {host} ({command}), since {since}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "a process that does not say which", "end it, or wait for it (fuser HOME/.lock)"
    if host == socket.gethostname() and resources.is_stopped(pid):
        return (
            f"{who}, which is suspended",
            f"let it go on (kill -CONT {pid}), or end it (kill -KILL {pid}), and run again",
        )
    return who, f"wait for it, or end it (kill {pid}), and run again"
