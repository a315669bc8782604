"""Benchmarks can be run: each imports, and what it looks into by name is there.

mypy holds what they call to its types; what they measure belongs to `docs/performance.md`.
"""

import ast
import importlib.util
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
SCRIPTS = sorted(file.stem for file in BENCHMARKS.glob("*.py"))
PEERS = sorted(file.stem for file in (BENCHMARKS / "peers").glob("*.py"))


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The benchmarks' folder on the path, as where one is run; what they import of it goes again."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    before = set(sys.modules)
    yield
    for name in sys.modules.keys() - before:
        if name in SCRIPTS:
            del sys.modules[name]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_benchmark_imports(beside: None, name: str) -> None:
    assert load(name).__doc__


def test_where_watches_functions_that_there_are(beside: None) -> None:
    watched = load("where").WATCHED
    assert [(module, name) for module, name, _ in watched if not hasattr(module, name)] == []


@pytest.mark.parametrize("name", PEERS)
def test_each_peer_imports_what_is_installed_with_the_benchmarks(name: str) -> None:
    """Peers run as they are imported, so their imports alone are looked up."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = {
        one.partition(">")[0].partition("[")[0] for one in project["optional-dependencies"]["bench"]
    }
    tree = ast.parse((BENCHMARKS / "peers" / f"{name}.py").read_text())
    names = [
        alias.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    missing = [
        top
        for top in {name.partition(".")[0] for name in names}
        if not importlib.util.find_spec(top)
    ]
    assert set(missing) <= extra


def test_every_benchmark_that_is_named_is_there() -> None:
    """In the Makefile and in the pages."""
    for page in (ROOT / "Makefile", ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for word in page.read_text(encoding="utf-8").split("benchmarks/")[1:]:
            file = word.split(".py")[0]
            if file.isidentifier():
                assert file in SCRIPTS, page.name
