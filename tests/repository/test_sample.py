"""The sample's logs are what their script writes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import ROOT


@pytest.mark.slow
def test_the_script_writes_the_same_bytes(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    logs = {file.name: file.read_bytes() for file in (tmp_path / "sample_data/logs").iterdir()}
    assert len(logs) == 17
    script = tmp_path / "sample_data" / "make_sample.py"
    done = subprocess.run([sys.executable, script], capture_output=True, check=True, text=True)
    assert "2026-02-03  unknown_key_mode             2" in done.stdout
    assert {file.name: file.read_bytes() for file in script.parent.glob("logs/*")} == logs
