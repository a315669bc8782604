"""The prices of all cards in force as one frame, which the relation `card_prices` is loaded from.

What a card's prices are belongs to `book`; which of them prices a line belongs to `relations`.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets.common.decimals import NANO
from pricing_assets.rates.book import Book, InForce

if TYPE_CHECKING:
    import polars as pl


def frame_of(forces: Iterable[tuple[Book, InForce]]) -> "pl.DataFrame":
    """Return one row per price of a card in each interval: names, folded and as the card prints
    them, with credits per `per` units."""
    import polars as pl

    return pl.DataFrame(
        [
            (
                force.card.id,
                *price.name,
                price.brand,
                price.model,
                price.key_mode,
                price.meter,
                price.per,
                price.list_price,
                price.price,
                billionths(price.price),
                billionths(price.cap),
            )
            for book, force in forces
            for price in book.prices(force.card)
        ],
        schema={
            "rate_card": pl.String,
            "service": pl.String,
            "brand_key": pl.String,
            "model_key": pl.String,
            "brand": pl.String,
            "model": pl.String,
            "key_mode": pl.String,
            "meter": pl.String,
            "per": pl.Int64,
            "list_price": pl.Decimal(18, 9),
            "price": pl.Decimal(18, 9),
            "price_billionths": pl.Int64,
            "cap_billionths": pl.Int64,
        },
        orient="row",
    )


def billionths(value: Decimal | None) -> int | None:
    """Return credits, a price or a share as whole billionths; None where there is none."""
    return None if value is None else int(value * NANO)
