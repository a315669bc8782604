"""How messages are worded, read from the code that writes them.

Whether a message is right belongs to the tests of what says it.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLURAL = re.compile(r" (?!in |of |as |than |bytes)(?:[a-z]+ )?[a-z]+[b-hj-z]s\b")
SEVERAL = {
    "len(BILLING_TYPES)",
    "LARGEST",
    "golden_set.ROWS",
    "len(outcomes)",
    "len(floors)",
    "len(found)",
    "len(paths)",
    "len(names) - len(known)",
}
"""Numbers that are two or more, or that a singular follows."""
VAGUE = {"told", "said", "given", "terms", "suspects", "tallies", "ruled", "left_out", "at_stake"}
"""Names of values that do not say what the value is."""
HOW_IT_CAME = {
    "Asked",
    "Found",
    "Made",
    "Wanted",
    "How",
    "Far",
    "Looked",
    "Listed",
    "Shown",
    "Warned",
}
"""Names of classes that do not either."""


def counts_before_a_plural(code: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of each number of things that is followed by a plural, come what may."""
    for node in ast.walk(code):
        if not isinstance(node, ast.JoinedStr):
            continue
        for number, after in zip(node.values, node.values[1:], strict=False):
            if not (isinstance(number, ast.FormattedValue) and isinstance(after, ast.Constant)):
                continue
            what = ast.unparse(number.value)
            form = number.format_spec and ast.unparse(number.format_spec)
            is_count = what.startswith("len(") or "," in (form or "")
            if is_count and what not in SEVERAL and PLURAL.match(str(after.value)):
                yield node.lineno, f"{{{what}}}{after.value}"


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield each module of the two packages, and its code."""
    for package in ("pipelines", "pricing_assets"):
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))


def places(find: Callable[[ast.AST], Iterator[tuple[int, str]]]) -> list[str]:
    """Return what is found in all modules, with file and line."""
    return [f"{file}:{line}: {text}" for file, code in modules() for line, text in find(code)]


def test_one_thing_is_never_counted_as_several() -> None:
    """`1 files` is not said: `common.text.counted` says how many, as `1 file` or `2 files`."""
    assert places(counts_before_a_plural) == []


def test_a_number_before_a_plural_is_found() -> None:
    (found,) = counts_before_a_plural(ast.parse("say(f'{len(files):,} new files are here')"))
    assert found == (1, "{len(files)} new files are here")


def vague_names(code: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of each variable, parameter and class that is named by how it came about."""
    for node in ast.walk(code):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in VAGUE:
            yield node.lineno, node.id
        if isinstance(node, ast.arg) and node.arg in VAGUE:
            yield node.lineno, node.arg
        if isinstance(node, ast.ClassDef) and node.name in HOW_IT_CAME:
            yield node.lineno, node.name


def test_values_are_named_by_what_they_are() -> None:
    assert places(vague_names) == []


def test_one_name_is_one_class() -> None:
    """Two classes of the two packages have two names: who reads one in a module need not ask which."""
    of = [
        (node.name, file)
        for file, code in modules()
        for node in code.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    names = Counter(name for name, _ in of)
    assert [f"{file}: {name}" for name, file in of if names[name] > 1] == []
