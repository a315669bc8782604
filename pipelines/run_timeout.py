"""A run that takes too long is ended: its lock goes with it, and the next run ends what it began.

A run may be killed at any instant (`docs/promises.md`), so nothing is tidied here.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pricing_assets.common.text import counted

MORE = 10
"""Seconds after which the system ends what could not end itself."""


@dataclass(frozen=True)
class Times:
    """Until which instants (`time.monotonic`) a run begins to read another log, and to work on
    further dates: so that it ends by itself, between two of them, and the dates of what was read
    are published."""

    reading_until: float
    working_until: float


@contextmanager
def ended_after(seconds: int) -> Iterator[Times]:
    """End this process after so many seconds, with exit 1 and a message, if it is still in here then;
    where Python itself hangs, by the system's alarm a little later."""
    timer = threading.Timer(seconds, _end, (seconds,))
    timer.daemon = True
    timer.start()
    signal.alarm(seconds + MORE)
    begun = time.monotonic()
    try:
        yield Times(begun + seconds * 0.5, begun + seconds * 0.9)
    finally:
        signal.alarm(0)
        timer.cancel()


def _end(seconds: int) -> None:
    sys.stderr.write(
        f"this run took longer than {counted(seconds, 'second')} and was ended; what was published stays in"
        " force. Run again to go on, or raise max_run_seconds (CREDITMILL_MAX_RUN_SECONDS)\n"
    )
    sys.stderr.flush()
    os._exit(1)
