"""Names of rate books: the folder that a name means, and the name that a home keeps of a folder.

What a book holds belongs to `book`.
"""

import os
from pathlib import Path

from pricing_assets.common import addresses, files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.db.statements import data_folder

BUILT_IN = ("pricing_assets/rate_cards", "sample_data/rate_cards")
"""Books that travel with the code; a home names them so, wherever the code is installed."""


def book_folder(name: str) -> Path:
    """Return the folder of a book that a home or a user names; ConfigurationError where there is
    none."""
    path = Path(name)
    if not path.is_dir():  # a folder may be named `~`
        path = Path(os.path.expanduser(name))  # noqa: PTH111  # `~nobody` stays as it is
    if path.is_dir():
        if not files.is_text(Path(os.path.realpath(path))):
            raise ConfigurationError(
                f"rate book {name!r} lies in a folder whose name is not UTF-8 text, so a home"
                " cannot record it; rename the folder, or set the locale to UTF-8 (LC_ALL=C.UTF-8)"
            )
        return path
    if name in BUILT_IN:
        return data_folder(name)
    raise ConfigurationError(
        f"rate book {addresses.shown(name)!r} is not a folder; give the folder of a rate book. Where a"
        " book of the home was moved: `creditmill run --rates FOLDER`, with one --rates for each of its books"
    )


def is_there(name: str) -> bool:
    """Return whether there is a folder of a book that a home names."""
    return name in BUILT_IN or os.path.isdir(os.path.expanduser(name))  # noqa: PTH111, PTH112


def book_name(path: Path) -> str:
    """Return how a home names a book: as built in, or by its absolute path."""
    resolved = Path(os.path.realpath(path))
    for name in BUILT_IN:
        if resolved == data_folder(name).resolve():
            return name
    return str(resolved)
