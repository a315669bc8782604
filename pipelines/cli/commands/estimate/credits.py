"""`creditmill estimate credits`: what quantities cost."""

from dataclasses import asdict

from pipelines.cli.estimate_options import (
    PRICED,
    QUANTITIES,
    Image,
    PriceOptions,
    Quantities,
    images_of,
    named,
)
from pipelines.cli.estimate_view import show
from pipelines.cli.options import Json
from pricing_assets.common.decimals import exact_sum


def command(
    model: str,
    /,
    *,
    quantities: Quantities = QUANTITIES,
    image: Image = None,
    priced: PriceOptions = PRICED,
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
    offer, amounts, images = priced.offer(model), quantities.numbers(), images_of(image)
    if images:
        of_images = sum(row["tokens"] for row in images)
        amounts["image_tokens"] = amounts.get("image_tokens", 0) + of_images
    rows = [asdict(line) for line in offer.cost(amounts)]
    total = {name: exact_sum(row[name] for row in rows) for name in ("credits", "usd")}
    return show(named(offer) | {"images": images, "lines": rows, "total": total}, as_json=json)
