"""What Great Expectations imports and runs do not need is left out, or executed when somebody asks
for it."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from pricing_assets.checks import lean_import

MODULE = """
executed = True
from costly_package import below
def __getattr__(name):
    raise AttributeError(f"there is no {name}")
"""


@pytest.fixture
def costly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    package = tmp_path / "costly_package"
    package.mkdir()
    (package / "__init__.py").write_text(MODULE)
    (package / "below.py").write_text("number = 7")
    monkeypatch.syspath_prepend(tmp_path)
    yield "costly_package"
    for name in ("costly_package", "costly_package.below"):
        sys.modules.pop(name, None)


def found_by(hidden: tuple[str, ...], loaders: dict[str, Any]) -> AbstractContextManager[None]:
    return lean_import._found_by(lean_import._Lean({*hidden}, loaders))


def test_an_import_alone_executes_nothing(costly: str) -> None:
    with found_by((), {costly: lean_import._LazyLoader}):
        module = importlib.import_module(costly)
    assert "executed" not in vars(module)
    assert "costly_package.below" not in sys.modules
    assert module.below.number == 7
    assert "executed" not in vars(module), "what lies below is asked of no package"
    assert module.executed
    with pytest.raises(AttributeError, match="there is no rest"):
        _ = module.rest


def test_what_lies_below_finds_the_package(costly: str) -> None:
    with found_by((), {costly: lean_import._LazyLoader}):
        importlib.import_module(costly)
    from costly_package.below import number  # type: ignore[import-not-found]

    assert number == 7


def test_what_is_hidden_others_import_meanwhile(costly: str) -> None:
    with found_by((costly,), {}):
        for name in (costly, f"{costly}.below"):
            with pytest.raises(ModuleNotFoundError, match="hidden from Great Expectations"):
                importlib.import_module(name)
        with ThreadPoolExecutor(1) as other:
            assert other.submit(importlib.import_module, costly).result().executed
    del sys.modules[f"{costly}.below"]
    with found_by((costly,), {}):
        assert importlib.import_module(f"{costly}.below").number == 7, "it was imported before"


JUDGED = """
import sys
from datetime import date
from pricing_assets.checks import expectations, lean_import, suite
if sys.argv[1:]:
    lean_import.HIDDEN = (*lean_import.HIDDEN, *sys.argv[1:])
expectations.preload().join()
day, rules = date(2026, 2, 3), suite.rules()
for faults in (0, 1):
    verdict = expectations.judge({day: {rule.name: faults for rule in rules}}, rules)[day]
    assert set(verdict.values()) == {not faults}
unneeded = "altair.vegalite scipy.stats._distn_infrastructure pyspark sqlalchemy botocore"
print([name for name in unneeded.split() if name in sys.modules])
core = sys.modules["great_expectations.expectations.core"]
print("_not_executed" in vars(core), hasattr(core, "ExpectColumnMaxToBeBetween"))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("needed", "shown"),
    [
        ([], "[]\nTrue True\n"),
        (
            ["marshmallow"],
            "['altair.vegalite', 'scipy.stats._distn_infrastructure', 'sqlalchemy', 'botocore']\nFalse True\n",
        ),
    ],
    ids=["lean", "whole where that is not enough"],
)
def test_a_run_imports_no_more_than_it_needs(needed: list[str], shown: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", JUDGED, *needed], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (shown, "")


@pytest.mark.slow
def test_an_engine_that_was_imported_first_has_all_it_needs() -> None:
    """Without a package of its own, the import of Spark's client ends such a process."""
    code = (
        "import pyspark\nfrom pricing_assets.checks import lean_import\n"
        "lean_import.import_great_expectations()\nprint('judges')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "judges\n"), done.stderr
