"""What the commands `creditmill estimate …` read: a price, quantities, images.

The arithmetic belongs to `pricing_assets.estimate`, what is shown to `estimate_view`.
"""

import re
from dataclasses import dataclass, make_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pipelines.cli.estimate_view import Row
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.instants import parse_instant
from pricing_assets.contract.billing import METERS
from pricing_assets.estimate.offer import Offer

ESTIMATED = "estimate, by the page's rule"


Image = Annotated[
    list[str] | None, Parameter(help="Sides of an image in px, like 2000x500.", negative="")
]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PriceOptions:
    """What names a price beside the model: who serves, what for, whose key, when, which books."""

    brand: Annotated[str | None, Parameter(help="Where the model alone is not enough.")] = None
    type: Annotated[str | None, Parameter(help="Billing type, or service: llm, tts, …")] = None
    key_mode: Annotated[str, Parameter(help="platform or own.")] = "platform"
    at: Annotated[
        str | None, Parameter(help="Instant of the price, like 2026-02-03T12:00Z. [default: now]")
    ] = None
    rates: Annotated[
        list[str] | None,
        Parameter(help="A folder of rate cards; repeat it for several books.", negative=""),
    ] = None

    def instant(self) -> datetime:
        """Return the instant of the price; ConfigurationError where it is none."""
        if not self.at:
            return datetime.now(UTC)
        try:
            return parse_instant(self.at, naive_is_utc=True)
        except ValueError as error:
            raise ConfigurationError(
                f"--at {self.at!r} {error}; write it like 2026-02-03T12:00Z"
            ) from error

    def offer(self, model: str) -> "Offer":
        """Return the model's prices under the card in force."""
        from pipelines import settings
        from pricing_assets import rates
        from pricing_assets.estimate import offer as estimate

        at = self.instant()
        names = settings.load(rates=self.rates).rates or rates.BUILT_IN[:1]
        books = rates.load_named(names)
        return estimate.offer(
            books, model, at=at, brand=self.brand, service=self.type, key_mode=self.key_mode
        )


class _Quantities:
    def numbers(self) -> dict[str, int]:
        """Return the quantities that were given, by meter; ConfigurationError where one is no
        whole number."""
        typed = {meter: getattr(self, meter) for meter in METERS}
        return {name: whole(name, text) for name, text in typed.items() if text is not None}


if TYPE_CHECKING:
    Quantities = _Quantities
else:
    Quantities = Parameter(name="*")(
        make_dataclass(
            "Quantities",
            [(meter, str | None, None) for meter in METERS],
            bases=(_Quantities,),
            namespace={
                "__doc__": "What is metered, as typed: one option per meter.",
                "__module__": __name__,  # where Cyclopts looks up what the types mean
            },
            frozen=True,
            kw_only=True,
        )
    )


PRICED, QUANTITIES = PriceOptions(), Quantities()


def images_of(sides: list[str] | None) -> list[Row]:
    """Return the images whose sides are given, with their tiles and tokens.
    ConfigurationError where one is not WIDTHxHEIGHT."""
    from pricing_assets.estimate.tokens import image_tokens

    rows = []
    for text in sides or []:
        match = re.fullmatch("([0-9]{1,9})[xX×]([0-9]{1,9})", text)
        if match is None:
            raise ConfigurationError(f"--image {text!r}: write width x height in px, like 2000x500")
        tiles, tokens = image_tokens(int(match[1]), int(match[2]))
        rows.append({"image": f"{match[1]} x {match[2]} px", "tiles": tiles, "tokens": tokens})
    return rows


def whole(name: str, typed: str) -> int:
    """Return the whole number that was typed for an option; ConfigurationError where it is none."""
    if not re.fullmatch("[0-9]{1,19}", typed):
        option = name.replace("_", "-")
        raise ConfigurationError(f"--{option} {typed!r}: write a whole number in digits, like 1000")
    return int(typed)


def named(offer: "Offer") -> Row:
    """Return what names a price."""
    kept = ("service", "brand", "model", "key_mode")
    named = {name: getattr(offer, name) for name in kept}
    return named | {"rate_card": offer.card.id, "usd_per_credit": offer.card.usd_per_credit}
