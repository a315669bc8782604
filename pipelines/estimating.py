"""`creditmill estimate`: the price page's calculators on the command line.

Options, files and what is shown belong here; the arithmetic belongs to `pricing_assets.estimate`.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from pricing_assets.errors import ConfigurationError

if TYPE_CHECKING:
    from pricing_assets.estimate import Offer

Row = dict[str, Any]

app = App(
    name="estimate",
    help="""Say what usage would cost, what a budget buys, and how many tokens a text has.

    The price page's calculators, by the cards in force; no log and no home is read. Start with
    `creditmill estimate credits GPT-4.1-1M --brand OpenAI --input-tokens 1000`, then
    `creditmill estimate budget GPT-4.1-1M --brand OpenAI --usd 10`.
    """,
)
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Image = Annotated[
    list[str] | None, Parameter(help="Sides of an image in px, like 2000x500.", negative="")
]
Credits = Annotated[str | None, Parameter(help="The budget in credits, like 1000 or 0.5.")]
Usd = Annotated[str | None, Parameter(help="The budget in dollars, like 10 or 2.50.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Priced:
    """What else names a price: who serves, what for, whose key, when, by which books."""

    brand: Annotated[str | None, Parameter(help="Where the model alone is not enough.")] = None
    type: Annotated[str | None, Parameter(help="Billing type, or service: llm, tts, …")] = None
    key_mode: Annotated[str, Parameter(help="platform or own.")] = "platform"
    at: Annotated[
        str | None, Parameter(help="Instant of the price: 2026-02-03T12:00Z. [default: now]")
    ] = None
    rates: Annotated[
        list[str] | None,
        Parameter(help="A folder of rate cards; repeat it for several books.", negative=""),
    ] = None

    def offer(self, model: str) -> "Offer":
        """The model under the card in force."""
        from pipelines import settings
        from pricing_assets import estimate, rates

        books = settings.load(rates=self.rates).rates or rates.BUILT_IN[:1]
        try:
            at = datetime.fromisoformat(self.at) if self.at else datetime.now(UTC)
            at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        except (ValueError, OverflowError) as error:
            raise ConfigurationError(f"--at {self.at!r}: like 2026-02-03T12:00Z") from error
        return estimate.offer(
            rates.load([rates.book_folder(book) for book in books]),
            model,
            at=at,
            brand=self.brand,
            service=self.type,
            key_mode=self.key_mode,
        )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Quantities:
    """What is metered, as typed."""

    input_tokens: str | None = None
    output_tokens: str | None = None
    image_tokens: str | None = None
    audio_ms: str | None = None
    characters: str | None = None
    requests: str | None = None
    stored_tokens: str | None = None

    def numbers(self) -> dict[str, int]:
        """The quantities that were given, by meter."""
        typed = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _whole(name, text) for name, text in typed.items() if text is not None}


@app.command
def credits(
    model: str,
    /,
    *,
    priced: Priced = Priced(),
    quantities: Quantities = Quantities(),
    image: Image = None,
    json: Json = False,
) -> int:
    """Say what quantities cost in credits and dollars, rounded as a charge is.

    For example:
        creditmill estimate credits GPT-4.1-1M --brand OpenAI --input-tokens 1000
        creditmill estimate credits GPT-4.1-1M --brand OpenAI --key-mode own --image 2000x500
        creditmill estimate credits "Whisper Large-V3" --audio-ms 90000
        creditmill estimate credits "Vector Storage" --stored-tokens 2000000

    Parameters
    ----------
    model
        A printed name or an alias; case, width and blanks as usage logs may have them.
    """
    from pricing_assets.contract import exact_sum

    offer, given = priced.offer(model), quantities.numbers()
    for row in _image_rows(image):
        given["image_tokens"] = given.get("image_tokens", 0) + row["tokens_from"]
    rows = [asdict(line) for line in offer.cost(given)]
    total = {name: exact_sum(row[name] for row in rows) for name in ("credits", "usd")}
    return _tell(_named(offer), "lines", rows, json, total)


@app.command
def budget(
    model: str,
    /,
    *,
    priced: Priced = Priced(),
    credits: Credits = None,
    usd: Usd = None,
    json: Json = False,
) -> int:
    """Say how many tokens, or other units, a budget buys: all of it on one meter.

    For example:
        creditmill estimate budget GPT-4.1-1M --brand OpenAI --credits 1000
        creditmill estimate budget CosyVoice --usd 2.50 --key-mode own

    Parameters
    ----------
    model
        A printed name or an alias.
    """
    offer = priced.offer(model)
    rows: list[Row] = []
    for meter in offer.prices:
        units = offer.buys(meter, credits=_decimal("credits", credits), usd=_decimal("usd", usd))
        rows.append({"meter": meter, "units": "no limit: the price is 0" if units is None else units})
        rows[-1] |= {"price": offer.prices[meter].price, "per": offer.prices[meter].per}
    said = {"credits": credits} if usd is None else {"usd": usd}
    return _tell(_named(offer) | {"budget": said}, "buys", rows, json)


@app.command
def tokens(
    *,
    language: Annotated[str | None, Parameter(help="English, Chinese, …, or en, zh, ….")] = None,
    characters: Annotated[str | None, Parameter(help="How many characters.")] = None,
    words: Annotated[str | None, Parameter(help="How many words.")] = None,
    text: Annotated[
        Path | None, Parameter(help="A UTF-8 file, - for standard input.", allow_leading_hyphen=True)
    ] = None,
    image: Image = None,
    json: Json = False,
) -> int:
    """Say how many tokens characters, words, a text or images come to.

    The page's rules, an estimate; the rules of images are exact. A text is counted by tiktoken
    (o200k_base) where that and its data are installed, else by its characters.

    For example:
        creditmill estimate tokens --language English --words 1000
        creditmill estimate tokens --language Chinese --characters 3000
        creditmill estimate tokens --language French --text letter.txt
        creditmill estimate tokens --image 2000x500
    """
    from pricing_assets import estimate

    rows: list[Row] = []
    counted = None
    if text is not None:
        read = _read(text)
        counted = estimate.count_tokens(read)
        if counted is not None:
            rows.append(_row(f"{len(read):,} characters of {text.name}", counted, counted, "tiktoken"))
        elif characters is None:
            characters = str(len(read))
    if characters is not None or words is not None:
        if language is None:
            raise ConfigurationError("name the --language; it says how many characters make a token")
        spoken = estimate.language(language)
    if characters is not None:
        number = _whole("characters", characters)
        rows.append(_row(f"{number:,} characters", *spoken.tokens_of_characters(number), "estimate"))
