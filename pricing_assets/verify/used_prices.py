"""Used prices: the cards, aliases and agreements of what is published, looked for in the home's books."""

from pathlib import Path

from pricing_assets.common.errors import ConfigurationError, RateBookError
from pricing_assets.home import Home, held_books, used_prices
from pricing_assets.rates import BUILT_IN, book_folder, books
from pricing_assets.verify.difference import Difference


def verify(home: Home) -> tuple[list[Difference], list[str]]:
    """Return a difference for each used price that is in no book any more, or is a card that was changed
    in place, or for other books that `home.toml` names instead; and notes: a book that is not here, as
    beside a copy of a home on another machine, is reported, and none is missed in it."""
    try:
        named = home.settings().books
        absent = [name for name in named if name not in BUILT_IN and not Path(name).is_dir()]
        rates, _ = books.read([book_folder(name) for name in named if name not in absent])
    except (ConfigurationError, RateBookError):
        return [], []  # what is wrong with home.toml or a book is said by what reads it
    if used_prices.lost_prices(home, rates):
        try:
            held_books.require_books(home)
        except ConfigurationError as error:
            file = str(home.settings_file)
            return [Difference(file, str(error).removeprefix(file).strip())], []
    if absent:
        return [], [
            f"{name}: the rate book is not here; used prices in it are not looked for"
            for name in absent
        ]
    wrong = [*used_prices.gone_prices(home, rates), *used_prices.changed_cards(home, rates)]
    return [Difference(path, what) for path, what in wrong], []
