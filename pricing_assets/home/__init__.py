"""The folder HOME: its settings, journal, receipts, versions, and who may write to it."""

from pricing_assets.home.date_state import DateState
from pricing_assets.home.home import Home
from pricing_assets.home.inputs import Inputs
from pricing_assets.home.receipt import Receipt
from pricing_assets.home.settings import HomeSettings
from pricing_assets.home.version import Blocked, Booked, Reported, Sealed, Version, WholeDate

__all__ = [
    "Blocked",
    "Booked",
    "DateState",
    "Home",
    "HomeSettings",
    "Inputs",
    "Receipt",
    "Reported",
    "Sealed",
    "Version",
    "WholeDate",
]
