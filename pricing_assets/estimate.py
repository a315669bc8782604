"""The price page's calculators: what quantities cost, what a budget buys, what text comes to.

All of it is integers and fractions, rounded only where a charge is. Reading options and files, and
showing results, belong to `pipelines.estimating`.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from pricing_assets import contract
from pricing_assets.errors import ConfigurationError
from pricing_assets.names import fold
from pricing_assets.rates import Card, Price, Rates


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

    def buys(
        self, meter: str, *, credits: Decimal | None = None, usd: Decimal | None = None
    ) -> int | None:
        """The most units of a meter whose charge is within the budget; None: the price is 0."""
        price, per, _ = self._price(meter)
        if (credits is None) == (usd is None):
            raise ConfigurationError("give a budget in credits or in dollars, one of them")
        if usd is not None and not self.card.usd_per_credit:
            raise ConfigurationError(f"a credit costs $0 in card {self.card.id}; give credits")
        rate = self.card.usd_per_credit if usd is not None else 1
        budget = floor(Fraction(credits if usd is None else usd) / Fraction(rate) * contract.NANO)
        if budget < 0:
            raise ConfigurationError("a budget is 0 or more")
        if not price:
            return None
        # The greatest quantity whose quantity x price / per, rounded half to even, is within it.
        units, rest = divmod((2 * budget + 1) * per, 2 * int(price.scaleb(9)))
        return units - 1 if not rest and budget % 2 else units

    def _line(self, meter: str, quantity: int) -> Line:
        price, per, list_price = self._price(meter)
        nanos = round(Fraction(quantity * int(price.scaleb(9)), per))  # half to even
        usd = Decimal(f"{nanos * int(self.card.usd_per_credit.scaleb(2))}E-11")
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
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    wanted = contract.BILLING_TYPES.get(service or "", service)
    if wanted is not None and wanted not in contract.SERVICES:
        known = _or([*contract.SERVICES, *contract.BILLING_TYPES])
        raise ConfigurationError(f"type {wanted!r} must be {known}")
    if key_mode not in contract.KEY_MODES:
        raise ConfigurationError(f"key mode {key_mode!r} must be {_or(contract.KEY_MODES)}")
    forces = [held for held in rates.in_force() if held[1].valid_from <= at < held[1].valid_to]
    if not forces:
        first = min(rates.cuts(), default=None)
        raise ConfigurationError(f"no rate card is in force at {at}; the first begins {first}")
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
    """What the page says of a language: the least and most tokens a character, tokens a word."""

    name: str
    code: str
    a_character: tuple[Fraction, Fraction]
    a_word: Fraction | None = None

    def tokens_of_characters(self, characters: int) -> tuple[int, int]:
        """The least and most tokens, an estimate; a started token is one."""
        low, high = self.a_character
        return ceil(characters * low), ceil(characters * high)

    def tokens_of_words(self, words: int) -> int:
        """Tokens, an estimate. ConfigurationError where the page gives no tokens a word."""
        if self.a_word is None:
            given = _or([language.name for language in LANGUAGES if language.a_word])
            raise ConfigurationError(
                f"the page gives no tokens a word for {self.name}, only for {given}; give characters"
            )
        return ceil(words * self.a_word)

    def characters(self, tokens: int) -> tuple[int, int]:
        """The least and most whole characters of that many tokens, an estimate."""
        low, high = self.a_character
        return floor(tokens / high), floor(tokens / low)

    def words(self, tokens: int) -> int | None:
        """Whole words of that many tokens, an estimate; None where the page gives none."""
        return None if self.a_word is None else floor(tokens / self.a_word)


_ENGLISH = Fraction(1, 4), Fraction(1, 4)
_SIGNS = Fraction(1), Fraction(3, 2)
_LETTERS = Fraction(1, 4), Fraction(1, 3)
LANGUAGES = (
    Language("English", "en", _ENGLISH, Fraction(13, 10)),
    Language("Chinese", "zh", _SIGNS),
    Language("Japanese", "ja", _SIGNS),
    Language("Korean", "ko", _SIGNS),
    Language("French", "fr", _LETTERS, Fraction(6, 5)),
    Language("German", "de", _LETTERS, Fraction(6, 5)),
    Language("Thai", "th", _SIGNS),
    Language("Russian", "ru", _LETTERS, Fraction(6, 5)),
    Language("Arabic", "ar", _LETTERS, Fraction(6, 5)),
    Language("Spanish", "es", _LETTERS),
    Language("Hebrew", "he", _LETTERS),
)


def language(name: str) -> Language:
    """A language by its English name or two-letter code."""
    for known in LANGUAGES:
        if fold(name) in (fold(known.name), known.code):
            return known
    given = _or([known.name for known in LANGUAGES])
    raise ConfigurationError(f"the page says nothing of {name!r}; it gives {given}")


def _or(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


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
