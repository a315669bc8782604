"""The folder HOME: its settings, journal, receipts, versions, and who may write to it."""

from pricing_assets.home.home import Booked, Home, Receipt, Reported, Version, WholeDate

__all__ = ["Booked", "Home", "Receipt", "Reported", "Version", "WholeDate"]
