"""The books that a home is asked to go by, read and checked; an error of them says which used card is gone.

What was used, and how it is put back, belongs to `used_prices`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pricing_assets.common.errors import RateBookError
from pricing_assets.home.entries import CARD
from pricing_assets.home.home import Home
from pricing_assets.home.used_prices import book_of, gone_prices, lost_prices, own_books
from pricing_assets.rates import Rates, book_folder, load_named
from pricing_assets.rates.book_names import is_there
from pricing_assets.rates.books import read


def load_asked(home: Home, books: Sequence[str]) -> Rates:
    """Read and check the books. RateBookError names every file, line and rule broken, and what was used
    and whose file is not there; what is there and breaks a rule is named once."""
    try:
        return load_named(books)
    except RateBookError as error:
        rates = read([book_folder(name) for name in books if is_there(name)])[0]
        if tuple(books) == home.settings().books:
            used = gone_prices(home, rates)
            gone = [f"{path}: {what}" for path, what in used if not Path(path).exists()]
        else:
            gone = [
                _not_in_others(home, entry.fields)
                for entry in lost_prices(home, rates)
                if entry.kind == CARD
                and not any((book_folder(book) / entry.fields["folder"]).exists() for book in books)
            ]
        raise RateBookError([*error.findings, *gone]) from error


def _not_in_others(home: Home, record: Mapping[str, Any]) -> str:
    """Return in words that a used card is not in books other than the home's, and where it is had."""
    held = book_of(record, own_books(home)) / record["folder"]
    cure = "copy it from there" if held.exists() else "`creditmill restore` puts it back there"
    return (
        f"{held}: rate card {record['id']!r}, which published reports use, is not in the books of --rates:"
        f" {cure}, or choose other books for good with --rates and --restate"
    )
