"""Organizations with one stream of credits, all at once, against the same charge by charge (which
`test_ledger_oracle` holds against a plain ledger): every entry, in order, to the last digit."""

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pricing_assets.db import connection as duck
from pricing_assets.ledger.booked import EnteredDates
from pricing_assets.ledger.columns import decimals
from pricing_assets.ledger.entering import Entries, enter
from pricing_assets.ledger.inputs import KINDS, Grant
from pricing_assets.ledger.pinned import Lines
from tests.support.workspace import LIMITS

FIRST = date(2026, 2, 1)
NAMES = ("b", "B", "é", "𝔤")


def _amount(rng: random.Random, most: int) -> int:
    """Billionths: one, whole, odd, or huge, which is for no stream."""
    whole = rng.randint(1, most) * 10**9
    return rng.choice([1, whole, whole, whole, whole + rng.randrange(10**9), whole * 10**3])


def _grants(rng: random.Random, orgs: list[str], days: int) -> list[Grant]:
    made = []
    for number in range(rng.randint(0, 12)):
        opens = FIRST + timedelta(days=rng.randint(-20, days + 2))
        ends = rng.choice([None, opens + timedelta(days=rng.choice([1, 2, 5, 30]))])
        size = _amount(rng, 60) if rng.random() < 0.98 else 10**27 - 1
        usd = rng.choice([0, 10**7, 10**9, 999 * 10**7, 123_456_789 * 10**7])
        name = f"{rng.choice(NAMES)}{number}"
        kind, rank = rng.choice(KINDS), rng.choice([1, 100, 100, 1000])
        scope = ("tts_generation",) if rng.random() < 0.05 else ()
        org = rng.choice(orgs)
        made.append(Grant(Path("g"), 0, name, org, kind, size, usd, opens, ends, rank, scope, ""))
    return made


def _dates(con: Any, seed: int) -> EnteredDates:
    """A state that dates before left, and charges of some dates."""
    rng = random.Random(seed)
    days = rng.randint(1, 40)
    orgs = [f"{name}-org" for name in NAMES[: rng.randint(1, 4)]]
    grants = _grants(rng, orgs, days)
    before: dict[str, int] = {}
    for grant in grants:
        if grant.effective_date < FIRST:
            is_over = grant.expires_date is not None and grant.expires_date <= FIRST
            left = 0 if is_over else rng.choice([0, grant.credits, min(grant.credits, 7)])
            before[grant.grant_id] = left
    has_credits = {grant.org_id for grant in grants if before.get(grant.grant_id)}
    rows = []
    for org in orgs:
        for _ in range(rng.randint(0, 30)):
            day = FIRST + timedelta(days=rng.randrange(days))
            kind = rng.choice(["llm_text_chat", "tts_generation"])
            rows.append((day, org, day, kind, rng.choice("abÄ"), _amount(rng, 30)))
            if org not in has_credits and rng.random() < 0.1:
                was = FIRST - timedelta(days=rng.randint(1, 9))
                rows.append((None, org, was, kind, rng.choice("abÄ"), _amount(rng, 30)))
    keys = sorted({(kind, of, key) for _, _, of, kind, key, _ in rows})
    columns: list[list[Any]] = [list(one) for one in zip(*rows, strict=True)] or [[]] * 6
    booked_on, org_id, charge_date, billing_type, _, credits_ = columns
    numbers = [keys.index((kind, of, key)) + 1 for _, _, of, kind, key, _ in rows]
    con.register(
        "numbered_charges",
        pa.table(
            {
                "key_id": pa.array(numbers, pa.int64()),
                "booked_on": pa.array(booked_on, pa.date32()),
                "org_id": pa.array(org_id, pa.string()),
                "charge_date": pa.array(charge_date, pa.date32()),
                "billing_type": pa.array(billing_type, pa.string()),
                "credits": decimals(credits_),
            }
        ),
    )
    left = pa.table(
        {
            "grant_id": pa.array(list(before), pa.string()),
            "credits": decimals(list(before.values())),
        }
    )
    con.register("grants_before", left)
    last = FIRST + timedelta(days=days - 1)
    return EnteredDates(con, FIRST, last, Lines(tuple(grants), ()))


def check(seeds: range, folder: Path) -> int:
    """Hold what streams give against each charge by itself; return how many entries there were."""
    found = 0
    with duck.connection(LIMITS, folder, [folder]) as con:
        for seed in seeds:
            dates = _dates(con, seed)
            at_once, singly = enter(dates), enter(dates, singly=True)
            for name in Entries.__dataclass_fields__:
                one, other = (np.asarray(getattr(part, name)) for part in (at_once, singly))
                assert one.tolist() == other.tolist(), (seed, name)
            found += len(at_once.day)
    return found


def test_all_at_once_is_what_each_charge_by_itself_gives(tmp_path: Path) -> None:
    assert check(range(12), tmp_path) > 400


@pytest.mark.slow
def test_thousands_of_states_give_the_same_at_once_and_by_themselves(tmp_path: Path) -> None:
    check(range(1000, 5000), tmp_path)
