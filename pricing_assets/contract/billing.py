"""Billing types, meters, outcomes and the columns of logs: the single truth. No computing here.

The columns of every table that is published or stored are `tables`'.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import reduce
from typing import Final

RULES_VERSION: Final = 1
"""Raised when a rule changes what the same inputs give; each version's manifest names it."""

EXACT: Final = Context(prec=100)
"""Decimals are added and subtracted in this context; Python's default keeps 28 digits only."""


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """The sum, with every digit."""
    return reduce(EXACT.add, values, Decimal(0))


NANO: Final = 1_000_000_000
MAX_QUANTITY: Final = 10**12
MAX_IMAGE_SIDE: Final = 10**6
BIGINT_MAX: Final = 2**63 - 1
BLANKS: Final = "".join(chr(c) for c in range(0x110000) if chr(c).isspace())
"""The characters of `str.isspace`: a blank id is empty or only these."""


@dataclass(frozen=True)
class Service:
    """A priced service: the meters it reads, in the contract's order, and what a price buys."""

    name: str
    meters: tuple[str, ...]
    reads_key_mode: bool = True


@dataclass(frozen=True)
class Column:
    """One column of a table: DuckDB type and meaning, with the unit where it has one."""

    name: str
    type: str
    meaning: str


METERS: Final = (
    "input_tokens",
    "output_tokens",
    "image_tokens",
    "audio_ms",
    "characters",
    "requests",
    "stored_tokens",
)
PER: Final = {
    "input_tokens": 1000,
    "output_tokens": 1000,
    "audio_ms": 60_000,
    "characters": 1000,
    "requests": 1,
    "stored_tokens": 1000,
}
"""Units that one printed price buys; `image_tokens` are priced as `input_tokens`."""

PRICED_AS: Final = {meter: meter for meter in METERS} | {"image_tokens": "input_tokens"}

SERVICES: Final = {
    service.name: service
    for service in (
        Service("llm", ("input_tokens", "output_tokens", "image_tokens")),
        Service("asr", ("audio_ms",)),
        Service("tts", ("characters",)),
        Service("embedding", ("input_tokens",)),
        Service("rerank", ("input_tokens",)),
        Service("storage", ("stored_tokens",), reads_key_mode=False),
        Service("tool", ("requests",), reads_key_mode=False),
        Service("moderation", ("requests",)),
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
    "knowledge_storage": "storage",
    "tools_invocation": "tool",
    "content_moderation": "moderation",
}
STORAGE_MODEL: Final = "Vector Storage"
KEY_MODES: Final = ("platform", "own")

NO_DATE_REASONS: Final = ("missing_event_time", "event_time_in_future")
SETTLED: Final = ("duplicate", "not_billable", "superseded")
QUARANTINE: Final = {
    "missing_event_time": "Send event_time as a timestamp between 1970 and 9999; event_time_raw"
    " has the number that came.",
    "event_time_in_future": (
        "Fix the sender's clock: the time is over 24 hours after arrival. If this machine's clock was"
        " wrong then: `creditmill withdraw LOG`, then again with `--restore`."
    ),
    "missing_event_id": "Send a non-blank event_id, the same on redelivery.",
    "missing_org_id": "Send the organization that pays in org_id.",
    "unknown_billing_type": "Send one of the eleven billing types, spelled exactly.",
    "unknown_key_mode": "Send key_mode as 'platform' or 'own'.",
    "bad_quantity": "Quantities are whole numbers of 0 to 10^12 (a float that is none is shown as"
    " null), image sides 1 to 10^6 pixels.",
    "unexpected_quantity": "The row carries a quantity that its billing type does not meter.",
    "missing_quantity": "Send at least one quantity that the billing type meters.",
    "conflicting_duplicate": (
        "One event_id came with different contents: `creditmill withdraw` the log that is wrong."
    ),
    "no_rate_card": "No rate card was in force yet; add one that takes effect earlier.",
    "not_offered": "The card prints '-': not offered in this key mode.",
    "no_rate": "The card has no such row; append an alias or add a book with the price.",
}
"""Each quarantine reason, in the order of decision, and how to mend it."""
OUTCOMES: Final = ("rated", *SETTLED, *QUARANTINE)

QUANTITIES: Final = tuple(meter for meter in METERS if meter != "image_tokens")

LOG_COLUMNS: Final = (
    Column("event_id", "VARCHAR", "unique within an organization, the same on redelivery"),
    Column("event_time", "TIMESTAMP", "when the call was made; UTC"),
    Column("org_id", "VARCHAR", "the organization that pays"),
    Column("billing_type", "VARCHAR", "one of the eleven billing types"),
    Column("brand", "VARCHAR", "who serves it, as logged"),
    Column("model", "VARCHAR", "what served it, as logged"),
    Column("key_mode", "VARCHAR", "platform or own, as logged"),
    Column("agent_id", "VARCHAR", "the AI agent or workflow"),
    Column("status", "VARCHAR", "outcome of a tool call; success or null is charged"),
    Column("input_tokens", "BIGINT", "input tokens; null is not measured"),
    Column("output_tokens", "BIGINT", "output tokens; null is not measured"),
    Column("audio_ms", "BIGINT", "audio length in ms; null is not measured"),
    Column("characters", "BIGINT", "characters; null is not measured"),
    Column("requests", "BIGINT", "requests; null is not measured"),
    Column("stored_tokens", "BIGINT", "tokens stored, per day; null is not measured"),
    Column("images", "STRUCT(width BIGINT, height BIGINT)[]", "input images, sides in px"),
    Column("knowledge_base_id", "VARCHAR", "which knowledge base a storage snapshot is of"),
)
EVENT_TIME_RAW: Final = Column(
    "event_time_raw",
    "DECIMAL(38,0)",
    "the number stored as event_time where that is no instant of 1970 to 9999, and null there:"
    " ms, us or ns since 1970, as the file's type says; ns where it has 96 bits",
)
REQUIRED_COLUMNS: Final = ("event_id", "event_time", "org_id", "billing_type")

INTEGRITY: Final = ("digest", "page_checksums", "unverified")
"""What vouched for a log's bytes: a SHA-256 that came beside it, checksums of the pages that are
read, or nothing."""
