"""`creditmill rates init`: a copy of the built-in price list, to edit."""

from pathlib import Path

from pipelines.cli import output
from pricing_assets.rates import new_book


def command(folder: Path, /) -> int:
    """Copy the built-in price list into a new folder, to edit.

    For example:
        creditmill rates init my_rates

    Parameters
    ----------
    folder
        Where to; must not exist yet.
    """
    new_book.copy_built_in(folder)
    output.OUT.print(f"{folder}: a copy of the price list; edit it, then")
    output.OUT.print(f"    creditmill rates check {folder}")
    output.OUT.print(f"    creditmill run --logs DIR --rates {folder}")
    return 0
