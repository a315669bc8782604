"""A run that hangs is ended by its limit, and nothing of it is in the way of the next one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.workspace import NOON, Workspace, row

ROOT = Path(__file__).parents[2]
HANGING = """
import sys, time
from pipelines.cli import app as cli; from pipelines.cli.commands import run as running
def hang(*given, **options):
    print("hanging", flush=True)
    time.sleep(60)
running.open_home = hang
sys.exit(cli.main(sys.argv[1:]))
"""
STUCK = """
import re
from pipelines import run_timeout as limit
limit.MORE = 1
with limit.ended_after(1):
    re.match("(a+)+$", "a" * 60 + "b")  # never ends, and lets no other thread run
"""


def python(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    return subprocess.run(
        [sys.executable, *words], env=env, capture_output=True, text=True, timeout=55
    )


def test_a_hung_run_is_ended_and_the_next_one_goes_on(workspace: Workspace) -> None:
    """It hangs with the home locked; the lock goes with it."""
    workspace.log("a.parquet", row())
    done = python(
        *("-c", HANGING, "run", "--home", str(workspace.home.path), "--logs", str(workspace.inbox)),
        CREDITMILL_MAX_RUN_SECONDS="4",
    )
    assert (done.returncode, done.stdout) == (1, "hanging\n")
    assert "took longer than 4 seconds and was ended; what was published stays" in done.stderr
    begun = time.monotonic()
    assert workspace.run().states() == {NOON.date().isoformat(): ("published", 1)}
    assert time.monotonic() - begun < 50


@pytest.mark.slow
def test_where_python_itself_hangs_the_system_ends_it() -> None:
    assert python("-c", STUCK).returncode == -signal.SIGALRM
