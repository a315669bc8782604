"""Invented rows come only where they are asked for, or where nothing at all is said."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.command import creditmill, write_openai_log

LOGS = 17
"""Of the sample."""


def logs_of(home: Path) -> int:
    receipts = home / "receipts"
    return len([file for file in receipts.glob("*.json") if file.stem != "seen"])


SAID = [
    (("--home", "prod"), {}, ""),
    ((), {"CREDITMILL_HOME": "prod"}, ""),
    ((), {"CREDITMILL_HOEM": "prod"}, ""),  # misspelt, and yet something
    ((), {"CREDITMILL_TIMEZONE": "Europe/Berlin"}, ""),
    ((), {}, 'home = "prod"\n'),
    ((), {}, "pages = false\n"),
    (("--timezone", "Europe/Berlin"), {}, ""),
    (("--day", "2026-02-01"), {}, ""),
    (("--restate",), {}, ""),
    (("--no-pages",), {}, ""),
]


@pytest.mark.parametrize(("options", "environment", "settings"), SAID)
def test_whoever_says_anything_gets_no_sample_unasked(
    tmp_path: Path, options: tuple[str, ...], environment: dict[str, str], settings: str
) -> None:
    if settings:
        (tmp_path / "creditmill.toml").write_text(settings)
    done = creditmill("run", *options, cwd=tmp_path, env=environment)
    assert done.returncode == 2
    assert "give --logs DIR" in done.stderr.decode()
    assert not (tmp_path / "prod").exists()
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("environment", [{"CREDITMILL_HOME": ""}, {"CREDITMILL_LOGS": " "}])
def test_an_empty_name_is_no_folder(tmp_path: Path, environment: dict[str, str]) -> None:
    done = creditmill("run", cwd=tmp_path, env=environment)
    assert done.returncode == 2
    assert "no folder is named" in done.stderr.decode()


@pytest.mark.slow
def test_a_home_of_own_logs_gets_no_sample(tmp_path: Path) -> None:
    write_openai_log(tmp_path / "inbox" / "a.parquet")
    arguments = ("run", "--logs", "inbox", "--no-pages")
    assert creditmill(*arguments, cwd=tmp_path).returncode == 0
    bare = creditmill("run", cwd=tmp_path)
    assert bare.returncode == 0
    assert "Nothing changed: 1 date up to date, 1 log known." in bare.stdout.decode()
    asked = creditmill("run", "--sample", cwd=tmp_path)
    assert asked.returncode == 2
    assert "would put invented rows beside them" in asked.stderr.decode()
    (tmp_path / "home" / "home.toml").unlink()  # lost, and its logs are there
    creditmill("run", cwd=tmp_path)
    assert logs_of(tmp_path / "home") == 1


@pytest.mark.slow
def test_a_home_of_the_sample_goes_on(sample: Path, tmp_path: Path) -> None:
    shutil.copytree(sample / "home", tmp_path / "home", symlinks=True)
    assert creditmill("refresh", cwd=tmp_path).returncode == 0
    for arguments in (("run",), ("run", "--sample", "--home", "home"), ("run", "--home", "home")):
        done = creditmill(*arguments, "--no-pages", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Nothing changed: 4 dates up to date, 17 logs known." in done.stdout.decode()
    write_openai_log(tmp_path / "inbox" / "a.parquet")
    mixed = creditmill("run", "--logs", "inbox", "--no-pages", cwd=tmp_path)
    assert "holds the sample's invented rows" in mixed.stderr.decode()


@pytest.mark.slow
def test_the_sample_comes_where_it_is_asked_for(tmp_path: Path) -> None:
    """In place of the logs that the environment names."""
    environment = {"CREDITMILL_LOGS": str(tmp_path)}
    done = creditmill(
        "run", "--sample", "--home", "try", "--json", "--no-pages", cwd=tmp_path, env=environment
    )
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["taken_in"]) == LOGS == logs_of(tmp_path / "try")
