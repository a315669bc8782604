"""`creditmill estimate tokens`: how many tokens text and images have."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli.estimate_options import ESTIMATED, Image, images_of, whole
from pipelines.cli.estimate_view import show
from pipelines.cli.options import Json
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.estimate.tokens import count_tokens
from pricing_assets.estimate.tokens import language as known


def command(
    *,
    language: Annotated[str | None, Parameter(help="English, Chinese, …; or en, zh, ….")] = None,
    characters: Annotated[str | None, Parameter(help="How many characters.")] = None,
    words: Annotated[str | None, Parameter(help="How many words.")] = None,
    text: Annotated[Path | None, Parameter(help="A UTF-8 file.")] = None,
    image: Image = None,
    json: Json = False,
) -> int:
    """Say how many tokens characters, words, a text or images have.

    By the page's rules: estimates, but for images. A text is counted by
    tiktoken where that and its data (o200k_base) are installed, else estimated
    by characters.

    For example:
        creditmill estimate tokens --language English --words 1000
        creditmill estimate tokens --language Chinese --characters 3000
        creditmill estimate tokens --language French --text letter.txt
        creditmill estimate tokens --image 2000x500
    """
    images, rows, asked = images_of(image), [], []
    for unit, typed in (("characters", characters), ("words", words)):
        if typed is not None:
            asked.append((unit, unit, whole(unit, typed)))
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
    return show({"images": images, "tokens": rows}, as_json=json)


def _read(text: Path) -> str:
    try:
        return text.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"--text {text}: not a UTF-8 file to read: {reason_of(error)}"
        ) from error
