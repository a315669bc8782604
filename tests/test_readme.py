"""The README's commands and queries are run as they stand, and its figures are real."""

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from test_cli import ROOT, creditmill

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
SHELL = [text for kind, text in BLOCKS if kind == "sh" and not text.startswith("make")]
QUERIES = [text for kind, text in BLOCKS if kind == "sql"]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each shell block prints, in one folder, one after the other."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "inbox").mkdir()
    shim = folder / "bin"
    shim.mkdir()
    (shim / "creditmill").write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m pipelines.cli "$@"\n'
    )
    (shim / "creditmill").chmod(0o755)
    env = os.environ | {"PATH": f"{shim}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    printed = []
    for block in SHELL:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{block}\n{done.stderr}"
        printed.append(done.stdout + done.stderr)
    return printed


def test_commands_run_and_price_own_logs(said: list[str]) -> None:
    assert len(said) == len(SHELL) == 3
    assert "llm,OpenAI,gpt-4o,GPT-4o-128k" in said[1]
    assert re.search(r"2026-03-02 +published, 50 % quarantined +1 +2 +0\.308000000 .* 2 ", said[1])
    assert re.search(r"2026-03-02 +published +2 +4 .*\+0\.\d{9}", said[2])
    assert "No row is in quarantine." in said[2]


@pytest.mark.parametrize("query", QUERIES)
def test_queries_answer(query: str, sample: Path) -> None:
    with duckdb.connect(str(sample / "home" / "credits.duckdb"), read_only=True) as con:
        assert con.sql(query).fetchall()


def test_five_queries() -> None:
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
