"""Tokens of images, texts and languages, as the price page counts or estimates them.

What tokens cost belongs to `estimate`.
"""

import base64
import hashlib
import importlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.text import either
from pricing_assets.contract import billing as contract
from pricing_assets.contract.names import fold

_O200K_URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
O200K_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
_O200K_PIECES = "|".join(
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    )
)


def image_tokens(width: int, height: int) -> tuple[int, int]:
    """Return how many tiles of 512 x 512 px cover an image, and its tokens: 85 + 170 for each
    tile. ConfigurationError where a side is out of range."""
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
        """Return how many tokens so many characters or words are, from and to: an estimate; a part
        counts as a whole.

        ConfigurationError where the page gives no rule.
        """
        if unit not in self.rules:
            languages = either(known.name for known in LANGUAGES if unit in known.rules)
            raise ConfigurationError(
                f"the page gives no tokens per {unit[:-1]} of {self.name}, only of {languages};"
                f" for {self.name} give {either(self.rules)}"
            )
        low, high = self.rules[unit]
        return ceil(count * low), ceil(count * high)

    def holds(self, unit: str, tokens: int) -> tuple[int, int] | None:
        """Return how many whole characters or words so many tokens are, from and to: an
        estimate; None: no rule."""
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
    """Return a language by its English name or two-letter code.
    ConfigurationError where the page has no rule for it."""
    for known in LANGUAGES:
        if fold(name) in (fold(known.name), known.code):
            return known
    languages = either(f"{known.name} ({known.code})" for known in LANGUAGES)
    raise ConfigurationError(f"no rule for the language {name!r}; the page gives {languages}")


def count_tokens(text: str) -> int | None:
    """Return how many tokens a text has by tiktoken's o200k_base; None where it or its data is not
    at hand.

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
    if hashlib.sha256(data).hexdigest() != O200K_SHA256:
        return None
    pairs = (line.split() for line in data.splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    encoding = tiktoken.Encoding(
        "o200k_base", pat_str=_O200K_PIECES, mergeable_ranks=ranks, special_tokens={}
    )
    return len(encoding.encode_ordinary(text))
