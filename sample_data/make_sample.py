"""Three invented days of usage, written to `logs/*.parquet`, with every outcome planted in known
numbers. No pricing and no code of the project belongs here, so that the sample can judge it.

`python sample_data/make_sample.py` replaces the logs and prints how many rows of each outcome it
planted per usage date. The same Python and pyarrow give the same bytes.

Eight organizations, 2026-02-01 (a Sunday) to 2026-02-03, UTC. Each date has the files `chat-am` and
`chat-pm` (split at noon), `voice`, `knowledge` and `tools`; `disk_errors` holds the snapshots of all
dates; `late-2026-02-02` is what `harbor-logistics` could not deliver around noon. Planted:

- every row of FAULTS once per date: all reasons of quarantine but the next two
- no_rate_card: six chats of 2026-01-31, flushed after midnight into the first file, and once more
  at its end (duplicate): half of that date's rows are quarantined, which does not block it
- conflicting_duplicate: one chat of 2026-02-03 logged twice, with different output tokens
- duplicate: retries within each file, from morning to afternoon, and into the late file
- superseded: `harbor-logistics`/`port-rules` measured twice on 2026-02-02
- a gap: no snapshot of `lumen-education`/`syllabus` on 2026-02-03, the day after there was one
- not_billable: tool calls with status `error` or `timeout`
- rated all the same: names in other case, width and spacing; two aliases (GPT-Mini-Audio,
  GLM-5.0-Thinking-200K); prices of 0 (ERNIE-Speed-128K, Gemma with an own key, Free Slots); own
  keys whose price is above the cap; images; answers of 0 tokens; an agent without a name
- physical types: on 2026-02-01 us in UTC and int64; on 2026-02-02 ms in UTC and int32; on
  2026-02-03 us without a zone, a `status` of nulls only in the chats, and `latency_ms`, which is
  no column of the contract
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

LOGS = Path(__file__).parent / "logs"
DAYS = {date(2026, 2, 1): 6_300, date(2026, 2, 2): 11_700, date(2026, 2, 3): 11_500}
SUNDAY, MONDAY, TUESDAY = DAYS
LATE = "late-2026-02-02"
LATE_ORG, LATE_HOURS = "harbor-logistics", range(9, 13)

ORGS = {  # busiest hour in UTC; the k-th organization and agent has 1/k of the first one's calls
    "northwind-clinics": 16,
    "harbor-logistics": 9,
    "lumen-education": 3,
    "granite-bank": 10,
    "copperleaf-retail": 19,
    "tern-airways": 8,
    "alder-legal": 15,
    "mossway-games": 20,
}
AGENTS = (  # organization, agent, brand, model and key mode of its chats, share with images
    ("northwind-clinics", "front-desk", "OpenAI", "GPT-4.1-mini-1M", "platform", 0.0),
    ("northwind-clinics", "triage", "Anthropic", "Claude-4.5-Sonnet-200k", "platform", 0.0),
    ("northwind-clinics", "intake-forms", "OpenAI", "GPT-4o-128k", "platform", 0.3),
    ("northwind-clinics", "billing-questions", "OpenAI", "GPT-5.0-Nano-400k", "platform", 0.0),
    ("harbor-logistics", "dispatch", "Azure", "GPT-4.1-1M", "platform", 0.0),
    ("harbor-logistics", "customs-papers", "Azure", "Computer-Use Agent", "platform", 0.4),
    ("harbor-logistics", "driver-line", "Azure", "GPT-5.0-Mini-400k", "platform", 0.0),
    ("lumen-education", "tutor", "智谱", "GLM-5.0-Thinking-200K", "platform", 0.0),
    ("lumen-education", "homework-reader", "Ali", "Qwen-vl-max-32k", "platform", 0.8),
    ("lumen-education", "parents", "百度", "ERNIE-Speed-128K", "platform", 0.0),
    ("lumen-education", "course-planner", "月之暗面", "Kimi-K2-Turbo-256K", "platform", 0.0),
    ("granite-bank", "advisor", "OpenAI", "GPT-4.1-1M", "own", 0.0),
    ("granite-bank", "complaints", "Anthropic", "Claude-4.6-Opus-200k", "own", 0.0),
    ("granite-bank", "fraud-notes", "Google", "Gemma-3-27b", "own", 0.0),
    ("copperleaf-retail", "shop-assistant", "Google", "Gemini-3.0-Flash", "platform", 0.15),
    ("copperleaf-retail", "returns", "Google", "Gemini-2.5-Flash-Lite", "platform", 0.0),
    ("copperleaf-retail", "catalog-writer", "DeepSeek", "DeepSeek-3.2-128K", "own", 0.0),
    ("tern-airways", "rebooking", "Anthropic", "Claude-4.5-Haiku-200k", "platform", 0.0),
    ("tern-airways", "baggage", "Mistral", "mistral-small-latest", "platform", 0.2),
    ("tern-airways", "crew-desk", "Mistral", "mistral-large-latest", "own", 0.0),
    (
        "alder-legal",
        "contract-review",
        "Anthropic",
        "Claude-4.6-Opus-Thinking-200K",
        "platform",
        0.0,
    ),
    ("alder-legal", "discovery", "xAI", "Grok-4.0-256K", "platform", 0.0),
    ("mossway-games", "npc-dialogue", "Meta", "llama-3.0-70b-8k", "own", 0.0),
    ("mossway-games", None, "Tencent", "hunyuan-lite-4k", "own", 0.0),
)
SERVICES = {  # what the first, second, … organization uses, and round again
    "llm_audio_chat": (
        ("OpenAI", "GPT-Mini-Audio"),
        ("Azure", "GPT-Audio-mini"),
        ("Ali", "Qwen-Omni-Turbo"),
        ("OpenAI", "GPT-Audio"),
    ),
    "asr_recognition": (
        ("OpenAI", "Whisper Large-V3"),
        ("Azure", "Azure-Speech"),
        ("OpenAI", "Whisper Large-V2"),
        ("OpenAI", "GPT-4o-mini-transcribe"),
        ("OpenAI", "GPT-4o-transcribe"),
    ),
    "tts_generation": (
        ("OpenAI", "TTS"),
        ("Azure", "Speech"),
        ("Ali", "CosyVoice"),
        ("Minimax", "Voice"),
        ("Ali", "Sambert"),
    ),
    "knowledge_indexing": (
        ("OpenAI", "text-embedding-3-large"),
        ("OpenAI", "text-embedding-ada-002"),
        ("Ali", "text-embedding-v3"),
        ("OpenAI", "text-embedding-3-small"),
        ("Jina", "jina-embeddings-v3"),
    ),
    "knowledge_reranking": (
        ("Jina", "Jina-Reranker-m0"),
        ("NetEase BCE", "BCE-Rerank"),
        ("Baai BGE", "BGE-Rerank"),
    ),
    "content_moderation": (("OpenAI", "Omni-moderation"),),
}
TOOLS = {  # provider and name, and its share of the calls
    ("Google", "Search"): 65,
    ("Google", "Maps"): 15,
    ("Google", "Scholar"): 8,
    ("Weather", "Forecast"): 8,
    ("Calendar", "Free Slots"): 4,
}
BASES = {  # knowledge bases
    "northwind-clinics": ("patient-handbook", "drug-list", "visit-notes"),
    "harbor-logistics": ("port-rules", "tariffs"),
    "lumen-education": ("syllabus", "exam-bank", "library"),
    "granite-bank": ("products", "compliance"),
    "copperleaf-retail": ("catalog", "store-policy"),
    "tern-airways": ("fare-rules",),
    "alder-legal": ("case-law", "templates", "clauses"),
    "mossway-games": ("lore",),
}
MIX = {  # share of a day's events per thousand, and the kind of file that they go to
    "llm_text_chat": (420, "chat"),
    "question_recognition": (95, "chat"),
    "database_processing": (25, "chat"),
    "llm_audio_chat": (20, "voice"),
    "asr_recognition": (40, "voice"),
    "tts_generation": (55, "voice"),
    "knowledge_indexing": (140, "knowledge"),
    "knowledge_reranking": (80, "knowledge"),
    "content_moderation": (85, "tools"),
    "tools_invocation": (40, "tools"),
}
IDENTITY = ("event_id", "event_time", "org_id", "billing_type")
NAMES = (*IDENTITY, "brand", "model", "key_mode", "agent_id")
COLUMNS = {  # of each kind of file; the late one has all
    "chat": (*NAMES, "input_tokens", "output_tokens", "images"),
    "voice": (*NAMES, "input_tokens", "output_tokens", "audio_ms", "characters"),
    "knowledge": (*NAMES, "input_tokens", "stored_tokens"),
    "tools": (*NAMES, "status", "requests"),
    "storage": (*IDENTITY, "stored_tokens", "knowledge_base_id"),
}
SCREENS = ((1024, 1024), (1170, 2532), (2000, 500), (800, 600), (4032, 3024), (512, 512))
PAGE = (1240, 1754)

EMPTY: dict[str, Any] = {"input_tokens": None, "output_tokens": None, "images": None}
GEMMA = {"brand": "Google", "model": "Gemma-3-27b", "key_mode": "platform"}
FAULTS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    # reason, file, billing type of a sound event there, what the faulty copy has instead
    ("missing_event_time", "chat-am", "llm_text_chat", {"event_time": None}),
    ("missing_event_time", "voice", "tts_generation", {"event_time": None}),
    ("event_time_in_future", "chat-pm", "llm_text_chat", {"event_time": datetime(2999, 1, 1)}),
    ("missing_event_id", "chat-am", "question_recognition", {"event_id": None}),
    ("missing_event_id", "knowledge", "knowledge_reranking", {"event_id": ""}),
    ("missing_org_id", "chat-pm", "llm_text_chat", {"org_id": None}),
    ("missing_org_id", "tools", "content_moderation", {"org_id": "  "}),
    ("unknown_billing_type", "chat-am", "llm_text_chat", {"billing_type": "llm_video_chat"}),
    ("unknown_billing_type", "voice", "asr_recognition", {"billing_type": "ASR Recognition"}),
    ("unknown_key_mode", "chat-pm", "llm_text_chat", {"key_mode": "byok"}),
    ("unknown_key_mode", "knowledge", "knowledge_indexing", {"key_mode": None}),
    ("bad_quantity", "chat-am", "llm_text_chat", {"images": ((0, 768),)}),
    ("bad_quantity", "chat-pm", "llm_text_chat", {"output_tokens": -1}),
    ("bad_quantity", "tools", "tools_invocation", {"requests": -5}),
    ("unexpected_quantity", "voice", "tts_generation", {"audio_ms": 4_000}),
    ("unexpected_quantity", "knowledge", "knowledge_indexing", {"stored_tokens": 512}),
    ("missing_quantity", "chat-am", "llm_text_chat", EMPTY),
    ("missing_quantity", "voice", "asr_recognition", {"audio_ms": None}),
    ("not_offered", "chat-am", "question_recognition", GEMMA),
    ("not_offered", "chat-pm", "llm_text_chat", GEMMA),
    ("no_rate", "chat-am", "llm_text_chat", {"brand": "OpenAI", "model": "gpt-4o"}),
    ("no_rate", "chat-pm", "llm_text_chat", {"model": "claude-4.5-sonnet"}),
    ("no_rate", "voice", "tts_generation", {"brand": None}),
    ("no_rate", "tools", "tools_invocation", {"brand": "Google", "model": "Trends"}),
)


@dataclass(frozen=True)
class Event:
    """One row of a usage log, and the outcome that it was made for."""

    outcome: str
    event_id: str | None
    event_time: datetime | None
    org_id: str | None
    billing_type: str | None
    brand: str | None = None
    model: str | None = None
    key_mode: str | None = None
    agent_id: str | None = None
    status: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    audio_ms: int | None = None
    characters: int | None = None
    requests: int | None = None
    stored_tokens: int | None = None
    images: tuple[tuple[int, int], ...] | None = None
    knowledge_base_id: str | None = None


def new_id(rng: Random) -> str:
    """An event id of twelve hexadecimal digits."""
    return f"{rng.getrandbits(48):012x}"


def by_rank(rng: Random, length: int) -> int:
    """An index below `length`, the k-th with a weight of 1/k."""
    return rng.choices(range(length), [1 / (k + 1) for k in range(length)])[0]


def around(rng: Random, median: int, spread: float, most: int = 200_000) -> int:
    """A skewed quantity of at least 1."""
    return max(1, min(most, int(median * math.exp(rng.gauss(0, spread)))))


def moment(rng: Random, day: date, peak: int) -> datetime:
    """An instant of the day, in whole milliseconds on Monday: most near the busiest hour."""
    weights = [0.06 + max(0.0, math.cos((hour - peak) * math.pi / 12)) ** 2 for hour in range(24)]
    hour = rng.choices(range(24), weights)[0]
    micros = rng.randrange(3_600_000_000)
    if day == MONDAY:
        micros -= micros % 1000
    return datetime.combine(day, time(hour)) + timedelta(microseconds=micros)


def spelled(rng: Random, name: str) -> str:
    """The name as some client writes it: now and then in another case, width or spacing."""
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)
    other = (name.lower(), name.upper(), wide, name.replace(" ", "\u3000"), f" {name}")
    return rng.choice(other) if rng.random() < 0.08 else name


def quantities(rng: Random, billing_type: str, images: float) -> dict[str, Any]:
    """What one call of the billing type measures; `images` is the share of chats that have any."""
    match billing_type:
        case "llm_text_chat":
            seen = rng.choices(SCREENS, k=rng.randint(1, 3)) if rng.random() < images else None
            return {
                "input_tokens": around(rng, 1_100, 1.0),
                "output_tokens": 0 if rng.random() < 0.015 else around(rng, 190, 0.8),
                "images": seen and tuple(seen),
            }
        case "database_processing":
            pages = (PAGE,) * rng.randint(1, 6) if rng.random() < 0.25 else ()
            return {
                "input_tokens": around(rng, 6_000, 0.7),
                "output_tokens": around(rng, 700, 0.6),
                "images": pages,
            }
        case "question_recognition":
            return {"input_tokens": around(rng, 260, 0.4), "output_tokens": rng.randint(6, 40)}
        case "llm_audio_chat":
            return {
                "input_tokens": around(rng, 1_500, 0.7),
                "output_tokens": around(rng, 600, 0.6),
            }
        case "asr_recognition":
            return {"audio_ms": around(rng, 21_000, 1.0, 3_600_000)}
        case "tts_generation":
            return {"characters": around(rng, 160, 0.9, 4_000)}
        case "knowledge_indexing":
            return {"input_tokens": around(rng, 24 if rng.random() < 0.85 else 700, 0.6)}
        case "knowledge_reranking":
            return {"input_tokens": around(rng, 4_200, 0.4)}
        case _:
            return {"requests": 1 if rng.random() < 0.95 else rng.randint(2, 4)}


def call(rng: Random, day: date, billing_type: str) -> Event:
    """One sound call of the day; a tool call may have failed."""
    rank = by_rank(rng, len(ORGS))
    org_id = list(ORGS)[rank]
    agents = [agent for agent in AGENTS if agent[0] == org_id]
    _, agent_id, brand, model, key_mode, images = agents[by_rank(rng, len(agents))]
    outcome, status, mode = "rated", None, agents[0][4]
    if billing_type == "tools_invocation":
        brand, model = rng.choices(list(TOOLS), list(TOOLS.values()))[0]
        status = rng.choices(("success", None, "error", "timeout"), (88, 6, 5, 1))[0]
        outcome = "not_billable" if status in ("error", "timeout") else "rated"
    elif billing_type in SERVICES:
        brand, model = SERVICES[billing_type][rank % len(SERVICES[billing_type])]
    else:
        mode = key_mode
    return Event(
        outcome=outcome,
        event_id=new_id(rng),
        event_time=moment(rng, day, ORGS[org_id]),
        org_id=org_id,
        billing_type=billing_type,
        brand=spelled(rng, brand),
        model=spelled(rng, model),
        key_mode=None if billing_type == "tools_invocation" else mode,
        agent_id=agent_id,
        status=status,
        **quantities(rng, billing_type, images),
    )


def snapshots(rng: Random) -> Iterator[Event]:
    """The nightly size of each knowledge base, growing from day to day."""
    for org_id, bases in BASES.items():
        for base in bases:
            size = around(rng, 2_500_000, 1.0, 40_000_000)
            for day in DAYS:
                at = datetime.combine(day, time(2, 15)) + timedelta(seconds=rng.randrange(900))
                size += around(rng, 20_000, 1.0)
                sound = Event(
                    outcome="rated",
                    event_id=new_id(rng),
                    event_time=at,
                    org_id=org_id,
                    billing_type="knowledge_storage",
                    stored_tokens=size,
                    knowledge_base_id=base,
                )
                if (base, day) == ("port-rules", MONDAY):
                    yield replace(sound, outcome="superseded")
                    size += 310_000
                    later = at + timedelta(hours=11)
                    yield replace(sound, event_id=new_id(rng), event_time=later, stored_tokens=size)
                elif (base, day) != ("syllabus", TUESDAY):
                    yield sound


def file_of(event: Event) -> str:
    """The name, without its suffix, of the file that a sound event is first logged in."""
    assert event.event_time
    assert event.billing_type
    day, hour = event.event_time.date(), event.event_time.hour
    if event.billing_type == "knowledge_storage":
        return "storage"
    if day == MONDAY and event.org_id == LATE_ORG and hour in LATE_HOURS:
        return LATE
    kind = MIX[event.billing_type][1]
    half = ("-am" if hour < 12 else "-pm") if kind == "chat" else ""
    return f"{day}-{kind}{half}"


def plant(rng: Random, files: dict[str, list[Event]]) -> None:
    """Adds what the module's docstring lists, each row at a random place of its file."""

    def add(name: str, event: Event) -> None:
        files[name].insert(rng.randrange(len(files[name]) + 1), event)

    def sound(name: str) -> list[Event]:
        return [event for event in files[name] if event.outcome == "rated"]

    def repeat(source: str, target: str, count: int) -> None:
        orgs = {LATE_ORG} if target == LATE else set(ORGS)
        for event in rng.sample([e for e in sound(source) if e.org_id in orgs], count):
            add(target, replace(event, outcome="duplicate"))

    for name in list(files):
        repeat(name, name, 2 + len(files[name]) // 400)
    for day in DAYS:
        repeat(f"{day}-chat-am", f"{day}-chat-pm", 5)
    for kind in ("chat-pm", "voice", "knowledge", "tools"):
        repeat(f"{MONDAY}-{kind}", LATE, 6)
    for day in DAYS:
        for reason, kind, billing_type, changes in FAULTS:
            name = f"{day}-{kind}"
            like = rng.choice([e for e in sound(name) if e.billing_type == billing_type])
            add(name, replace(like, outcome=reason, **{"event_id": new_id(rng), **changes}))
    first_file = f"{SUNDAY}-chat-am"
    for event in rng.sample(sound(first_file), 6):
        at = datetime.combine(SUNDAY, time()) - timedelta(microseconds=rng.randrange(1, 60_000_000))
        early = replace(event, outcome="no_rate_card", event_id=new_id(rng), event_time=at)
        files[first_file].insert(0, early)
        files[first_file].append(replace(early, outcome="duplicate"))
    name = f"{TUESDAY}-chat-pm"
    chats = [e for e in sound(name) if e.billing_type == "llm_text_chat" and e.output_tokens]
    first = replace(rng.choice(chats), outcome="conflicting_duplicate", event_id=new_id(rng))
    add(name, first)
    add(name, replace(first, output_tokens=(first.output_tokens or 0) + 64))


def build() -> dict[str, list[Event]]:
    """The rows of each file, in the file's order; the outcomes are what a right run must find."""
    rng = Random(20260201)
    files: defaultdict[str, list[Event]] = defaultdict(list)
    events = list(snapshots(rng))
    for day, total in DAYS.items():
        for billing_type, (share, _) in MIX.items():
            events += [call(rng, day, billing_type) for _ in range(total * share // 1000)]
    for event in sorted(events, key=lambda e: (e.event_time, e.event_id)):
        files[file_of(event)].append(event)
    plant(rng, files)
    return files


def table(name: str, events: list[Event]) -> pa.Table:
    """The rows as the file's columns and physical types."""
    kind = next((kind for kind in COLUMNS if kind in name), "late")
    names = COLUMNS.get(kind) or tuple(field.name for field in fields(Event))[1:]
    integer = pa.int32() if name.startswith(f"{MONDAY}") else pa.int64()
    unit = "ms" if name.startswith(f"{MONDAY}") else "us"
    zone = None if name.startswith(f"{TUESDAY}") else "UTC"
    types: dict[str, pa.DataType] = dict.fromkeys(names, pa.string())
    for column in names[len(IDENTITY) :]:
        if column in {"audio_ms", "characters", "requests"} or column.endswith("_tokens"):
            types[column] = integer
    types["event_time"] = pa.timestamp(unit, zone)
    if "images" in types:
        types["images"] = pa.list_(pa.struct([("width", integer), ("height", integer)]))
    columns: dict[str, list[Any]] = {name: [getattr(e, name) for e in events] for name in types}
    columns["event_time"] = [at and at.replace(tzinfo=zone and UTC) for at in columns["event_time"]]
    if "images" in types:
        columns["images"] = [
            None if seen is None else [{"width": width, "height": height} for width, height in seen]
            for seen in columns["images"]
        ]
    if name.startswith(f"{TUESDAY}-chat"):
        types |= {"status": pa.null(), "latency_ms": pa.int32()}
        columns["status"] = [None] * len(events)
        columns["latency_ms"] = [180 + 11 * (event.output_tokens or 0) for event in events]
    return pa.table(columns, schema=pa.schema(list(types.items())))


def main() -> None:
    """Replaces the logs and prints what was planted."""
    files = build()
    LOGS.mkdir(exist_ok=True)
    for stale in LOGS.glob("*.parquet"):
        stale.unlink()
    planted: Counter[tuple[str, str]] = Counter()
    for name, events in sorted(files.items()):
        pq.write_table(table(name, events), LOGS / f"{name}.parquet", compression="zstd")
        size = (LOGS / f"{name}.parquet").stat().st_size
        print(f"{name:26}{len(events):6} rows {size:8} bytes")
        for event in events:
            at = event.event_time
            dated = at is not None and at.year < 2999
            planted[f"{at:%Y-%m-%d}" if dated else "no date", event.outcome] += 1
    for (day, outcome), count in sorted(planted.items()):
        print(f"{day:12}{outcome:24}{count:6}")


if __name__ == "__main__":
    main()
