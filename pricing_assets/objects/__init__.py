"""Object storage: addresses, stores, and errors by name. What objects hold is not looked at here."""

from pricing_assets.objects.address import Address, is_address, parse
from pricing_assets.objects.store import Object, Store

__all__ = ["Address", "Object", "Store", "is_address", "parse"]
