"""What the linter finds in one card that loads: one rule per function, which has its name.

Comparing a card with another, or with usage, does not belong here.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from pricing_assets.common.text import counted
from pricing_assets.contract.billing import BILLING_TYPES, KEY_MODES, PER, SERVICES
from pricing_assets.rates.book import Book, Price
from pricing_assets.rates.card import Card
from pricing_assets.rates.findings import Finding
from pricing_assets.rates.rates_csv import Name, Rate

FAR: Final = timedelta(days=31)
"""A card published longer than this after it takes effect is far backdated."""

Key = tuple[str, str]
"""(key mode, meter)."""


@dataclass(frozen=True)
class Printed:
    """A card with what it prints: rows by name, and prices per key mode that usage can have."""

    card: Card
    rates: dict[Name, dict[Key, Rate]]
    prices: dict[Name, dict[Key, Price]]

    @property
    def file(self) -> Path:
        """Return the card's `rates.csv`."""
        return self.card.folder / "rates.csv"

    def label(self, name: Name) -> str:
        """Return the name as the card prints it."""
        return " ".join(part for part in (name[0], *self.card.printed[name]) if part)


def printed(book: Book, card: Card) -> Printed:
    """Return the card as the rules look at it."""
    rates: dict[Name, dict[Key, Rate]] = defaultdict(dict)
    for rate in card.rates:
        rates[rate.name][rate.key_mode, rate.meter] = rate
    prices: dict[Name, dict[Key, Price]] = defaultdict(dict)
    for price in book.prices(card):
        prices[price.name][price.key_mode, price.meter] = price
    return Printed(card, dict(rates), dict(prices))


def backdated_card(one: Printed) -> Iterator[Finding]:
    """Find a card that takes effect far before it was published."""
    card = one.card
    late = card.published_at - card.effective_from
    if late > FAR:
        yield Finding(
            card.folder / "card.toml",
            None,
            "backdated_card",
            f"published {counted(late.days, 'day')} after it takes effect; a later effective_from, or a"
            " published_at that is not the date of the copy, may be meant",
            "effective_from",
        )


def unpriced_service(one: Printed) -> Iterator[Finding]:
    """Find services of which the card prints nothing."""
    priced = {service for service, _, _ in one.rates}
    missing = [service for service in SERVICES if service not in priced]
    if missing:
        types = [kind for kind, service in BILLING_TYPES.items() if service in missing]
        yield Finding(
            one.file,
            None,
            "unpriced_service",
            f"no row of {', '.join(missing)}: usage of {', '.join(types)} has no price here",
        )


def missing_meter(one: Printed) -> Iterator[Finding]:
    """Find a key mode with a price of one of the service's meters and none of another."""
    for name, prices in one.prices.items():
        for mode in {mode: None for mode, _ in prices}:
            priced = {meter: price for (of, meter), price in prices.items() if of == mode}
            for meter in SERVICES[name[0]].meters:
                if meter in PER and meter not in priced:
                    yield Finding(
                        one.file,
                        next(iter(priced.values())).line,
                        "missing_meter",
                        f"{one.label(name)}, {mode}: a price of {', '.join(priced)},"
                        f" but none of {meter}",
                    )


def missing_tier(one: Printed) -> Iterator[Finding]:
    """Find a key mode with a price of one of the service's meters in a tier and none of another there."""
    for name, prices in one.prices.items():
        for mode in {mode: None for mode, _ in prices}:
            priced = {meter: price for (of, meter), price in prices.items() if of == mode}
            for tier in {meter.partition("@")[2]: None for meter in priced if "@" in meter}:
                in_tier = [meter for meter in priced if meter.endswith(f"@{tier}")]
                for meter in SERVICES[name[0]].meters:
                    if meter in PER and f"{meter}@{tier}" not in priced:
                        yield Finding(
                            one.file,
                            priced[in_tier[0]].line,
                            "missing_tier",
                            f"{one.label(name)}, {mode}: a price of {', '.join(in_tier)}, but none of"
                            f" {meter}@{tier}",
                        )


