"""Rate books: what prices are in force when, and how lines find theirs."""

from pricing_assets.rates.books import BUILT_IN, Rates, book_folder, load, load_named

__all__ = ["BUILT_IN", "Rates", "book_folder", "load", "load_named"]
