"""`creditmill estimate`: the price page's calculators on the command line.

Options and files belong here; the arithmetic belongs to `pricing_assets.estimate.offer` and `tokens`, what
is shown to `estimate_output`.
"""

import re
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from pipelines.cli.commands.estimate_output import Row, tell
from pricing_assets.common.errors import ConfigurationError

if TYPE_CHECKING:
    from pricing_assets.estimate.offer import Offer
    from pricing_assets.estimate.tokens import Language

ESTIMATED = "estimate, by the page's rule"

app = App(
    name="estimate",
    help="""Say what usage would cost, what a budget buys, and how many tokens a text has.

    The price page's calculators, by the cards in force; they read no home. First:

    creditmill estimate credits GPT-4.1-1M --brand OpenAI --input-tokens 1000
    """,
)
Image = Annotated[
    list[str] | None, Parameter(help="Sides of an image in px, like 2000x500.", negative="")
]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Priced:
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

    def offer(self, model: str) -> "Offer":
        """The model under the card in force."""
        from pipelines import settings
        from pricing_assets import rates
        from pricing_assets.common.instants import parse_instant
        from pricing_assets.estimate import offer as estimate

        try:
            at = parse_instant(self.at, naive_is_utc=True) if self.at else datetime.now(UTC)
        except ValueError as error:
            raise ConfigurationError(
                f"--at {self.at!r} {error}; write it like 2026-02-03T12:00Z"
            ) from error
        names = settings.load(rates=self.rates).rates or rates.BUILT_IN[:1]
        books = rates.load([rates.book_folder(name) for name in names])
        return estimate.offer(
            books, model, at=at, brand=self.brand, service=self.type, key_mode=self.key_mode
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


PRICED, QUANTITIES = Priced(), Quantities()


@app.command
def credits(
    model: str,
    /,
    *,
    quantities: Quantities = QUANTITIES,
    image: Image = None,
    priced: Priced = PRICED,
    json: Json = False,
) -> int:
    """Say what quantities cost in credits and dollars, rounded as a charge is.

    For example:
        creditmill estimate credits GPT-4.1-1M --brand OpenAI --input-tokens 1000
        creditmill estimate credits gpt-4o-128k --brand azure --image 2000x500
        creditmill estimate credits "Whisper Large-V3" --audio-ms 90000
        creditmill estimate credits "Vector Storage" --stored-tokens 2000000

    Parameters
    ----------
    model
        A printed name or an alias, compared as in usage logs: case and width do not matter.
    """
    from pricing_assets.contract.billing import exact_sum

    offer, given, images = priced.offer(model), quantities.numbers(), _images(image)
    if images:
        of_images = sum(row["tokens"] for row in images)
        given["image_tokens"] = given.get("image_tokens", 0) + of_images
    rows = [asdict(line) for line in offer.cost(given)]
    total = {name: exact_sum(row[name] for row in rows) for name in ("credits", "usd")}
    return tell(_named(offer) | {"images": images, "lines": rows, "total": total}, json)


@app.command
def budget(
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
    priced: Priced = PRICED,
    json: Json = False,
) -> int:
    """Say how many tokens, or other units, a budget buys, all of it spent on one meter.

    For example:
        creditmill estimate budget GPT-4.1-1M --brand OpenAI --credits 1000
        creditmill estimate budget GPT-4.1-1M --brand OpenAI --usd 10 --languages
        creditmill estimate budget CosyVoice --usd 2.50 --key-mode own

    Parameters
    ----------
    model
        A printed name or an alias.
    """
    from pricing_assets.estimate.tokens import LANGUAGES

    typed = in_credits or in_usd
    if typed is None or (in_credits and in_usd):
        raise ConfigurationError("give the budget as --credits or as --usd, one of them")
    if not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,11})?", typed):
        raise ConfigurationError(f"budget {typed!r}: write a plain decimal, like 1000 or 2.50")
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
    given = {"usd" if in_usd else "credits": typed}
    return tell(given | _named(offer) | {"buys": rows, "languages": texts}, json)


@app.command
def tokens(
    *,
    language: Annotated[str | None, Parameter(help="English, Chinese, …; or en, zh, ….")] = None,
    characters: Annotated[str | None, Parameter(help="How many characters.")] = None,
    words: Annotated[str | None, Parameter(help="How many words.")] = None,
    text: Annotated[Path | None, Parameter(help="A UTF-8 file.")] = None,
    image: Image = None,
    json: Json = False,
) -> int:
    """Say how many tokens characters, words, a text or images have.

    By the page's rules: estimates, but for images. A text is counted by tiktoken
    where that and its data (o200k_base) are at hand, else estimated by characters.

    For example:
        creditmill estimate tokens --language English --words 1000
        creditmill estimate tokens --language Chinese --characters 3000
        creditmill estimate tokens --language French --text letter.txt
        creditmill estimate tokens --image 2000x500
    """
    from pricing_assets.estimate.tokens import count_tokens
    from pricing_assets.estimate.tokens import language as known

    images, rows, asked = _images(image), [], []
    for unit, typed in (("characters", characters), ("words", words)):
        if typed is not None:
            asked.append((unit, unit, _whole(unit, typed)))
    if text is not None:
        read = _read(text)
        counted = count_tokens(read)
        if counted is None:
            asked.append((f"characters of {text.name}", "characters", len(read)))
        else:
            row = {"of": f"characters of {text.name}", "count": len(read), "tokens_from": counted}
            rows.append(row | {"tokens_to": counted, "how": "counted by tiktoken"})
    for what, unit, count in asked:
        if language is None:
            raise ConfigurationError(f"{what}: add their --language, like --language English")
        spoken = known(language)
        least, most = spoken.tokens(unit, count)
        row = {"of": f"{spoken.name} {what}", "count": count, "tokens_from": least}
        rows.append(row | {"tokens_to": most, "how": ESTIMATED})
    if not rows and not images:
        raise ConfigurationError("give --characters, --words, --text or --image")
    return tell({"images": images, "tokens": rows}, json)


def _text(language: "Language", tokens: int) -> Row:
    row: Row = {"language": language.name}
    for unit in ("characters", "words"):
        least, most = language.holds(unit, tokens) or (None, None)
        row |= {f"{unit}_from": least, f"{unit}_to": most}
    return row | {"how": ESTIMATED}


def _images(sides: list[str] | None) -> list[Row]:
    from pricing_assets.estimate.tokens import image_tokens

    rows = []
    for text in sides or []:
        match = re.fullmatch("([0-9]{1,9})[xX×]([0-9]{1,9})", text)
        if match is None:
            raise ConfigurationError(f"--image {text!r}: write width x height in px, like 2000x500")
        tiles, tokens = image_tokens(int(match[1]), int(match[2]))
        rows.append({"image": f"{match[1]} x {match[2]} px", "tiles": tiles, "tokens": tokens})
    return rows


def _read(text: Path) -> str:
    try:
        return text.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"--text {text}: not a UTF-8 file to read: {error}") from error


def _whole(name: str, typed: str) -> int:
    if not re.fullmatch("[0-9]{1,19}", typed):
        option = name.replace("_", "-")
        raise ConfigurationError(f"--{option} {typed!r}: write a whole number in digits, like 1000")
    return int(typed)


def _named(offer: "Offer") -> Row:
    kept = ("service", "brand", "model", "key_mode")
    named = {name: getattr(offer, name) for name in kept}
    return named | {"rate_card": offer.card.id, "usd_per_credit": offer.card.usd_per_credit}
