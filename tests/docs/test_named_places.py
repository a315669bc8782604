"""Files, functions and tests that the documents name are there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (
    *("CONTRIBUTING.md", "docs/adding.md", "docs/architecture.md", "docs/glossary.md"),
    "docs/promises.md",
)
ROOTS = "benchmarks|docs|pipelines|pricing_assets|sample_data|sql|tests"
NAMED = re.compile(rf"`((?:{ROOTS})/[\w./*-]*)(?::([\w.]+))?`")
PLACEHOLDER = re.compile("PACKAGE|NAME|WORDS")
"""`sql/PACKAGE/NAME.sql` stands for many."""


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def definitions(file: Path) -> set[str]:
    """The names that a module defines, those of a class's body as `Class.name`."""

    def names_in(body: list[ast.stmt], before: str = "") -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield before + node.name
            if isinstance(node, ast.ClassDef):
                yield from names_in(node.body, f"{node.name}.")
            targets = node.targets if isinstance(node, ast.Assign) else []
            yield from (before + one.id for one in targets if isinstance(one, ast.Name))

    return set(names_in(ast.parse(file.read_text(encoding="utf-8")).body))


def missing(text: str) -> list[str]:
    """The places that a text names and that are not there."""
    wrong = []
    for path, name in NAMED.findall(text):
        if PLACEHOLDER.search(path):
            continue
        found = [ROOT / path] if (ROOT / path).exists() else list(ROOT.glob(path))
        if not found or (name and name not in definitions(found[0])):
            wrong.append(f"{path}:{name}" if name else path)
    return wrong


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_function_is_there(page: str) -> None:
    assert NAMED.search(text_of(page))
    assert missing(text_of(page)) == []


def test_what_is_not_there_is_found() -> None:
    here = "tests/docs/test_named_places.py"
    text = (
        f"`sql/usage/gone.sql` `{here}:missing` `{here}:gone` `sql/NAME/any.sql` `sql/us*/l*.sql`"
    )
    assert missing(text) == ["sql/usage/gone.sql", f"{here}:gone"]


def test_every_test_that_promises_name_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", text_of("docs/promises.md")))
    files = list((ROOT / "tests").rglob("test_*.py"))
    known = {file.stem for file in files}.union(*map(definitions, files))
    assert len(named) > 100
    assert sorted(named - known) == []


def test_every_package_is_in_the_table_of_layers() -> None:
    layers = text_of(".importlinter").partition("layers =")[2].partition("\n[")[0]
    table = text_of("docs/architecture.md").partition("## Layers")[2].partition("\n## ")[0]
    named = {name.removeprefix("pricing_assets/") for name in re.findall(r"`([\w/]+)", table)}
    assert set(re.findall(r"\w+", layers)) - named == set()


def rows_of(title: str) -> list[tuple[str, str, str]]:
    """The file, the name in it and the text of each row of a walk."""
    section = text_of("docs/architecture.md").partition(title)[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    found = [re.match(rf"\| \d+ \| `((?:{ROOTS})/[\w./]+):?([\w.]*)` \|(.*)", row) for row in rows]
    return [match.group(1, 2, 3) for match in found if match and "---" not in match[0]]


LOG, CARD = "## The life of a log", "## The life of a rate card"
WALKS = ((LOG, 8), (CARD, 5))


@pytest.mark.parametrize(("title", "most"), WALKS)
def test_a_walk_takes_few_files_and_names_no_other(title: str, most: int) -> None:
    rows = rows_of(title)
    named = {path for _, _, text in rows for path, _ in NAMED.findall(text) if "." in path}
    assert 0 < len({file for file, _, _ in rows} | named) <= most


@pytest.mark.parametrize(("title", "most"), WALKS)
def test_what_a_walk_says_of_a_file_is_defined_in_it(title: str, most: int) -> None:
    """Not inherited from another file, nor imported."""
    elsewhere = []
    for file, name, text in rows_of(title):
        if not file.endswith(".py"):
            continue
        here = definitions(ROOT / file)
        spoken = re.findall(r"(?:methods?|functions?) ((?:`\w+`(?:, | and )?)+)", text)
        for one in re.findall(r"`(\w+)`", " ".join(spoken)):
            if not any(known == one or known.endswith(f".{one}") for known in here):
                elsewhere.append(f"{file}: {one}")
        if name not in here:
            elsewhere.append(f"{file}:{name}")
    assert elsewhere == []


def test_each_file_of_the_life_of_a_log_is_called_by_one_before() -> None:
    rows = rows_of(LOG)
    before = ""
    for file, name, _ in rows:
        called = rf"\b{name.rpartition('.')[2]}\("
        assert not before or re.search(called, before), f"{file}:{name}"
        before += (ROOT / file).read_text(encoding="utf-8")
