"""Three invented days of usage, written to `logs/*.parquet`, with every outcome planted in known
numbers. No pricing and no code of the project belongs here, so that the sample can judge it.

`python sample_data/make_sample.py` replaces the logs and prints how many rows of each outcome it
planted per usage date. The same Python and pyarrow give the same bytes.

Eight organizations, 2026-02-01 (a Sunday) to 2026-02-03, UTC. Each date has the files `chat-am` and
`chat-pm` (split at noon), `voice`, `knowledge` and `tools`; `storage` holds the snapshots of all
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

from collections import Counter, defaultdict
from dataclasses import fields
from datetime import UTC
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from callers import DAYS, LATE, LATE_HOURS, LATE_ORG, MONDAY, TUESDAY
from events import Event, call, snapshots
from planted import plant

LOGS = Path(__file__).parent / "logs"

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


def file_of(event: Event) -> str:
    """Return the name, without its suffix, of the file that a sound event is first logged in."""
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


def build() -> dict[str, list[Event]]:
    """Return the rows of each file, in the file's order; the outcomes are what a right run must
    find."""
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
    """Return the rows as the file's columns and physical types."""
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
    """Replace the logs and prints what was planted."""
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
