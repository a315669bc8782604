"""One request to the reader's process: it is sent, the answer received, and the process looked at
meanwhile, so that it takes no more time or memory than it may.

Whose fault it is where it fails is decided in `reader`.
"""

import math
import os
import selectors
import subprocess
import time
from typing import IO, Any

from pricing_assets.common import json_files, resources
from pricing_assets.intake import reader_process

IDLE = 10
"""How many times its limit of processor time the process may wait for something else."""
SHARE = 10
"""Logs that are read together take at most this part of the time that the run still has for
reading; after it they are read in smaller parts."""
_TICK = 0.05


class Failed(Exception):
    """The process ended, or was ended: `detail` says of what, `code` is its exit code where it
    ended by itself."""

    def __init__(self, detail: str = "", code: int | None = None) -> None:
        self.detail, self.code = detail, code
        super().__init__(detail)


class NoTimeLeft(Exception):
    """The run has no time left for reading."""


class Watch:
    """What a process takes for one request: raises where that is more than it may."""

    def __init__(
        self, pid: int, seconds: float, until: float, memory: int | None, *, is_shared: bool
    ) -> None:
        self._pid, self._seconds, self._until, self._memory = pid, seconds, until, memory
        self._taken_before = resources.processor_seconds(pid)
        self._at = time.monotonic()
        self._waited = 0.0
        self._share = self._at + (until - self._at) / SHARE if is_shared else math.inf

    def look(self) -> None:
        """Look once: Failed where the process took too much, NoTimeLeft where the run did.

        Time is the process's own: what it was suspended for, with its machine or alone, and what
        others took of the processors, does not count.
        """
        now = time.monotonic()
        if now > self._until:
            raise NoTimeLeft
        if resources.is_waiting(self._pid):
            self._waited += min(now - self._at, 1.0)  # more, and this process was suspended, too
        self._at = now
        taken = resources.processor_seconds(self._pid) - self._taken_before
        if taken > self._seconds or self._waited > IDLE * self._seconds or now > self._share:
            raise Failed("reading it takes longer than the setting max_read_seconds")
        if self._memory is not None and resources.data_bytes(self._pid) > self._memory:
            raise Failed("reading it takes more memory")


def exchange(child: "subprocess.Popen[bytes]", request: bytes, watch: Watch) -> Any:
    """Return the answer to a request."""
    if child.stdin is None or child.stdout is None:
        raise Failed
    try:
        child.stdin.write(len(request).to_bytes(reader_process.LENGTH) + request)
        child.stdin.flush()
    except BrokenPipeError as error:
        raise Failed from error
    length = int.from_bytes(_receive(child.stdout, reader_process.LENGTH, watch))
    return json_files.from_json(_receive(child.stdout, length, watch))


def _receive(stream: IO[bytes], size: int, watch: Watch) -> bytes:
    """Return so many bytes, looking at the process that is to send them meanwhile."""
    received = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(stream, selectors.EVENT_READ)
        while len(received) < size:
            if not waiting.select(_TICK):
                watch.look()
                continue
            part = os.read(stream.fileno(), size - len(received))
            if not part:
                raise Failed
            received += part
    return received
