"""Standard streams that are closed, or that nobody reads any more, end no command.

What is written to them belongs to `output`.
"""

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO


class _Unread(io.FileIO):
    """A stream that goes on into nothing once nobody reads it: a pipe to `head`, a terminal that
    hung up; and where nothing can be written, on a disk that is full. What was asked for is done all
    the same, and the exit code says how it went."""

    def write(self, data: Any, /) -> int:
        """Write, or pretend to."""
        try:
            return super().write(data) or 0
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EIO):
                _lost.setdefault(self.fileno(), error)
            _into_nothing(self.fileno())
            return len(memoryview(data).cast("B"))


_lost: dict[int, OSError] = {}
"""Why the output (1) or messages (2) could not be written."""


def _into_nothing(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)


def make_whole() -> None:
    """Open every standard stream that is closed, so that no file takes its number, and let none
    that nobody reads end the command."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _into_nothing(number)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = _unread(1, sys.stdout)
    sys.stderr = _unread(2, sys.stderr)


def _unread(number: int, before: TextIO | None) -> TextIO:
    binary = io.BufferedWriter(_Unread(number, "w", closefd=False))
    if before is None:
        return io.TextIOWrapper(binary, encoding="utf-8", errors="backslashreplace")
    return io.TextIOWrapper(
        binary,
        encoding=before.encoding,
        errors=before.errors,
        line_buffering=number == 2 or before.isatty(),
    )


def finish() -> str | None:
    """Write what is still to be written; returns what is wrong where something could not be."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError as error:
            _lost.setdefault(number, error)
            with suppress(OSError):
                _into_nothing(number)  # the interpreter flushes once more
    if not _lost:
        return None
    from pricing_assets.common.os_reasons import reason_of

    number = min(_lost)
    what = "the output" if number == 1 else "messages"
    return f"{what} could not be written: {reason_of(_lost[number])}"
