"""The folder HOME: its settings, journal, receipts, versions, and who may write to it."""

from pricing_assets.home.home import Home, Receipt, Version

__all__ = ["Home", "Receipt", "Version"]
