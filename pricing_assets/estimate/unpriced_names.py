"""Names of mapped rows that no card in force has a price for, and the lines that would price each.

It looks at names only; the prices of published usage belong to `charges`.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

from pricing_assets.contract.billing import BILLING_TYPES
from pricing_assets.contract.names import fold
from pricing_assets.rates import Rates
from pricing_assets.rates.rates_csv import name_of
from pricing_assets.rates.readings import price_of, readings, with_brand


@dataclass(frozen=True)
class UnpricedName:
    """A service, brand and model as logged, how many rows bear it, and the lines of aliases.csv and
    brands.csv that would price it, where it is one printed model beyond doubt; of a name without a brand,
    the printed names that it would be with one."""

    service: str
    brand: str
    model: str
    rows: int
    alias_line: str | None
    brand_line: str | None = None
    with_brand: tuple[tuple[str, str], ...] = ()


def find_unpriced(
    names: Iterable[tuple[str, str | None, str | None]], rates: Rates, at: datetime
) -> list[UnpricedName]:
    """Return the names, given as (billing type, brand, model) once per row, that no card in force
    at an instant (UTC) has a price for; the one with the most rows first."""
    rows = Counter(
        (BILLING_TYPES[kind], brand or "", model or "")
        for kind, brand, model in names
        if kind in BILLING_TYPES and BILLING_TYPES[kind] != "storage"
    )
    held = []
    spelled: dict[str, str] = {}
    printed: dict[tuple[str, str], dict[str, Hashable]] = {}
    for book, force in rates.in_force():
        if force.valid_from <= at < force.valid_to:
            held.append((book, force.card))
            for name, (brand, model) in force.card.printed.items():
                of_brand = name[0], spelled.setdefault(name[1], brand)
                printed.setdefault(of_brand, {})[model] = price_of(force.card, name)
    return [
        UnpricedName(*name, count, *_lines(name, printed), with_brand=with_brand(*name, printed))
        for name, count in rows.most_common()
        if not any(book.find(card, name_of(*name), at) for book, card in held)
    ]


def _lines(
    name: tuple[str, str, str], printed: dict[tuple[str, str], dict[str, Hashable]]
) -> tuple[str | None, str | None]:
    """Return the lines of aliases.csv and of brands.csv that a name needs; None where none."""
    service, brand, model = name
    found = readings(service, brand, model, printed)
    if len(found) != 1 or found[0].doubt or any(char in '*",\r\n' for char in brand + model):
        return None, None
    reading = found[0]
    crosses = fold(brand) != fold(reading.brand)
    is_printed = fold(model) == fold(reading.model)
    of_brand = reading.brand if crosses else brand
    return (
        None if is_printed else f"{service},{of_brand},{model},{reading.model}",
        f"{service},{brand},{reading.brand}" if crosses else None,
    )
