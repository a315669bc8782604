"""Random damage to a home: a smaller or larger bill is never given with exit 0, and no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_random_damages_change_no_bill_in_silence() -> None:
    """In a process of its own: it is forked for each damage, and must have no threads."""
    words = [sys.executable, "-m", "tests.support.damages", "--seeds", "0", "200"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "200 damages, failed: []" in done.stdout
