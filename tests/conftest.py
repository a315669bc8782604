"""Fixtures that several tests share."""

import os
import subprocess
import sys
import zoneinfo
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import pytest

from pricing_assets.checks import expectations
from pricing_assets.checks import run as checks
from tests.support.workspace import Workspace, write_card

zoneinfo.reset_tzpath(())  # the tests, too, read zones from the package tzdata

OLD_DUCKDB = "1.2.0"
"""The oldest that the contract names."""
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def plain_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts judged without Great Expectations, where many verdicts are asked for.

    `test_rules` holds the real judge to the same answers, whole runs go by it elsewhere.
    """
    judge_plainly(monkeypatch)


def judge_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for what is made once for a module."""
    monkeypatch.setattr(expectations, "preload", lambda: None)
    monkeypatch.setattr(checks, "judge", holds)


def holds(
    counts: Mapping[date, Mapping[str, int]], warnings_only: Collection[str]
) -> dict[date, dict[str, bool]]:
    """Per date and rule, whether no fault was counted."""
    return {day: {rule: n == 0 for rule, n in by_rule.items()} for day, by_rule in counts.items()}


@pytest.fixture
def workspace(plain_judge: None, tmp_path: Path) -> Workspace:
    """A workspace with one book of one small card, an empty inbox and no home yet."""
    return Workspace(tmp_path, (write_card(tmp_path / "book"),))


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `creditmill run` was run once, without options; its home is not changed."""
    folder = tmp_path_factory.mktemp("sample")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "run"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    (folder / "out.txt").write_bytes(done.stdout)
    (folder / "err.txt").write_bytes(done.stderr)
    return folder


@pytest.fixture(scope="session")
def old_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with DuckDB 1.2 to import."""
    folder = tmp_path_factory.mktemp("old") / "packages"
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"]
    words += ["--disable-pip-version-check", "--target", str(folder), f"duckdb=={OLD_DUCKDB}"]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"duckdb=={OLD_DUCKDB} cannot be installed here: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stderr
    return folder
