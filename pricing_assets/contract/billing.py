"""What is billed and by what: billing types, services, meters, units. No computing here.

A billing type, a service or a meter is added here and nowhere else: logs, tables, statements, checks
and exports follow. What a log holds beside quantities belongs to `usage_log`, where rows end to
`outcomes`, the columns of tables to `tables`.
"""

from dataclasses import dataclass
from typing import Final

MAX_QUANTITY: Final = 10**12
"""The largest quantity of one row."""
MAX_IMAGE_SIDE: Final = 10**6
"""The longest side of an image, in px."""
KEY_MODES: Final = ("platform", "own")
STORAGE: Final = "storage"
"""The service of stored tokens, of which snapshots are logged."""
STORAGE_MODEL: Final = "Vector Storage"
"""The one name of storage: its usage names none."""


@dataclass(frozen=True)
class UnitNames:
    """How FOCUS 1.2 names what a meter counts: the unit consumed and the unit priced, how many
    units consumed one of the meter is, and what a price is multiplied by (decimal texts)."""

    consumed: str
    priced: str
    of_one: str = "1"
    price_times: str = "1"


@dataclass(frozen=True)
class Meter:
    """A quantity that prices apply to.

    `meaning` says what it counts. `logged` is said of its column in logs; None: no log has such a
    column. `per` is the units that one printed price buys; None: it is priced as `priced_as`.
    `digit` is its place in `line_measured`, which versions store: a new meter takes the next one.
    """

    name: str
    digit: int
    meaning: str
    logged: str | None
    per: int | None
    units: UnitNames
    priced_as: str = ""


@dataclass(frozen=True)
class Service:
    """A priced service: the meters it reads, in the contract's order, and its category,
    subcategory and name in FOCUS 1.2."""

    name: str
    meters: tuple[str, ...]
    focus: tuple[str, str, str]
    reads_key_mode: bool = True


_TOKENS = UnitNames("Tokens", "1000 Tokens")
_METERS: Final = (
    Meter("input_tokens", 0, "input tokens", "input tokens", 1000, _TOKENS),
    Meter("output_tokens", 1, "output tokens", "output tokens", 1000, _TOKENS),
    Meter(
        "image_tokens",
        6,
        "tokens of input images: 85 + 170 x ceil(w / 512) x ceil(h / 512) each",
        None,
        None,
        _TOKENS,
        priced_as="input_tokens",
    ),
    Meter("audio_ms", 2, "audio in ms", "audio length in ms", 60_000,
          UnitNames("Seconds", "Minutes", of_one="0.001")),
    Meter("characters", 3, "characters", "characters", 1000,
          UnitNames("Characters", "1000 Characters")),
    Meter("requests", 4, "requests", "requests", 1, UnitNames("Requests", "Requests")),
    # FOCUS has no form for `1000 Token-Days`: those are priced by the one
    Meter("stored_tokens", 5, "tokens stored, per day", "tokens stored, per day", 1000,
          UnitNames("Token-Days", "Token-Days", price_times="0.001")),
)  # fmt: skip

_AI: Final = "AI and Machine Learning"
_LANGUAGE: Final = "Natural Language Processing"
SERVICES: Final = {
    service.name: service
    for service in (
        Service(
            "llm", ("input_tokens", "output_tokens", "image_tokens"), (_AI, "Generative AI", "LLM")
        ),
        Service("asr", ("audio_ms",), (_AI, _LANGUAGE, "Speech Recognition")),
        Service("tts", ("characters",), (_AI, _LANGUAGE, "Speech Synthesis")),
        Service("embedding", ("input_tokens",), (_AI, _LANGUAGE, "Embedding")),
        Service("rerank", ("input_tokens",), (_AI, _LANGUAGE, "Reranking")),
        Service(
            STORAGE,
            ("stored_tokens",),
            ("Storage", "Other (Storage)", "Vector Storage"),
            reads_key_mode=False,
        ),
        Service("tool", ("requests",), (_AI, "AI Platforms", "Tools"), reads_key_mode=False),
        Service("moderation", ("requests",), (_AI, _LANGUAGE, "Content Moderation")),
    )
}

BILLING_TYPES: Final = {
    "llm_text_chat": "llm",
    "llm_audio_chat": "llm",
    "database_processing": "llm",
    "question_recognition": "llm",
    "asr_recognition": "asr",
    "tts_generation": "tts",
    "knowledge_indexing": "embedding",
    "knowledge_reranking": "rerank",
    "knowledge_storage": STORAGE,
    "tools_invocation": "tool",
    "content_moderation": "moderation",
}
"""The service of each billing type."""

METERS: Final = tuple(meter.name for meter in _METERS)
METER: Final = {meter.name: meter for meter in _METERS}
QUANTITIES: Final = tuple(meter.name for meter in _METERS if meter.logged is not None)
"""The meters that logs have a column of."""
PER: Final = {meter.name: meter.per for meter in _METERS if meter.per is not None}
"""Units that one printed price buys, of each meter that cards print a price of."""
PRICED_AS: Final = {meter.name: meter.priced_as or meter.name for meter in _METERS}


@dataclass(frozen=True)
class TokenClass:
    """A part of a quantity of tokens, which a card may print a price of its own for.

    `name` is its column in logs, `whole` the quantity that it is a part of, `meter` what cards call
    it: where a card prints it, the part is charged by that price and taken off the whole.
    """

    name: str
    whole: str
    meter: str
    logged: str


TOKEN_CLASSES: Final = {
    one.name: one
    for one in (
        TokenClass("cached_input_tokens", "input_tokens", "input_tokens.cached",
                   "input tokens that were read from a cache"),
        TokenClass("cache_write_tokens", "input_tokens", "input_tokens.cache_write",
                   "input tokens that were written to a cache"),
        TokenClass("audio_input_tokens", "input_tokens", "input_tokens.audio",
                   "input tokens of audio"),
        TokenClass("reasoning_tokens", "output_tokens", "output_tokens.reasoning",
                   "output tokens of reasoning"),
        TokenClass("audio_output_tokens", "output_tokens", "output_tokens.audio",
                   "output tokens of audio"),
    )
}  # fmt: skip
"""The token classes by their columns in logs: parts of a quantity, from 0 to all of it."""
TIERS: Final = ("batch", "priority", "flex")
"""The tiers that a call may be made in, beside the standard one; cards print `METER@TIER`. Their
places are stored in `line_measured`: a new tier takes the next one."""
OTHER_TIER: Final = "?"
"""The tier of a call in any other tier, of which no card prints a price."""


def plain_meter(meter: str) -> str:
    """Return the meter that a printed one is about: without its token class and tier.

    >>> plain_meter("input_tokens.cached@batch")
    'input_tokens'
    """
    return meter.partition("@")[0].partition(".")[0]


def printed_meters(meter: str) -> tuple[str, ...]:
    """Return what cards may print of a meter: itself and its token classes, in each tier.

    >>> printed_meters("characters")
    ('characters', 'characters@batch', 'characters@priority', 'characters@flex')
    """
    classes = [one.meter for one in TOKEN_CLASSES.values() if one.whole == meter]
    return tuple(
        f"{name}{suffix}"
        for name in (meter, *classes)
        for suffix in ("", *(f"@{tier}" for tier in TIERS))
    )
