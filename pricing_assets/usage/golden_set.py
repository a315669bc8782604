"""A golden set: 20,000 rows of every kind and outcome, the same on every machine.

They are priced by the built-in book and made from a seed; nothing is shipped. What engines make of
them is compared in `engine_check`.
"""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.contract import billing as contract

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 20_000
SEED = 20_260_201
FIRST = datetime(2026, 1, 31, tzinfo=UTC)  # a day before the book's first card: `no_rate_card`
DAYS = 3
ZONE = "America/St_Johns"  # half an hour off, so that dates and UTC days differ
DIMENSIONS = ("agent_id", "team")
RECEIVED = FIRST + timedelta(days=DAYS + 4)

Row = dict[str, Any]
_TEXTS = (
    *("event_id", "org_id", "billing_type", "brand", "model", "key_mode", "agent_id", "status"),
    *("knowledge_base_id", "team"),
)
_NAMES = (
    ("llm_text_chat", "OpenAI", "GPT-4.1-1M"),
    ("llm_text_chat", "openai", "ｇｐｔ-4.1-1m "),  # folded by rating, kept apart by sums
    ("llm_audio_chat", "OpenAI", "GPT-5.2-400k"),
    ("database_processing", "Google", "Gemma-3-27b"),  # not offered on the platform's key
    ("question_recognition", "Nobody", "Nothing-1"),
    ("asr_recognition", "OpenAI", "Whisper Large-V3"),
    ("knowledge_indexing", "OpenAI", "text-embedding-3-small"),
    ("knowledge_reranking", "Jina", "Jina-Reranker-m0"),
    ("knowledge_storage", None, None),
    ("tools_invocation", "Acme", "Search"),
    ("content_moderation", "OpenAI", "Omni-moderation"),
)


def rows() -> list[Row]:
    """Return rows of every kind, in order."""
    rng = random.Random(SEED)
    golden: list[Row] = []
    while len(golden) < ROWS:
        row = _plain(rng, len(golden))
        if rng.random() < 0.06:
            row |= _fault(rng)
        golden.append(row)
        if rng.random() < 0.02:
            golden.append(row if rng.random() < 0.6 else row | {"output_tokens": 7})
    return golden[:ROWS]


def _plain(rng: random.Random, number: int) -> Row:
    billing_type, brand, model = rng.choice(_NAMES)
    row: Row = dict.fromkeys((*_TEXTS, *contract.QUANTITIES))
    row |= {
        "event_id": f"e{number}",
        "at": _instant(rng),
        "org_id": rng.choice(("acme", "Acme", "acme ", "ÅCME", "a" * 300, "组织")),
        "billing_type": billing_type,
        "brand": brand,
        "model": model,
        "key_mode": rng.choice(("platform", "platform", "own")),
        "agent_id": rng.choice((None, "", "helpdesk", "sales")),
        "team": rng.choice((None, "", "a", "b")),
        "status": rng.choice((None, "success", "failed")) if "tools" in billing_type else None,
        "images": None,
    }
    service = contract.SERVICES[contract.BILLING_TYPES[billing_type]]
    for meter in (meter for meter in service.meters if meter in contract.QUANTITIES):
        row[meter] = rng.choice((0, 1, 4, 255, rng.randint(1, 10**6), contract.MAX_QUANTITY))
    if billing_type == "llm_text_chat" and rng.random() < 0.3:
        row["images"] = [_image(rng) for _ in range(rng.randint(0, 3))]
    if billing_type == "knowledge_storage":
        row["knowledge_base_id"] = rng.choice((None, "kb", "kb 2"))
    return row


def _image(rng: random.Random) -> Row:
    sides = (1, 511, 512, 513, 1024, contract.MAX_IMAGE_SIDE)
    return {"width": rng.choice(sides), "height": rng.choice(sides)}


