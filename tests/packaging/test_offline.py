"""No network and no secret is needed at run time; dependencies are those that the lock names."""

import re
from pathlib import Path

import pytest

from tests.support.command import ROOT
from tests.support.offline import creditmill_offline


def test_a_run_needs_no_network_and_no_environment(sample: Path) -> None:
    """Nor do the commands after it; the sample was made by such a run."""
    for words, shown in (("verify", "all as published"), ("status", "2026-02-03")):
        done = creditmill_offline(words, cwd=sample)
        assert done.returncode == 0, done.stderr.decode()
        assert shown in done.stdout.decode()


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "deploy/requirements.lock"]
)
def test_every_dependency_is_locked_by_hash(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    entries = re.findall(r"^[^\s#].*?(?=^[^\s#]|\Z)", lock, flags=re.MULTILINE | re.DOTALL)
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[a-zA-Z0-9._\[\],-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in lock
    assert "--require-hashes" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_both_locks_hold_the_same_versions() -> None:
    """What runs is what was tested; and what only tests need is not among it."""
    runtime, dev = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert runtime < dev
    assert not {"pytest", "playwright", "pyspark", "mypy"} & {
        one.partition("==")[0].partition("[")[0] for one in runtime
    }


SECRETS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}")


@pytest.mark.parametrize("package", ["pricing_assets", "pipelines", "sql", "sample_data"])
def test_no_secret_is_in_the_code(package: str) -> None:
    for path in sorted((ROOT / package).rglob("*")):
        if path.is_file() and path.suffix in (".py", ".sql", ".toml", ".csv", ".html", ".js"):
            assert not SECRETS.search(path.read_text(encoding="utf-8")), path
