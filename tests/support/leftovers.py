"""What tests leave behind: temporary files, and processes that they began."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

ENDS_BY_ITSELF = {"java"}
"""Spark's, which ends when nobody holds its input any more: with the tests' own process."""
SECONDS = 20
"""A browser that was closed removes its folder afterwards."""


@contextmanager
def nothing_left_in(folder: Path) -> Iterator[None]:
    """Put temporary files into a folder of their own; fail where any is left, or a process."""
    with (
        mock.patch.dict(os.environ, TMPDIR=str(folder)),
        mock.patch.object(tempfile, "tempdir", str(folder)),
    ):
        yield
    end = time.monotonic() + SECONDS
    while (os.listdir(folder) or children()) and time.monotonic() < end:
        time.sleep(0.1)
    assert sorted(os.listdir(folder)) == [], "temporary files are left"
    assert children() == [], "processes are left"


def children() -> list[str]:
    """Return the command of each process that this one began and that has not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, fields = stat.read_text().partition("(")[2].rsplit(")", 1)
            command = stat.with_name("cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent = fields.split()[:2]
        if int(parent) == os.getpid() and state != "Z" and name not in ENDS_BY_ITSELF:
            found.append(command.strip())
    return found
