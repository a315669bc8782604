"""The books that a home goes by: held against those that the journal noted, put back, followed where they moved.

What was used of them, and is in none of them any more, is found in `used_prices`.
"""

from dataclasses import replace
from pathlib import Path

from pricing_assets.home import settings_file
from pricing_assets.home.entries import AGREEMENT, ALIAS, CARD, JournalEntry
from pricing_assets.home.home import Home
from pricing_assets.home.settings import HomeSettings, edited_books
from pricing_assets.home.used_prices import FROM_JOURNAL, lost_prices
from pricing_assets.rates import Rates, book_folder
from pricing_assets.rates.book_names import is_there
from pricing_assets.rates.books import read


def require_used(home: Home, held: HomeSettings) -> None:
    """Raise ConfigurationError where `home.toml` names other books than the journal noted, and what was used
    is not in them."""
    if not _has_used(home, held):
        require_books(home)


def require_books(home: Home) -> None:
    """Raise ConfigurationError where `home.toml` names other books than the journal noted."""
    held = home.settings()
    noted = settings_file.noted_books(home, held)
    if noted != held.books:
        raise edited_books(home.settings_file, held.books, noted)


def restore_books(home: Home) -> list[tuple[Path, str]]:
    """Put the books that the journal noted back into `home.toml`, where what was used is not in those that it
    names; returns the file, and where its text came from."""
    held = home.settings()
    if _has_used(home, held):
        return []
    noted = settings_file.noted_books(home, held)
    settings_file.write(home, replace(held, books=noted))
    return [(home.settings_file, FROM_JOURNAL)]


def _has_used(home: Home, held: HomeSettings) -> bool:
    """Return whether a home's books are those that the journal noted, or hold all that was used."""
    if settings_file.noted_books(home, held) == held.books:
        return True
    there = [book_folder(name) for name in held.books if is_there(name)]
    return len(there) == len(held.books) and not lost_prices(home, read(there)[0])


def note_moved(home: Home, rates: Rates) -> None:
    """Note where used prices of books that moved are now; the home is locked."""
    there = {str(book.path) for book in rates.books}
    cards = {card.id: book for book in rates.books for card in book.cards}
    aliases = {line.fields: book for book in rates.books for line in book.name_lines}
    deals = {deal.id: book for book in rates.books for deal in book.agreements}
    named = home.journal.named
    used = [
        *((CARD, record, cards.get(name)) for name, record in named.cards.items()),
        *((ALIAS, record, aliases.get(name)) for name, record in named.aliases.items()),
        *((AGREEMENT, record, deals.get(name)) for name, record in named.agreements.items()),
    ]
    moved = [
        JournalEntry(kind, record | {"book": str(book.path)})
        for kind, record, book in used
        if book is not None and record["book"] not in there
    ]
    if moved:
        home.commit(moved)
