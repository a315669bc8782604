"""What Great Expectations imports and runs do not need: it is executed when somebody asks for it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pricing_assets.checks import expectations

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


def test_an_import_alone_executes_nothing(costly: str) -> None:
    expectations._import_lazily(costly)
    module = __import__(costly)
    assert "executed" not in vars(module)
    assert "costly_package.below" not in sys.modules
    assert module.executed
    assert module.below.number == 7
    with pytest.raises(AttributeError, match="there is no rest"):
        _ = module.rest


def test_what_lies_below_finds_the_package(costly: str) -> None:
    expectations._import_lazily(costly)
    from costly_package.below import number  # type: ignore[import-not-found]

    assert number == 7


@pytest.mark.slow
def test_a_run_imports_no_more_than_it_needs() -> None:
    script = (
        "import sys; from pricing_assets.checks import expectations, suite\n"
        "from datetime import date\n"
        "expectations.preload().join()\n"
        "counts = {date(2026, 2, 3): {rule.name: 0 for rule in suite.rules()}}\n"
        "assert all(expectations.judge(counts, suite.rules())[date(2026, 2, 3)].values())\n"
        "print([name for name in ('altair.vegalite', 'scipy.stats._distn_infrastructure', 'pyspark')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
