"""`creditmill estimate budget`: how many units a budget buys."""

import re
from decimal import Decimal
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli.estimate_options import ESTIMATED, PRICED, PriceOptions, named
from pipelines.cli.estimate_view import Row, show
from pipelines.cli.options import Json
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.estimate.tokens import LANGUAGES, Language


def command(
    model: str,
    /,
    *,
    in_credits: Annotated[
        str | None, Parameter(name="--credits", help="The budget in credits, like 1000.")
    ] = None,
    in_usd: Annotated[
        str | None, Parameter(name="--usd", help="The budget in dollars, like 2.50.")
    ] = None,
    languages: Annotated[
        bool, Parameter(negative="", help="Also, what text that is as input, by language.")
    ] = False,
    priced: PriceOptions = PRICED,
    json: Json = False,
) -> int:
    """Say how many tokens, or other units, a budget buys of one meter.

    For example:
        creditmill estimate budget GPT-4.1-1M --brand OpenAI --credits 1000
        creditmill estimate budget GPT-4.1-1M --brand OpenAI --usd 10 --languages
        creditmill estimate budget CosyVoice --usd 2.50 --key-mode own

    Parameters
    ----------
    model
        A printed name or an alias.
    """
    typed = in_credits or in_usd
    if typed is None or (in_credits and in_usd):
        raise ConfigurationError("give the budget as --credits or as --usd, one of them")
    if not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,11})?", typed):
        raise ConfigurationError(
            f"budget {typed!r}: write a plain decimal with at most 18 digits before and 11 after the"
            " point, like 1000 or 2.50"
        )
    offer = priced.offer(model)
    units = {
        meter: offer.buys(meter, Decimal(typed), in_usd=bool(in_usd)) for meter in offer.prices
    }
    rows: list[Row] = [
        {"meter": meter, "units": units[meter], "price": price.price, "per": price.per}
        for meter, price in offer.prices.items()
    ]
    texts: list[Row] = []
    tokens = units.get("input_tokens")
    if languages and tokens is None:
        raise ConfigurationError("--languages needs a price of input tokens, and not 0")
    if languages and tokens is not None:
        texts = [_text(language, tokens) for language in LANGUAGES]
    amount = {"usd" if in_usd else "credits": typed}
    return show(amount | named(offer) | {"buys": rows, "languages": texts}, as_json=json)


def _text(language: "Language", tokens: int) -> Row:
    row: Row = {"language": language.name}
    for unit in ("characters", "words"):
        least, most = language.holds(unit, tokens) or (None, None)
        row |= {f"{unit}_from": least, f"{unit}_to": most}
    return row | {"how": ESTIMATED}
