"""What is planted among the sample's sound events: faulty rows, repeated ones, and ones that come late.

How many of each is in the docstring of `make_sample`.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from callers import DAYS, LATE, LATE_ORG, MONDAY, ORGS, SUNDAY, TUESDAY
from events import Event, new_id

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


def plant(rng: Random, files: dict[str, list[Event]]) -> None:
    """Add what the docstring of `make_sample` lists, each row at a random place of its file."""

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