def _instant(rng: random.Random) -> int:
    """Return nanoseconds since 1970: anywhere, or right at a boundary of dates, cards and
    microseconds."""
    at = FIRST + timedelta(seconds=rng.randrange(DAYS * 86_400))
    if rng.random() < 0.1:
        edge = rng.choice((timedelta(), timedelta(hours=3, minutes=30)))
        at = FIRST + timedelta(days=rng.randrange(DAYS)) + edge
        return _micros(at) * 1000 + rng.choice((-1, 0, 1, 999, -1000))
    return _micros(at) * 1000 + rng.randrange(10**9)


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _fault(rng: random.Random) -> Row:
    faults: Sequence[Row] = (
        {"at": None},
        {"at": -1},
        {"at": _micros(RECEIVED + timedelta(days=2)) * 1000},
        {"event_id": None},
        {"event_id": " \t\u3000\u2003"},
        {"event_id": ""},
        {"org_id": "\u0085\u00a0"},
        {"org_id": None},
        {"billing_type": "llm_text_Chat"},
        {"billing_type": None},
        {"key_mode": "PLATFORM"},
        {"key_mode": None},
        {"input_tokens": -1},
        {"input_tokens": contract.MAX_QUANTITY + 1},
        {"output_tokens": 2**63 - 1},
        {"images": [{"width": 0, "height": 5}]},
        {"images": [None]},
        {"images": [{"width": 2**63 - 1, "height": None}]},
        {"characters": 5},
        {"input_tokens": None, "output_tokens": None, "audio_ms": None, "requests": None},
    )
    return rng.choice(faults)


def write_logs(folder: Path) -> list[Path]:
    """Write rows of every kind as six logs, each with other Parquet types for the same columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    every = rows()
    sides = pa.struct([("height", pa.int64()), ("width", pa.int64())])
    kinds: list[tuple[str, pa.DataType, pa.DataType, pa.DataType, dict[str, Any]]] = [
        ("utc", pa.timestamp("us", "UTC"), pa.int64(), pa.string(), {}),
        ("naive", pa.timestamp("us"), pa.float64(), pa.large_string(), {"version": "2.4"}),
        ("nanos", pa.timestamp("ns"), pa.int64(), pa.string(), {}),
        ("dictionary", pa.timestamp("us", "UTC"), pa.int64(),
         pa.dictionary(pa.int32(), pa.string()), {"row_group_size": 700}),
        ("int96", pa.timestamp("us"), pa.int64(), pa.string(),
         {"use_deprecated_int96_timestamps": True}),
        ("unsigned", pa.timestamp("ms", "Asia/Tokyo"), pa.uint64(), pa.string(), {}),
    ]  # fmt: skip
    written = []
    for place, (name, instant, integer, text, options) in enumerate(kinds):
        some = [row for row in every[place :: len(kinds)] if _fits(row, integer)]
        columns = {column: pa.array([row[column] for row in some], pa.string()).cast(text)
                   for column in _TEXTS}  # fmt: skip
        columns["event_time"] = _times([row["at"] for row in some], instant)
        for column in contract.QUANTITIES:
            values = [row[column] for row in some]
            if integer == pa.float64():  # what no float holds becomes one with a fraction
                values = [None if value is None else float(value) for value in values]
            columns[column] = pa.array(
                values, integer if any(v is not None for v in values) else pa.null()
            )
        columns["images"] = pa.array([row["images"] for row in some], pa.list_(sides))
        columns["TEAM"] = pa.array(["not read"] * len(some))
        path = folder / f"{name}.parquet"
        pq.write_table(pa.table(columns), path, **options)
        written.append(path)
    return written


def _fits(row: Row, integer: "pa.DataType") -> bool:
    import pyarrow as pa

    return integer != pa.uint64() or all((row[c] or 0) >= 0 for c in contract.QUANTITIES)


def _times(nanoseconds: list[int | None], kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    per = {"ms": 10**6, "us": 1000, "ns": 1}[kind.unit]
    return pa.array([None if at is None else at // per for at in nanoseconds], pa.int64()).cast(
        kind
    )
