"""A command's process ends at once, after what was registered for its end, and with its code."""

import subprocess
import sys

import pytest

SCRIPT = """
import atexit, sys
from pipelines.cli import ending
class Kept:
    def __del__(self): print("taken apart")
kept = Kept()
ending.prepare()
atexit.register(print, "registered")
print("said", end=" ")
"""


@pytest.mark.parametrize(
    ("last", "code", "out"),
    [
        ("ending.end(3)", 3, "said registered\n"),
        ("ending.end(0)", 0, "said registered\n"),
        ("raise KeyError", 1, "said registered\ntaken apart\n"),
    ],
)
def test_what_is_registered_is_done_and_no_more(last: str, code: int, out: str) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT + last], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (code, out)
    assert ("KeyError" in done.stderr) == ("raise" in last)
