"""The price page's calculators: what quantities cost, what a budget buys, what text comes to.

All of it is integers and fractions, rounded only where a charge is. Reading options and files, and
showing results, belong to `pipelines.estimating`.
"""

import base64
import difflib
import hashlib
import importlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

from pricing_assets import contract
from pricing_assets.books import Price
from pricing_assets.errors import ConfigurationError
from pricing_assets.names import fold
from pricing_assets.rate_card import Card
from pricing_assets.rates import Rates

_O200K_URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
_O200K_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
_O200K_PIECES = "|".join(
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    )
)


@dataclass(frozen=True)
class Line:
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

    def cost(self, quantities: Mapping[str, int]) -> tuple[Line, ...]:
        """One line per meter with a non-zero quantity (all zero: the first that is given).

        ConfigurationError: a meter or quantity that the service does not have, not offered, no
        price.
        """
        metered = contract.SERVICES[self.service].meters
        for meter, quantity in quantities.items():
            if meter not in metered:
                raise ConfigurationError(f"{self.service} meters {_or(metered)}, not {meter}")
            if type(quantity) is not int or not 0 <= quantity <= contract.BIGINT_MAX:
                raise ConfigurationError(f"{meter} is an integer from 0 to {contract.BIGINT_MAX:,}")
        given = [meter for meter in metered if meter in quantities]
        if not given:
            raise ConfigurationError(f"no quantity is given; {self.service} meters {_or(metered)}")
        charged = [meter for meter in given if quantities[meter]] or given[:1]
        return tuple(self._line(meter, quantities[meter]) for meter in charged)

    def buys(self, meter: str, budget: Decimal, *, in_usd: bool = False) -> int | None:
        """The most units of a meter whose charge is within a budget, in credits unless `in_usd`.

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
        nanos = floor(Fraction(budget) / Fraction(rate) * contract.NANO)
        # The greatest quantity whose quantity x price / per, rounded half to even, is within it.
        units, rest = divmod((2 * nanos + 1) * per, 2 * _shifted(price, 9))
        return units - 1 if not rest and nanos % 2 else units

    def _line(self, meter: str, quantity: int) -> Line:
        price, per, list_price = self._price(meter)
        nanos = round(Fraction(quantity * _shifted(price, 9), per))  # rounds half to even
        usd = Decimal(f"{nanos * _shifted(self.card.usd_per_credit, 2)}E-11")
        return Line(meter, quantity, per, list_price, price, Decimal(f"{nanos}E-9"), usd)

    def _price(self, meter: str) -> tuple[Decimal, int, Decimal]:
        """The price, the units that it buys, and the price as printed."""
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
    """The one model of that name (folded, aliases too); `service` may be a billing type.

    `at` without a zone is UTC. Brand or service None: the name alone must decide.
    ConfigurationError: no card in force, no such name, more than one.
    """
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    wanted = contract.BILLING_TYPES.get(service or "", service)
    if wanted is not None and wanted not in contract.SERVICES:
        known = _or([*contract.SERVICES, *contract.BILLING_TYPES])
        raise ConfigurationError(f"type {wanted!r} must be {known}")
    if key_mode not in contract.KEY_MODES:
        raise ConfigurationError(f"key mode {key_mode!r} must be {_or(contract.KEY_MODES)}")
    forces = [held for held in rates.in_force() if held[1].valid_from <= at < held[1].valid_to]
    if not forces:
        first = min(rates.cuts(), default=None)
        raise ConfigurationError(f"no rate card is in force at {at}; the first begins at {first}")
    priced = [(force.card, price) for book, force in forces for price in book.prices(force.card)]
    priced = [held for held in priced if wanted in (None, held[1].name[0])]
    found = [
        (card, price)
        for card, price in priced
        if price.name[2] == fold(model) and (brand is None or price.name[1] == fold(brand))
    ]
    names = sorted({(price.name[0], price.brand, price.model) for _, price in found})
    said = " ".join(text for text in (wanted, brand, model) if text)
    if not names:
        near = _nearest(brand, model, (price for _, price in priced))
        raise ConfigurationError(
            f"no card in force at {at} prints {said!r}; the nearest printed name is {near}"
        )
    if len(names) > 1:
        these = ", ".join(" ".join(name) for name in names)
        raise ConfigurationError(f"{said!r} is the name of {these}; give the brand or type too")
    kind, by, printed = names[0]
    mode = key_mode if contract.SERVICES[kind].reads_key_mode else "any"
    prices = {price.meter: price for _, price in found if price.key_mode == mode}
    prices = {meter: prices[meter] for meter in contract.METERS if meter in prices}
    peers = tuple(price for _, price in priced if (price.name[0], price.key_mode) == (kind, mode))
    return Offer(found[0][0], kind, by, printed, mode, prices, peers)


def image_tokens(width: int, height: int) -> tuple[int, int]:
    """Tiles of 512 x 512 px that cover an image, and its tokens: 85 + 170 a tile."""
    if not all(0 < side <= contract.MAX_IMAGE_SIDE for side in (width, height)):
        raise ConfigurationError(f"{width}x{height}: sides are 1 to {contract.MAX_IMAGE_SIDE:,} px")
    tiles = -(-width // 512) * -(-height // 512)
    return tiles, 85 + 170 * tiles


@dataclass(frozen=True)
class Language:
    """What the page says of a language: tokens per character and per word, from and to."""

    name: str
    code: str
    rules: Mapping[str, tuple[Fraction, Fraction]]

    def tokens(self, unit: str, count: int) -> tuple[int, int]:
        """Tokens of so many characters or words, from and to: an estimate; a part counts whole.

        ConfigurationError where the page gives no rule.
        """
        if unit not in self.rules:
            given = _or(known.name for known in LANGUAGES if unit in known.rules)
            raise ConfigurationError(
                f"the page gives no tokens per {unit[:-1]} of {self.name}, only of {given};"
                f" for {self.name} give {_or(self.rules)}"
            )
        low, high = self.rules[unit]
        return ceil(count * low), ceil(count * high)

    def holds(self, unit: str, tokens: int) -> tuple[int, int] | None:
        """Whole characters or words of so many tokens, from and to: an estimate; None: no rule."""
        if unit not in self.rules:
            return None
        low, high = self.rules[unit]
        return floor(tokens / high), floor(tokens / low)


def _languages() -> Iterable[Language]:
    quarter, third, one = Fraction(1, 4), Fraction(1, 3), Fraction(1)
    word = {"words": (Fraction("1.2"), Fraction("1.2"))}
    english = {"characters": (quarter, quarter), "words": (Fraction("1.3"), Fraction("1.3"))}
    yield Language("English", "en", english)
    for name, code in (("Chinese", "zh"), ("Japanese", "ja"), ("Korean", "ko"), ("Thai", "th")):
        yield Language(name, code, {"characters": (one, Fraction("1.5"))})
    for name, code in (("French", "fr"), ("German", "de"), ("Russian", "ru"), ("Arabic", "ar")):
        yield Language(name, code, {"characters": (quarter, third)} | word)
    for name, code in (("Spanish", "es"), ("Hebrew", "he")):
        yield Language(name, code, {"characters": (quarter, third)})


LANGUAGES = tuple(_languages())


def language(name: str) -> Language:
    """A language by its English name or two-letter code."""
    for known in LANGUAGES:
        if fold(name) in (fold(known.name), known.code):
            return known
    given = _or(f"{known.name} ({known.code})" for known in LANGUAGES)
    raise ConfigurationError(f"no rule for the language {name!r}; the page gives {given}")


def count_tokens(text: str) -> int | None:
    """Tokens of a text by tiktoken's o200k_base; None where it or its data is not at hand.

    The data is read from tiktoken's cache, if its SHA-256 is right. tiktoken's own loader, which
    downloads what is missing, is never called.
    """
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    cache = Path(tempfile.gettempdir(), "data-gym-cache") if folder is None else Path(folder)
    key = hashlib.sha1(_O200K_URL.encode(), usedforsecurity=False).hexdigest()
    try:
        tiktoken = importlib.import_module("tiktoken")
        data = (cache / key).read_bytes()
    except (ImportError, OSError):
        return None
    if hashlib.sha256(data).hexdigest() != _O200K_SHA256:
        return None
    pairs = (line.split() for line in data.splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    encoding = tiktoken.Encoding(
        "o200k_base", pat_str=_O200K_PIECES, mergeable_ranks=ranks, special_tokens={}
    )
    return len(encoding.encode_ordinary(text))


def _or(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


def _shifted(value: Decimal, places: int) -> int:
    return int(value.scaleb(places, contract.EXACT))


def _nearest(brand: str | None, model: str, prices: Iterable[Price]) -> str:
    """The printed name with a price that is most like brand and model; without brand, model."""
    names: dict[str, str] = {}
    for price in prices:
        if price.price is not None and not price.is_alias:
            like = price.model if brand is None else f"{price.brand} {price.model}"
            names.setdefault(fold(like), f"{price.brand} {price.model}".strip())
    asked = fold(model if brand is None else f"{brand} {model}")
    near = difflib.get_close_matches(asked, names, n=1, cutoff=0)
    return names[near[0]] if near else "none"
