"""How the process of a command ends: at once, with the command's code, when all is done.

Python would take apart every module and object first: a tenth of what a small run costs, for nothing.
"""

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn

_codes: list[int] = []


def prepare() -> None:
    """Let a process that ends by `end` end at once, after all that is registered for its end from
    here on: what is registered first is called last."""
    atexit.register(_end_at_once)


def end(code: int) -> NoReturn:
    """End the process with this code."""
    _codes.append(code)
    sys.exit(code)


def _end_at_once() -> None:
    if not _codes:  # by an exception: Python's own code
        return
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(_codes[-1])
