"""Sound events of the sample, drawn at random: a call of a service, a snapshot of a knowledge base.

What is wrong with some of them belongs to `planted`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from callers import AGENTS, BASES, DAYS, MONDAY, ORGS, SERVICES, TOOLS, TUESDAY

SCREENS = ((1024, 1024), (1170, 2532), (2000, 500), (800, 600), (4032, 3024), (512, 512))


PAGE = (1240, 1754)


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
    """Return an event id of twelve hexadecimal digits."""
    return f"{rng.getrandbits(48):012x}"


def by_rank(rng: Random, length: int) -> int:
    """Return an index below `length`, the k-th with a weight of 1/k."""
    return rng.choices(range(length), [1 / (k + 1) for k in range(length)])[0]


def around(rng: Random, median: int, spread: float, most: int = 200_000) -> int:
    """Return a skewed quantity of at least 1."""
    return max(1, min(most, int(median * math.exp(rng.gauss(0, spread)))))


def moment(rng: Random, day: date, peak: int) -> datetime:
    """Return an instant of the day, in whole milliseconds on Monday: most near the busiest hour."""
    weights = [0.06 + max(0.0, math.cos((hour - peak) * math.pi / 12)) ** 2 for hour in range(24)]
    hour = rng.choices(range(24), weights)[0]
    micros = rng.randrange(3_600_000_000)
    if day == MONDAY:
        micros -= micros % 1000
    return datetime.combine(day, time(hour)) + timedelta(microseconds=micros)


def spelled(rng: Random, name: str) -> str:
    """Return the name as some client writes it: now and then in another case, width or spacing."""
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)
    other = (name.lower(), name.upper(), wide, name.replace(" ", "\u3000"), f" {name}")
    return rng.choice(other) if rng.random() < 0.08 else name


def quantities(rng: Random, billing_type: str, images: float) -> dict[str, Any]:
    """Return what one call of the billing type measures; `images` is the share of chats that have
    any."""
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
    """Return one sound call of the day; a tool call may have failed."""
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
    """Yield the nightly size of each knowledge base, growing from day to day."""
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
