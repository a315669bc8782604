"""The commands that there are, and the help of each: it teaches, and costs next to nothing."""

import importlib
import inspect
import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.cli import commands
from pipelines.cli.app import main
from pipelines.cli.command_list import COMMANDS, SECTIONS

ROOT = Path(__file__).parents[3]


def function_of(words: str) -> object:
    """Return what a command runs."""
    module = ".".join(("pipelines.cli.commands", *words.replace("-", "_").split()))
    return importlib.import_module(module).command


def test_every_module_of_commands_is_a_command() -> None:
    (folder,) = commands.__path__
    modules = {
        " ".join(file.relative_to(folder).with_suffix("").parts).replace("_", "-")
        for file in Path(folder).rglob("*.py")
        if file.name != "__init__.py"
    }
    assert modules == set(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_is_listed_by_the_first_line_of_its_docstring(words: str) -> None:
    text = inspect.getdoc(function_of(words)) or ""
    assert text.split("\n\n")[0].replace("\n", " ") == COMMANDS[words]


def test_help_imports_no_command_and_takes_no_half_second() -> None:
    script = (
        "import sys; from pipelines.cli.app import main; main(['--help']);"
        " print(*sys.modules, file=sys.stderr)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5
    assert "pipelines.cli.commands" not in done.stderr
    for words in COMMANDS:
        assert f"│ {words.split()[0]} " in done.stdout


@pytest.mark.parametrize("words", COMMANDS)
def test_the_help_of_a_command_has_an_example_and_fits_a_terminal(words: str) -> None:
    text = inspect.getdoc(function_of(words)) or ""
    about = text.partition("\nParameters\n")[0]
    _, _, examples = about.partition("For example:\n")
    assert examples.lstrip().startswith(f"creditmill {words}"), "an example to copy"
    assert [line for line in about.splitlines() if len(line) > 78] == []


def test_every_command_is_in_one_section_of_the_help() -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted({words.split()[0] for words in COMMANDS})
    assert list(SECTIONS) == ["Run", "Look", "Prove", "Prices", "Keep"]


@pytest.mark.parametrize("words", [(), ("run",)])
def test_paragraphs_of_help_are_wrapped_at_the_width_of_the_terminal(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 60 columns, the first word of a line would not have fit on the line before."""
    monkeypatch.setenv("COLUMNS", "60")
    assert main([*words, "--help"]) == 0
    text = capsys.readouterr().out.partition("╭")[0]
    paragraphs = [
        part for part in text.split("\n\n") if part and not part.startswith("For example")
    ]
    assert len(paragraphs) > 2
    for paragraph in paragraphs:
        lines = [line.rstrip() for line in paragraph.splitlines() if line.strip()]
        for line, following in pairwise(lines):
            assert len(line) <= 60
            assert len(line) + 1 + len(following.split()[0]) > 60, (line, following)


def test_completion_is_installed_for_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/bash")
    assert main(["--install-completion"]) == 0
    (script,) = (file for file in tmp_path.rglob("creditmill") if file.is_file())
    text = script.read_text(encoding="utf-8")
    assert "--quarantine-floor" in text
    assert "withdraw" in text
