"""The price page's calculators: what quantities cost, and what a budget buys.

All of it is integers and fractions, rounded only where a charge is. What text comes to belongs to
`tokens`; reading options and files, and showing results, to `pipelines.cli.commands.estimate` and `estimate_options`.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor

from pricing_assets.common.decimals import BIGINT_MAX, EXACT, NANO
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.instants import in_utc, shown
from pricing_assets.common.text import either
from pricing_assets.contract import billing as contract
from pricing_assets.contract.names import fold
from pricing_assets.rates import Rates
from pricing_assets.rates.book import Price
from pricing_assets.rates.card import Card


@dataclass(frozen=True)
class CostLine:
    """What a quantity of one meter costs: rounded half to even at 9 decimals, once."""

    meter: str
    quantity: int
    per: int
    list_price: Decimal
    price: Decimal
    credits: Decimal
    usd: Decimal


@dataclass(frozen=True)
class Offer:
    """A model in one key mode under the card in force; errors name the nearest of its `peers`,
    the prices of its service and key mode."""

    card: Card
    service: str
    brand: str
    model: str
    key_mode: str
    prices: Mapping[str, Price]
    peers: tuple[Price, ...]

    def cost(self, quantities: Mapping[str, int]) -> tuple[CostLine, ...]:
        """Return one line per meter with a non-zero quantity (all zero: the first that is given).

        ConfigurationError: a meter or quantity that the service does not have, not offered, no
        price.
        """
        metered = contract.SERVICES[self.service].meters
        for meter, quantity in quantities.items():
            if meter not in metered:
                raise ConfigurationError(f"{self.service} meters {either(metered)}, not {meter}")
            if type(quantity) is not int or not 0 <= quantity <= BIGINT_MAX:
                raise ConfigurationError(f"{meter} is an integer from 0 to {BIGINT_MAX:,}")
        measured = [meter for meter in metered if meter in quantities]
        if not measured:
            raise ConfigurationError(
                f"no quantity is given; {self.service} meters {either(metered)}"
            )
        charged = [meter for meter in measured if quantities[meter]] or measured[:1]
        return tuple(self._line(meter, quantities[meter]) for meter in charged)

    def buys(self, meter: str, budget: Decimal, *, in_usd: bool = False) -> int | None:
        """Return the most units of a meter whose charge is within a budget, in credits unless `in_usd`.

        None: the price is 0. ConfigurationError: no price, or a credit that costs $0.
        """
        price, per, _ = self._price(meter)
        rate = self.card.usd_per_credit if in_usd else Decimal(1)
        if not rate:
            raise ConfigurationError(f"a credit costs $0 in card {self.card.id}; give credits")
        if budget < 0:
            raise ConfigurationError(f"a budget is 0 or more, not {budget}")
        if not price:
            return None
        nanos = floor(Fraction(budget) * NANO)
        if in_usd:
            parts = floor(Fraction(budget) * 10**11)
            nanos = _most(parts, _shifted(rate, 9), 10**7)
        return _most(nanos, _shifted(price, 9), per)

    def _line(self, meter: str, quantity: int) -> CostLine:
        price, per, list_price = self._price(meter)
        nanos = round(Fraction(quantity * _shifted(price, 9), per))  # rounds half to even
        usd_parts = round(Fraction(nanos * _shifted(self.card.usd_per_credit, 9), 10**7))
        usd = Decimal(f"{usd_parts}E-11")
        return CostLine(meter, quantity, per, list_price, price, Decimal(f"{nanos}E-9"), usd)

    def _price(self, meter: str) -> tuple[Decimal, int, Decimal]:
        """Return the price, the units that it buys, and the price as printed."""
        held = self.prices.get(contract.PRICED_AS.get(meter, meter))
        if held is not None and held.price is not None and held.list_price is not None:
            return held.price, held.per, held.list_price
        why = "has no price" if held is None else "is not offered (printed -)"
        near = _nearest(self.brand, self.model, self.peers)
        raise ConfigurationError(
            f"{meter} of {self.brand} {self.model} {why} in key mode {self.key_mode} of card"
            f" {self.card.id}; the nearest with a price is {near}"
        )


def offer(
    rates: Rates,
    model: str,
    *,
    at: datetime,
    brand: str | None = None,
    service: str | None = None,
    key_mode: str = "platform",
) -> Offer:
    """Return the one model of that name (folded, aliases too); `service` may be a billing type.

    `at` without a zone is UTC. Brand or service None: the name alone must decide.
    ConfigurationError: no card in force, no such name, more than one.
    """
    at = in_utc(at if at.tzinfo else at.replace(tzinfo=UTC))
    wanted = contract.BILLING_TYPES.get(service or "", service)
    if wanted is not None and wanted not in contract.SERVICES:
        known = either([*contract.SERVICES, *contract.BILLING_TYPES])
        raise ConfigurationError(f"type {wanted!r} must be {known}")
    if key_mode not in contract.KEY_MODES:
        raise ConfigurationError(f"key mode {key_mode!r} must be {either(contract.KEY_MODES)}")
    forces = [held for held in rates.in_force() if held[1].valid_from <= at < held[1].valid_to]
    if not forces:
        begins = [f"; the first begins at {shown(first)}" for first in rates.price_boundaries()[:1]]
        raise ConfigurationError(f"no rate card is in force at {shown(at)}{''.join(begins)}")
    priced = [(force.card, price) for book, force in forces for price in book.prices(force.card)]
    priced = [held for held in priced if wanted in (None, held[1].name[0])]
    meant = {
        (force.card.id, name)
        for book, force in forces
        for name in book.named(force.card, fold(model), None if brand is None else fold(brand), at)
    }
    matches = [(card, price) for card, price in priced if (card.id, price.name) in meant]
    names = sorted({(price.name[0], price.brand, price.model) for _, price in matches})
    requested = " ".join(text for text in (wanted, brand, model) if text)
    if not names:
        near = _nearest(brand, model, (price for _, price in priced))
        raise ConfigurationError(
            f"no card in force at {shown(at)} prints {requested!r}; the nearest printed name is {near}"
        )
    if len(names) > 1:
        these = ", ".join(" ".join(name) for name in names)
        raise ConfigurationError(
            f"{requested!r} is the name of {these}; give the brand or type too"
        )
    kind, by, printed = names[0]
    mode = key_mode if contract.SERVICES[kind].reads_key_mode else "any"
    prices = {price.meter: price for _, price in matches if price.key_mode == mode}
    prices = {meter: prices[meter] for meter in contract.METERS if meter in prices}
    peers = tuple(price for _, price in priced if (price.name[0], price.key_mode) == (kind, mode))
    return Offer(matches[0][0], kind, by, printed, mode, prices, peers)


def _most(limit: int, times: int, per: int) -> int:
    """Return the greatest number whose number x times / per, rounded half to even, is within a limit."""
    most, rest = divmod((2 * limit + 1) * per, 2 * times)
    return most - 1 if not rest and limit % 2 else most


def _shifted(value: Decimal, places: int) -> int:
    return int(value.scaleb(places, EXACT))


def _nearest(brand: str | None, model: str, prices: Iterable[Price]) -> str:
    """Return the printed name with a price that is most like brand and model; without brand, model."""
    names: dict[str, str] = {}
    for price in prices:
        if price.price is not None:
            like = price.model if brand is None else f"{price.brand} {price.model}"
            names.setdefault(fold(like), f"{price.brand} {price.model}".strip())
    asked = fold(model if brand is None else f"{brand} {model}")
    near = difflib.get_close_matches(asked, names, n=1, cutoff=0)
    return names[near[0]] if near else "none"
