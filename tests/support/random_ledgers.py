"""Random histories of credits: grants with scopes, priorities and ends, plans with and without
rollover, voids, late usage, corrections below and above 0, several organizations."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from pricing_assets.ledger.inputs import GRANT_COLUMNS, PLAN_COLUMNS, VOID_COLUMNS

FIRST = date(2026, 1, 25)
TYPES = ("llm_text_chat", "tts_generation", "tools_invocation")
COLUMNS = {"grants": GRANT_COLUMNS, "voids": VOID_COLUMNS, "plans": PLAN_COLUMNS}


@dataclass
class History:
    """The rows of the three files, and the charges as they are booked."""

    last: date
    grants: list[dict[str, str]] = field(default_factory=list)
    voids: list[dict[str, str]] = field(default_factory=list)
    plans: list[dict[str, str]] = field(default_factory=list)
    charges: list[dict[str, str]] = field(default_factory=list)

    def write(self, folder: Path) -> Path:
        """Write the folder of grants."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, columns in COLUMNS.items():
            lines = [",".join(row[column] for column in columns) for row in getattr(self, name)]
            text = "\n".join([",".join(columns), *lines]) + "\n"
            (folder / f"{name}.csv").write_bytes(text.encode())
        return folder


def _amount(rng: random.Random, most: int) -> Decimal:
    """Whole, in decimals, or tiny."""
    shape = rng.randrange(4)
    if shape == 0:
        return Decimal(rng.randint(1, 9)).scaleb(-9)
    if shape == 1:
        return Decimal(rng.randint(1, most * 1000)).scaleb(-3)
    return Decimal(rng.randint(1, most))


def history_of(seed: int) -> History:
    """A history, the same for the same seed."""
    rng = random.Random(seed)
    dates = rng.randint(1, 75)
    made = History(FIRST + timedelta(days=dates))
    orgs = [f"org-{n}" for n in range(rng.randint(1, 3))]

    def some_day(after: int = 0) -> int:
        return rng.randint(after, dates)

    def text_of(day: int) -> str:
        return (FIRST + timedelta(days=day)).isoformat()

    for n in range(rng.randint(0, 8)):
        start = some_day()
        ends = rng.choice(["", text_of(start + rng.choice([1, 2, 5, 20, 400]))])
        made.grants.append(
            {
                "grant_id": rng.choice(["g", "G", "é", "𝔤"]) + str(n),
                "org_id": rng.choice(orgs),
                "kind": rng.choice(["promo", "plan", "paid", "adjustment"]),
                "credits": f"{_amount(rng, 60):f}",
                "usd_paid": f"{Decimal(rng.choice([0, 1, 10, 33, 999])).scaleb(-2):.2f}",
                "effective_date": text_of(start),
                "expires_date": ends,
                "priority": rng.choice(["", "", "1", "100", "1000"]),
                "billing_types": rng.choice(["", "", TYPES[0], "|".join(TYPES[1:])]),
                "reference": "",
            }
        )
    for n in range(rng.choice([0, 0, 1, 2])):
        start = some_day()
        made.plans.append(
            {
                "plan_id": f"plan-{n}",
                "org_id": rng.choice(orgs),
                "from": text_of(start),
                "to": rng.choice(["", text_of(start + 40)]),
                "credits": f"{_amount(rng, 40):f}",
                "usd": rng.choice(["0", "0.10", "9", "9.99"]),
                "rollover": rng.choice(["none", "all", "1", "2"]),
            }
        )
    _void(rng, made)
    _charge(rng, made, orgs, dates, text_of)
    return made


def _void(rng: random.Random, made: History) -> None:
    for n, row in enumerate(made.grants):
        if rng.random() < 0.25:
            start = date.fromisoformat(row["effective_date"])
            end = date.fromisoformat(row["expires_date"] or "2026-12-31")
            day = min(start + timedelta(days=rng.randint(0, 20)), end - timedelta(days=1))
            tiny = min(Decimal(row["credits"]), Decimal("0.000000001"))
            made.voids.append(
                {
                    "void_id": f"v{n}",
                    "grant_id": row["grant_id"],
                    "date": day.isoformat(),
                    "credits": rng.choice(["all", "all", f"{tiny:f}"]),
                    "usd_refunded": rng.choice(["0", "0.01"]) if Decimal(row["usd_paid"]) else "0",
                    "reason": "",
                }
            )


def _charge(
    rng: random.Random, made: History, orgs: list[str], dates: int, text_of: Callable[[int], str]
) -> None:
    """Charges on their dates, then later rows of the same keys: more usage, or less, never below
    0 in all; one in ten is taken back before it is booked, as after a reopening. A third bear the
    key of the one before, of the same organization or of another."""
    day, billing_type, key = 0, TYPES[0], "a"
    for n in range(rng.randint(0, 40)):
        if rng.random() < 0.7:
            day, billing_type = rng.randint(0, dates), rng.choice(TYPES)
            key = f"{rng.choice('abÄ')}{n}"
        org = rng.choice(orgs)
        amount = _amount(rng, 30)
        base = {
            "org_id": org,
            "billing_type": billing_type,
            "charge_date": text_of(day),
            "key": key,
        }
        made.charges.append(base | {"booked_on": text_of(day), "credits": f"{amount:f}"})
        while rng.random() < 0.4:
            later = rng.randint(day, dates + 2)
            change = _amount(rng, 20)
            if rng.random() < 0.7:
                change = -min(change, amount)
            amount += change
            made.charges.append(base | {"booked_on": text_of(later), "credits": f"{change:f}"})
            if rng.random() < 0.1:
                early, late = sorted(rng.choices(range(day, dates + 1), k=2))
                made.charges.append(base | {"booked_on": text_of(early), "credits": "-3"})
                made.charges.append(base | {"booked_on": text_of(late), "credits": "3"})
    rng.shuffle(made.charges)
