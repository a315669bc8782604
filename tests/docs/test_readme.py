"""The README's commands and queries are run as they stand, and its figures are real."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.support.command import ROOT, creditmill

BIN = Path(sys.executable).parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
SHELL = [text for kind, text in BLOCKS if kind == "sh" and not text.startswith("make")]
QUERIES = [text for kind, text in BLOCKS if kind == "sql"]


MARK = "---- next block ----"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each shell block prints, as printed, one after the other in one shell, where a fresh
    clone was set up; `.ci/run` runs the blocks of `make`. The pages, seconds of each home's first
    run, are made by the run of `sample`."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / ".venv/bin").mkdir(parents=True)
    for name, rest in (("creditmill", " -m tests.support.plain_judge"), ("python", "")):
        shim = folder / ".venv/bin" / name
        shim.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}"{rest} "$@"\n')
        shim.chmod(0o755)
    path = ":".join(one for one in os.environ["PATH"].split(":") if one != str(BIN))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"echo '{MARK}' >&2\n".join(SHELL)],
        cwd=folder,
        env=os.environ | {"PATH": path, "CREDITMILL_PAGES": "false"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.split(f"{MARK}\n")


@pytest.mark.slow
def test_commands_run_and_price_own_logs(said: list[str]) -> None:
    assert len(said) == len(SHELL) == 5
    assert "llm,openai,gpt-4.1-mini,GPT-4.1-mini-1M" in said[1]
    assert re.search(r"^2026-03-02 +published +1 +1 +0\.126104000 +1 +0 *$", said[1], re.MULTILINE)
    assert "llm,OpenAI,gpt-4o,GPT-4o-128k" in said[3]
    row = r"^2026-03-02 +published, 50 % quarantined +1 +2 +0\.308000000 +0 +2 *$"
    assert re.search(row, said[3], re.MULTILINE)
    assert re.search(r"2026-03-02 +published +2 +4 .*\+0\.\d{9}", said[4])
    assert "No row is in quarantine." in said[4]
    offered = next(text for kind, text in BLOCKS if kind == "text" and "append to" in text)
    for line in offered.splitlines():
        assert line.partition("…")[2] in " ".join(said[3].split()) or line.strip() in said[3], line


def test_what_is_shown_of_a_command_is_what_it_prints(sample: Path, tmp_path: Path) -> None:
    shutil.copytree(sample / "home", tmp_path / "home", symlinks=True)
    shown = [text for kind, text in BLOCKS if kind == "text" and text.startswith("$ ")]
    assert len(shown) == 1
    for text in shown:
        command, _, printed = text.partition("\n")
        done = creditmill(*command.split()[2:], cwd=tmp_path)
        assert re.sub(r" +$", "", done.stdout.decode(), flags=re.MULTILINE) == printed


def test_files_in_force_are_counted_once(sample: Path) -> None:
    (glob,) = re.findall(r"`HOME/(reports/\S+)`", README)
    with duckdb.connect(str(sample / "home" / "credits.duckdb"), read_only=True) as con:
        ((right,),) = con.sql("select sum(credits) from charges").fetchall()
        found = con.sql(f"select sum(credits) from '{sample}/home/{glob}'").fetchall()
    assert found == [(right,)]


@pytest.mark.parametrize("query", QUERIES)
def test_each_query_of_the_readme_has_rows(query: str, sample: Path) -> None:
    with duckdb.connect(str(sample / "home" / "credits.duckdb"), read_only=True) as con:
        assert con.sql(query).fetchall()


def test_the_readme_shows_five_queries() -> None:
    assert len(QUERIES) == 5


def test_figures_are_those_of_the_sample(sample: Path) -> None:
    printed = re.sub(r" +$", "", (sample / "out.txt").read_text(), flags=re.MULTILINE)
    (shown,) = (text for kind, text in BLOCKS if kind == "text" and "Difference" in text)
    for line in shown.splitlines():
        if line and not line.startswith("…"):
            assert line in printed


def test_every_command_is_in_the_readme(tmp_path: Path) -> None:
    told = creditmill("--help", cwd=tmp_path).stdout.decode()
    commands = set(re.findall(r"^│ ([a-z][a-z-]*)  ", told, re.MULTILINE))
    assert {"run", "status", "verify", "quarantine", "open", "rates"} <= commands
    for command in commands:
        assert f"creditmill {command}" in README, command
