"""A home of nine weeks of one organization's usage: growing, with weekends, another price from February on, a
model that comes and one that goes, dates without a log, dates closed and corrected."""

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pricing_assets.home import closings
from tests.support.workspace import NOON, RATES, Workspace, of, row, write_card

ORG = "acme"
DAYS = 63
LAST = NOON + timedelta(days=7)
FIRST = LAST - timedelta(days=DAYS - 1)
EVERY_DATE = date(2026, 1, 5)
"""From here on; of the dates before, some."""
NO_LOG = date(2026, 2, 5)
CLOSED = date(2026, 1, 31)
NAMES = [f"M{n:02d}" for n in range(9)]


def long_use(folder: Path) -> Workspace:
    """The home, with its pages; beta has usage on dates on which acme has none."""
    more = "".join(
        f"llm,{'Acme' if place % 2 else 'Zeta'},{name},platform,input_tokens,0.{place + 3},1000\n"
        for place, name in enumerate(NAMES)
    )
    book = write_card(folder / "book", RATES + more, "first", "2025-11-01T00:00:00Z")
    dearer = (RATES + more).replace(
        "Chat,platform,input_tokens,0.22", "Chat,platform,input_tokens,0.31"
    )
    write_card(book, dearer, "second", "2026-02-01T00:00:00Z", "2026-01-15T00:00:00Z")
    made = Workspace(folder, (book,), pages=True)
    lot = random.Random(21)
    made.log(
        "a.parquet", *(one for n in range(DAYS) for one in _date(lot, FIRST + timedelta(days=n)))
    )
    made.run()
    with made.home.lock():
        closings.close(made.home, CLOSED, "invoiced", [])
    late = NOON - timedelta(days=6)
    made.log("late.parquet", row(event_id="late", event_time=late, input_tokens=12_345))
    made.log("later.parquet", row(event_id="again", event_time=LAST, agent_id="a1"))
    made.run()
    return made


def _date(lot: random.Random, at: datetime) -> list[dict[str, Any]]:
    day = at.date()
    if day == NO_LOG or (FIRST.date() < day < EVERY_DATE and day.day % 4):
        return []
    rows = [row(event_id=f"beta{day}", org_id="beta", event_time=at)]
    if lot.random() < 0.06:
        return rows
    weekend = at.weekday() > 4
    for number in range(2 if weekend else 4):
        agent = lot.choice(["a1", "a2", None])
        tokens = {
            "input_tokens": lot.randrange(1, 60_000),
            "output_tokens": lot.choice([None, 777]),
        }
        rows.append(row(event_id=f"{day}{number}", event_time=at, agent_id=agent,
                        key_mode=lot.choice(["platform", "platform", "own"]), **tokens))  # fmt: skip
        place = lot.randrange(len(NAMES))
        if (place != 0 or day < date(2026, 2, 1)) and (place != 1 or day >= date(2026, 2, 1)):
            rows.append(row(event_id=f"m{day}{number}", event_time=at, model=NAMES[place], agent_id=agent,
                            brand="Acme" if place % 2 else "Zeta", input_tokens=lot.randrange(20_000)))  # fmt: skip
    rows.append(
        of(
            "tools_invocation",
            "Acme",
            "Search",
            event_id=f"t{day}",
            event_time=at,
            requests=lot.randrange(1, 9),
        )
    )
    return rows
