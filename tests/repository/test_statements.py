"""Whose statements are run: a package's are in a folder of its name, and nobody else runs them."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from tests.support.command import ROOT

SQL = ROOT / "sql"
NAMES = {file.relative_to(SQL).with_suffix("").as_posix() for file in SQL.rglob("*.sql")}
PRELUDES = {"prelude/duckdb": "db", "prelude/spark": "usage"}
"""What an engine runs first, beside each other: they are to say the same."""
RUNNING = {"statement", "make_table"}
FILES = sorted((ROOT / "pricing_assets").rglob("*.py"))


def text_of(node: ast.AST) -> str | None:
    """A literal text, with `*` for what an f-string puts in."""
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
        return "".join(map(str, parts))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@cache
def nodes(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def texts(file: Path) -> Iterator[str]:
    for node in nodes(file):
        if (text := text_of(node)) is not None:
            yield text


def statements_named(file: Path) -> Iterator[str]:
    """The statements that a module names, or runs by a pattern such as `usage/stored/*`."""
    yield from (text for text in texts(file) if text in NAMES)
    for node in nodes(file):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RUNNING:
            yield from (text for one in node.args if "/" in (text := text_of(one) or ""))


def owner(name: str) -> str:
    return PRELUDES.get(name, name.partition("/")[0])


def test_a_package_runs_its_own_statements_only() -> None:
    foreign = [
        f"{file.relative_to(ROOT)} runs {name}"
        for file in FILES
        for name in statements_named(file)
        if owner(name) != file.relative_to(ROOT / "pricing_assets").parts[0]
    ]
    assert foreign == [], "the package that owns the statement offers a function"


def test_pipelines_run_none() -> None:
    named = [name for file in (ROOT / "pipelines").rglob("*.py") for name in statements_named(file)]
    assert named == []


def is_written(stem: str, words: set[str]) -> bool:
    """Whether code writes a name, or both parts of one that it puts together: `index_*`, `logs`."""
    return stem in words or any(
        (part := re.fullmatch(re.escape(word).replace(r"\*", "(.+)"), stem)) and part[1] in words
        for word in words
        if word.count("*") == 1
    )


def test_every_statement_is_run() -> None:
    """By its name, or by a pattern and the last part of its name."""
    words = {text for file in FILES for text in texts(file) if re.match(r"[\w*]{3}", text)}
    run = {name for file in FILES for name in statements_named(file)}
    unused = [
        name
        for name in sorted(NAMES - run)
        if not any(fnmatchcase(name, one) for one in run)
        or not is_written(name.rpartition("/")[2], words)
    ]
    assert unused == []
