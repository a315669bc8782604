"""`creditmill rates init`: a copy of the built-in price list, to edit."""

import shutil
from pathlib import Path

from pipelines.cli import output
from pricing_assets import rates
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.db.statements import data_folder


def command(folder: Path, /) -> int:
    """Copy the built-in price list into a new folder, to edit.

    Parameters
    ----------
    folder
        Where to; must not exist yet.
    """
    return copy_book(folder)


def copy_book(folder: Path) -> int:
    """A copy of the built-in price list, to edit."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is there already; name a new folder")
    source = data_folder(rates.BUILT_IN[0])
    try:
        shutil.copytree(source, folder, dirs_exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be written: {error}") from error
    output.OUT.print(f"{folder}: a copy of the price list; edit it, then")
    output.OUT.print(f"    creditmill rates check {folder}")
    output.OUT.print(f"    creditmill run --logs DIR --rates {folder}")
    return 0
