"""Step 4: usage of one meter x one price = credits, exactly."""

from pricing_assets.charges.price import price_all, price_dates

__all__ = ["price_all", "price_dates"]
