"""Names of mapped rows that no card in force has a price for, and the line that would price each.

It looks at names only; the prices of published usage belong to `charges`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pricing_assets.contract.billing import BILLING_TYPES
from pricing_assets.contract.names import fold
from pricing_assets.rates import Rates
from pricing_assets.rates.same_model import find_same


@dataclass(frozen=True)
class UnpricedName:
    """A service, brand and model as logged, how many rows bear it, and the line of aliases.csv that
    would price it, where one printed name of the brand is the same model beyond doubt."""

    service: str
    brand: str
    model: str
    rows: int
    alias_line: str | None


def find_unpriced(
    names: Iterable[tuple[str, str | None, str | None]], rates: Rates, at: datetime
) -> list[UnpricedName]:
    """Return the names, given as (billing type, brand, model) once per row, that no card in force
    at an instant (UTC) prints or has an alias for; the one with the most rows first."""
    rows = Counter(
        (BILLING_TYPES[kind], brand or "", model or "")
        for kind, brand, model in names
        if kind in BILLING_TYPES and BILLING_TYPES[kind] != "storage"
    )
    printed: dict[tuple[str, str], list[str]] = {}
    held = set()
    for book, force in rates.in_force():
        if force.valid_from <= at < force.valid_to:
            for price in book.prices(force.card):
                held.add(price.name)
                printed.setdefault(price.name[:2], []).append(price.model)
    return [
        UnpricedName(*name, count, _alias_line(name, printed))
        for name, count in rows.most_common()
        if (name[0], fold(name[1]), fold(name[2])) not in held
    ]


def _alias_line(
    name: tuple[str, str, str], printed: Mapping[tuple[str, str], list[str]]
) -> str | None:
    service, brand, model = name
    same = find_same(brand, model, printed.get((service, fold(brand)), ()))
    if same is None or any(char in '",\r\n' for char in brand + model + same):
        return None
    return f"{service},{brand},{model},{same}"