def partly_offered(one: Printed) -> Iterator[Finding]:
    """Find a key mode with a price of one meter and `-` for another."""
    for name, prices in one.prices.items():
        for mode in {mode: None for mode, _ in prices}:
            priced = [price for (of, _), price in prices.items() if of == mode]
            offered = [price.meter for price in priced if price.price is not None]
            for price in priced:
                if offered and price.price is None:
                    yield Finding(
                        one.file,
                        price.line,
                        "partly_offered",
                        f"{one.label(name)}, {mode}: a price of {', '.join(offered)},"
                        f" but '-' for {price.meter}",
                    )


def missing_key_mode(one: Printed) -> Iterator[Finding]:
    """Find a name with prices in one key mode and none in the other."""
    for name, prices in one.prices.items():
        modes = {mode for mode, _ in prices}
        for mode in KEY_MODES if SERVICES[name[0]].reads_key_mode else ():
            if mode not in modes:
                yield Finding(
                    one.file,
                    next(iter(prices.values())).line,
                    "missing_key_mode",
                    f"{one.label(name)}: prices for {', '.join(modes)}, but none for {mode}",
                )


def any_hidden(one: Printed) -> Iterator[Finding]:
    """Find an `any` row of which a specific key mode takes a part, or all."""
    for name, rates in one.rates.items():
        for (mode, meter), rate in rates.items():
            specific = [other for other in KEY_MODES if (other, meter) in rates]
            if mode == "any" and specific:
                lines = " and ".join(str(rates[other, meter].line) for other in specific)
                left = [other for other in KEY_MODES if other not in specific]
                yield Finding(
                    one.file,
                    rate.line,
                    "any_hidden",
                    f"{one.label(name)} {meter}: line {lines} wins for {' and '.join(specific)};"
                    f" this row is used for {' and '.join(left) or 'nothing'}",
                )


def any_hides(one: Printed) -> Iterator[Finding]:
    """Find a key mode that has rows of its own, but takes this meter from `any`."""
    for name, rates in one.rates.items():
        for (mode, meter), rate in rates.items():
            for other in KEY_MODES if mode == "any" else ():
                own = [row for (of, _), row in rates.items() if of == other]
                if own and (other, meter) not in rates:
                    if any(row.meter == meter for (of, _), row in rates.items() if of != "any"):
                        continue
                    yield Finding(
                        one.file,
                        rate.line,
                        "any_hides",
                        f"{one.label(name)} {meter}: {other} has no such row of its own, though it"
                        f" has line {own[0].line}, and is charged this one",
                    )


def own_above_platform(one: Printed) -> Iterator[Finding]:
    """Find an own-key price above the platform's, after the cap."""
    for name, prices in one.prices.items():
        for (mode, meter), price in prices.items():
            platform = prices.get(("platform", meter))
            if mode != "own" or platform is None:
                continue
            if price.price is None or platform.price is None or price.price <= platform.price:
                continue
            capped = " after the cap" if price.price != price.list_price else ""
            yield Finding(
                one.file,
                price.line,
                "own_above_platform",
                f"{one.label(name)} {meter}: own key {price.price:f}{capped}, platform"
                f" {platform.price:f} in line {platform.line}",
            )


def output_below_input(one: Printed) -> Iterator[Finding]:
    """Find output cheaper than input, as printed."""
    seen = set()
    for name, prices in one.prices.items():
        for mode in KEY_MODES:
            input_rate = prices.get((mode, "input_tokens"))
            output_rate = prices.get((mode, "output_tokens"))
            if input_rate is None or output_rate is None:
                continue
            if (input_rate.line, output_rate.line) in seen:
                continue
            seen.add((input_rate.line, output_rate.line))
            if input_rate.list_price is None or output_rate.list_price is None:
                continue
            if output_rate.list_price < input_rate.list_price:
                yield Finding(
                    one.file,
                    output_rate.line,
                    "output_below_input",
                    f"{one.label(name)}, {mode}: output {output_rate.list_price:f}, input"
                    f" {input_rate.list_price:f} in line {input_rate.line}",
                )


RULES: Final = (
    backdated_card,
    unpriced_service,
    missing_meter,
    missing_tier,
    partly_offered,
    missing_key_mode,
    any_hidden,
    any_hides,
    own_above_platform,
    output_below_input,
)
