"""A rate book of one's own, begun as a copy of the built-in price list."""

import shutil
from pathlib import Path

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.db.statements import data_folder
from pricing_assets.rates.book_names import BUILT_IN


def copy_built_in(folder: Path) -> None:
    """Copy the built-in price list into a new or empty folder; ConfigurationError where something is
    there already, or where it cannot be written."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is there already; name a new folder")
    try:
        shutil.copytree(data_folder(BUILT_IN[0]), folder, dirs_exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be written: {reason_of(error)}") from error
