"""Signals that end a command: it lets go of what it holds, and says so in one line.

A run may be killed at any instant (`docs/promises.md`); here it gets to tidy up first.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 20
"""Seconds in which a command may tidy up; then, or at a second signal, it ends as it is."""

_noted = threading.Event()
_first: list[int] = []
_raised: list[int] = []


class Stopped(KeyboardInterrupt):
    """The command was asked to end."""


def _stop(number: int, _: FrameType | None) -> None:
    _note(number)
    if not _raised:
        _raised.append(number)
        raise Stopped


def _note(number: int) -> None:
    if not _first:
        _first.append(number)


@contextmanager
def handled() -> Iterator[None]:
    """Let the signals end what is done here by an exception, whoever else handles them meanwhile:
    Dagster takes some of them away while a step runs. Those that are ignored stay so (nohup)."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for one in ENDING:
        if signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, _stop)
    threading.Thread(target=_watch, args=(reading,), name="signals", daemon=True).start()
    yield


def _watch(reading: int) -> None:
    """See every signal as it comes, and end the process where nobody else does."""
    seconds: float | None = None
    while True:
        if not select.select([reading], [], [], seconds)[0]:
            break
        numbers = [number for number in os.read(reading, 64) if number in ENDING]
        if not numbers:
            continue
        if seconds is not None:
            break
        _note(numbers[0])
        _noted.set()
        seconds = GRACE
    with suppress(OSError, ValueError):
        show()
    os._exit(128 + _first[0])


def received(seconds: float = 0.2) -> int | None:
    """Return the signal that came, if one did; it may be noted a moment after it took effect."""
    if not _first:
        _noted.wait(seconds)
    return _first[0] if _first else None


def show() -> None:
    """Say that the command was stopped, and by what."""
    name = signal.Signals(_first[0]).name
    sys.stderr.write(
        f"✗ stopped by {name}; what was published stays in force, run again to go on\n"
    )
    sys.stderr.flush()
