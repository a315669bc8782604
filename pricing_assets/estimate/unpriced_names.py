"""Names of mapped rows that no card in force has a price for, and the lines that would price each.

It looks at names only; the prices of published usage belong to `charges`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pricing_assets.contract.billing import BILLING_TYPES, STORAGE
from pricing_assets.rates import Rates
from pricing_assets.rates.lookup import LOOKED_AT, LoggedName, NameLookup, forces_of, look_up
from pricing_assets.rates.rates_csv import name_of


@dataclass(frozen=True)
class UnpricedName:
    """A service, brand and model as logged in most of its rows, how many rows bear the name, and what
    is known of it; None where others have more rows, and it was not looked at."""

    service: str
    brand: str
    model: str
    rows: int
    looked_up: NameLookup | None

    @property
    def found(self) -> NameLookup:
        """What is known of it."""
        return self.looked_up or NameLookup()

    def as_json(self) -> dict[str, Any]:
        """Return all of it, for machines."""
        offer = self.found.offer
        return {
            "service": self.service,
            "brand": self.brand,
            "model": self.model,
            "rows": self.rows,
            "looked_at": self.looked_up is not None,
            "alias_line": offer.alias_line if offer else None,
            "brand_line": offer.brand_line if offer else None,
            "with_brand": self.found.with_brand,
            "nearest": self.found.nearest,
            "held": self.found.held,
        }


def find_unpriced(
    names: Iterable[tuple[str, str | None, str | None]], rates: Rates, at: datetime
) -> list[UnpricedName]:
    """Return the names, given as (billing type, brand, model) once per row, that no card in force
    at an instant (UTC) has a price for; the one with the most rows first. Of the first LOOKED_AT it is
    found out what would price them."""
    spellings = Counter(
        (BILLING_TYPES[kind], brand or "", model or "")
        for kind, brand, model in names
        if kind in BILLING_TYPES and BILLING_TYPES[kind] != STORAGE
    )
    rows: Counter[tuple[str, str, str]] = Counter()
    spelled: dict[tuple[str, str, str], tuple[str, str, str]] = {}
    for spelling, count in spellings.most_common():
        rows[spelled.setdefault(name_of(*spelling), spelling)] += count
    forces = forces_of(rates)
    held = [
        (one.book, one.force.card)
        for one in forces
        if one.force.valid_from <= at < one.force.valid_to
    ]
    unpriced = [
        (name, count)
        for name, count in rows.most_common()
        if not any(book.find(card, name_of(*name), at) for book, card in held)
    ]
    return [
        UnpricedName(
            *(*name, count),
            look_up(LoggedName(*name, (at, at)), forces) if place < LOOKED_AT else None,
        )
        for place, (name, count) in enumerate(unpriced)
    ]
