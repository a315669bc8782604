"""Files and folders outside a home that a command writes for others."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.db import io

if TYPE_CHECKING:
    from pricing_assets.home import Home


_OF_BOOKS: Final = ("rates.csv", "aliases.csv", "brands.csv", "agreements.csv")
"""The tables of a rate book."""


def require_outside(home: "Home", option: str, target: Path) -> None:
    """Raise ConfigurationError where what is to be written, by an option as it was typed, lies in the
    home, whose files are read, by its path or through links."""
    place, real = (Path(os.path.realpath(one)) for one in (home.path, target))
    if place == real or place in real.parents:
        raise ConfigurationError(f"{option} lies in the home; name a place outside it")


def require_out(home: "Home", out: Path | None, books: Iterable[str | Path] = ()) -> None:
    """Raise ConfigurationError where a user's `--out` cannot be a CSV or Parquet file, lies in the home, or
    is a file of one of its rate books, or of more `books`."""
    if out is not None:
        require_outside(home, f"--out {out}", out)
    io.require_out(out)
    if out is None or out.name not in _OF_BOOKS or not out.exists():
        return
    real = Path(os.path.realpath(out))
    for book in (*home.settings().books, *books):
        if Path(os.path.realpath(book)) in real.parents:
            raise ConfigurationError(f"--out {out} is a file of the rate book {book}; name another")


def make_target(home: "Home", folder: Path, named: Path) -> None:
    """Make a folder to write into where it is not there; `named` is what the user called it.

    ConfigurationError where it lies in the home or cannot be written.
    """
    absolute = Path(os.path.abspath(folder))
    require_outside(home, f"--to {named}", absolute)
    try:
        files.make_folder(absolute)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise ConfigurationError(f"--to {named} cannot be written: {reason_of(error)}") from error
    if not os.access(absolute, os.W_OK):
        raise ConfigurationError(f"--to {named} cannot be written: {absolute} is read-only")
