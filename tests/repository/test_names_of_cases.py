"""Each process that collects the tests finds the same names, or none of them runs in parallel."""

import os
import subprocess
import sys

import pytest

from tests.support.command import ROOT


def collected(seed: str) -> list[str]:
    """Names of all tests as a new process finds them, whose sets are ordered by `seed`."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests", "-m", "slow or not slow", "--collect-only", "-q"],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": seed},
        text=True,
        check=True,
        capture_output=True,
    )
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.slow  # it imports all tests twice
def test_no_name_depends_on_the_clock_or_on_the_order_of_a_set() -> None:
    first = collected("1")
    assert len(first) > 5000
    assert collected("2") == first
