"""How the tests are laid out: by the package that they test, and what they share in `support`."""

import ast
import configparser
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
NO_PACKAGE = {
    "deploy",
    "docs",
    "end_to_end",
    "packaging",
    "pipelines",
    "repository",
    "support",
    "tools",
}
"""Folders of tests of no single package of `pricing_assets`."""
PACKAGES = ("pipelines", "pricing_assets")
MOST_LINES = 250


def imported_modules(file: Path) -> Iterator[str]:
    """Every module that a file may import; `from a import b` may be of the module `a.b`."""
    yield from imported_names(ast.parse(file.read_text(encoding="utf-8")))


def imported_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_test_module_or_conftest_is_imported() -> None:
    imports = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in TESTS.rglob("*.py")
        for module in imported_modules(file)
        for part in module.split(".")[1:-1] + module.split(".")[-1:]
        if module.startswith("tests.") and (part == "conftest" or is_test_module(module, part))
    ]
    assert imports == [], "what tests share belongs to tests/support"


def is_test_module(module: str, part: str) -> bool:
    """Whether this part of a dotted name is a file `test_*.py`, and no function of that name."""
    folders = module.split(".")[: module.split(".").index(part)]
    return part.startswith("test_") and ROOT.joinpath(*folders, f"{part}.py").is_file()


def test_tests_mirror_the_packages() -> None:
    packages = {file.parent.name for file in (ROOT / "pricing_assets").glob("*/__init__.py")}
    folders = {file.parent.name for file in TESTS.glob("*/__init__.py")}
    assert folders - packages == NO_PACKAGE
    assert [file.name for file in TESTS.glob("test_*.py")] == []


def test_the_contract_of_the_wiring_names_each_of_its_modules() -> None:
    """Else a new one could use the command line unseen."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    named = contracts["importlinter:contract:command"]["source_modules"].split()
    modules = {f"pipelines.{path.stem}" for path in (ROOT / "pipelines").glob("*.py")}
    assert modules - {"pipelines.__init__"} == {*named}


def test_no_module_is_longer_than_a_reader_takes_in_at_once() -> None:
    """Longer ones are split by meaning; benchmarks may be longer."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    lines = {
        file.relative_to(ROOT): len(file.read_text(encoding="utf-8").splitlines()) for file in files
    }
    assert len(lines) > 400
    assert {file: count for file, count in lines.items() if count > MOST_LINES} == {}


NAMES_TYPES_ONLY = {
    "pipelines.engines": {"pipelines.settings"},
    **{
        module: {"pricing_assets.home.home"}
        for module in ("effects", "holding", "look", "presence", "references", "settings_file")
    },
}
"""Modules of a circle that import another of it to name a type, and run nothing of it; those of `home` by
their last name."""


def test_only_these_modules_make_a_circle_of_types() -> None:
    """`.importlinter` leaves imports under `if TYPE_CHECKING` out."""
    found: dict[str, set[str]] = {}
    for file in (*(ROOT / "pipelines").glob("*.py"), *(ROOT / "pricing_assets/home").glob("*.py")):
        package = file.parent.relative_to(ROOT).as_posix().replace("/", ".")
        of_types = {
            module.rpartition(".")[0]
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for module in imported_names(node)
        }
        of_package = {module for module in of_types if module.startswith(f"{package}.")}
        if of_package:
            found[file.stem if "home" in package else f"{package}.{file.stem}"] = of_package
    assert found == NAMES_TYPES_ONLY
