"""Folders outside a home that a command writes into for others."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.os_reasons import reason_of

if TYPE_CHECKING:
    from pricing_assets.home import Home


def make_target(home: "Home", folder: Path, named: Path) -> None:
    """Make a folder to write into where it is not there; `named` is what the user called it.

    ConfigurationError where it lies in the home or cannot be written.
    """
    absolute = Path(os.path.abspath(folder))
    if home.path == absolute or home.path in absolute.parents:
        raise ConfigurationError(f"--to {named} lies in the home; name a folder outside it")
    try:
        files.make_folder(absolute)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise ConfigurationError(f"--to {named} cannot be written: {reason_of(error)}") from error
    if not os.access(absolute, os.W_OK):
        raise ConfigurationError(f"--to {named} cannot be written: {absolute} is read-only")
