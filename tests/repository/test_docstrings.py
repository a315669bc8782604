"""What docstrings must say: each named error that a public function raises itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("pipelines", "pricing_assets")
TEXTS_OF_HELP = {"command", "main"}
"""Functions whose docstring the user reads, of which every error is shown."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def named_errors(trees: list[ast.Module]) -> set[str]:
    """The classes of errors that a reader sees: `CreditmillError`, and what is derived of it."""
    classes = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    errors = {"CreditmillError"}
    while more := {name for name, bases in classes.items() if bases & errors} - errors:
        errors |= more
    return errors


def public_functions(body: list[ast.stmt], before: str = "") -> Iterator[tuple[str, Function]]:
    """Functions of a module and methods of its classes, but for private ones."""
    for node in body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield before + node.name, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{node.name}.")


def raised(function: Function) -> set[str]:
    """The names of classes that a function raises in its own body, where it does not catch them."""

    def raised_in(node: ast.AST, caught: frozenset[str]) -> Iterator[str]:
        if isinstance(node, Function | ast.Lambda):
            return
        if isinstance(node, ast.Try):
            names = frozenset(
                name.id
                for handler in node.handlers
                for name in ast.walk(handler.type or node)
                if isinstance(name, ast.Name)
            )
            for part in node.body:
                yield from raised_in(part, caught | names)
            for part in (*node.handlers, *node.orelse, *node.finalbody):
                yield from raised_in(part, caught)
            return
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            called = node.exc.func
            if isinstance(called, ast.Name) and called.id not in caught:
                yield called.id
        for child in ast.iter_child_nodes(node):
            yield from raised_in(child, caught)

    return {name for part in function.body for name in raised_in(part, frozenset())}


def unsaid(trees: list[tuple[Path, ast.Module]]) -> list[str]:
    """Each error that a public function raises and its docstring does not name."""
    errors = named_errors([tree for _, tree in trees])
    return [
        f"{file.name}:{function.lineno}: {name} does not name {error}"
        for file, tree in trees
        for name, function in public_functions(tree.body)
        if "cli" not in file.parts or name not in TEXTS_OF_HELP
        for error in sorted(raised(function) & errors)
        if error not in (ast.get_docstring(function) or "")
    ]


def test_each_error_that_a_function_raises_is_named() -> None:
    assert unsaid(list(modules())) == []


def test_an_error_that_is_not_named_is_found() -> None:
    errors = "class CreditmillError(Exception): ...\nclass Gone(CreditmillError): ...\n"
    cases = {
        "def f():\n    '''Return. Gone where it is gone.'''\n    raise Gone('x')": 0,
        "def f():\n    '''Return.'''\n    raise Gone('x')": 1,
        "def f():\n    '''Return.'''\n    try:\n        raise Gone('x')\n    except Gone:\n        pass": 0,
        "class A:\n    def f(self):\n        '''Return.'''\n        raise Gone('x')": 1,
        "def _f():\n    raise Gone('x')": 0,
        "def f():\n    '''Return.'''\n    raise ValueError('x')": 0,
    }
    for text, found in cases.items():
        assert len(unsaid([(Path("x.py"), ast.parse(errors + text))])) == found, text
