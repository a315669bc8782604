"""Rate books: what prices are in force when, and how lines find theirs."""

from pricing_assets.rates.book_names import BUILT_IN, book_folder
from pricing_assets.rates.books import Rates, load, load_named

__all__ = ["BUILT_IN", "Rates", "book_folder", "load", "load_named"]
