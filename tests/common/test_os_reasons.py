"""Errors of the system as messages say them: in words, with the path, and never by number."""

import ast
import errno
from pathlib import Path

import pytest

from pricing_assets.common.os_reasons import reason_of
from tests.support.command import ROOT, creditmill

SAID = [
    (FileExistsError(errno.EEXIST, "File exists", "/a"), "something else has this name: /a"),
    (
        PermissionError(errno.EACCES, "Permission denied", "/a", None, "/b"),
        "Permission denied: /a to /b",
    ),
    (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
    (OSError("as a library says it\nand more"), "as a library says it"),
    (ValueError(), "ValueError"),
]


@pytest.mark.parametrize(("error", "said"), SAID)
def test_reason_of(error: Exception, said: str) -> None:
    assert reason_of(error) == said


def test_the_path_that_a_message_is_about_is_named_once() -> None:
    error = NotADirectoryError(errno.ENOTDIR, "Not a directory", "/a")
    assert reason_of(error, Path("/a")) == "a part of its path is not a folder"
    assert reason_of(error, Path("/b")).endswith(": /a")


def test_no_message_holds_an_error_of_the_system_as_python_spells_it() -> None:
    """Wherever such an error is caught, it is put into words by `reason_of`."""
    raw = [
        f"{file.relative_to(ROOT)}:{part.lineno}"
        for folder in ("pipelines", "pricing_assets")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "OSError as" in (text := file.read_text()) or "OSError," in text or "Error) as" in text
        if "{error}" in text
        for handler in ast.walk(ast.parse(text))
        if isinstance(handler, ast.ExceptHandler) and is_of_the_system(handler)
        for part in ast.walk(handler)
        if isinstance(part, ast.FormattedValue) and ast.unparse(part.value) == handler.name
    ]
    assert raw == []


def is_of_the_system(handler: ast.ExceptHandler) -> bool:
    names = ast.unparse(handler.type) if handler.type else ""
    kinds = ("OSError", "FileExistsError", "NotADirectoryError", "PermissionError", "FileNotFound")
    return any(kind in names for kind in kinds)


def test_a_book_below_a_file_is_named_without_a_number(tmp_path: Path) -> None:
    target = tmp_path / "taken"
    target.write_text("")
    done = creditmill("rates", "init", target / "below", cwd=tmp_path)
    said = " ".join(done.stderr.decode().split())
    assert done.returncode == 2
    assert "cannot be written: a part of its path is not a folder: " in said
