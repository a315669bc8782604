"""Commands that messages advise: they work where they are pasted, whatever the home is called."""

import inspect
import os
import re
import shlex
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest

from pipelines.cli import app, hints
from tests.support.command import creditmill
from tests.support.workspace import Workspace

ADVISED = re.compile(r"`(creditmill [^`]+)`")


def takes_home(words: str) -> bool:
    """Whether a command has the option --home, itself or in one of its groups of options."""
    module = import_module(".".join(("pipelines.cli.commands", *words.replace("-", "_").split())))
    names = inspect.signature(module.command).parameters
    groups = get_type_hints(module.command).values()
    return "home" in names or any("home" in getattr(one, "__annotations__", {}) for one in groups)


@pytest.mark.parametrize("words", app.COMMANDS)
def test_every_command_that_opens_a_home_is_advised_with_it(words: str) -> None:
    hints.opened[:] = [Path("/srv/a home")]
    named = hints.with_home(f"try `creditmill {words}`")
    assert named == (
        f"try `creditmill {words} --home '/srv/a home'`"
        if takes_home(words)
        else f"try `creditmill {words}`"
    )


def test_a_home_that_is_named_or_the_default_is_not_named_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = "`creditmill run --logs DIR --home /other`, then `creditmill status`"
    hints.opened[:] = [tmp_path / "home"]
    assert hints.with_home(asked) == asked
    monkeypatch.setenv("CREDITMILL_HOME", "/srv/home")
    assert hints.home_option(tmp_path / "home") == f" --home {tmp_path / 'home'}"
    assert hints.home_option(Path("/srv/home")) == ""


@pytest.mark.parametrize(
    "name", ["a b", "it's", 'a"b', "$HOME", "a`b", "a\nb", "a\x1b[31mb", "a\u202eb", "é & ü;", "~"]
)
def test_a_path_is_what_a_shell_makes_of_it(name: str) -> None:
    text = hints.quoted(Path("/srv", name))
    shown = subprocess.run(["bash", "-c", f"printf %s {text}"], capture_output=True, check=True)
    assert os.fsdecode(shown.stdout) == f"/srv/{name}"


def test_what_a_damaged_home_is_advised_mends_it(one_row: Workspace) -> None:
    """Each command that the message names, as printed, from another folder; and then all is well."""
    place = one_row.folder / "a home"
    shutil.move(one_row.home.path, place)
    next(place.glob("receipts/[0-9a-f]*.json")).unlink()
    elsewhere = one_row.folder / "elsewhere"
    elsewhere.mkdir()
    done = creditmill("charges", "--home", place, cwd=elsewhere)
    assert done.returncode == 1
    advised = set(ADVISED.findall(done.stderr.decode()))
    assert advised == {f"creditmill restore --home '{place}'"}
    for words in advised:
        assert creditmill(*shlex.split(words)[1:], cwd=elsewhere).returncode == 0
    assert creditmill("verify", "--home", place, cwd=elsewhere).returncode == 0
