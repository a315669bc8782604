"""Random grants, scopes, voids, usage, late usage, usage taken back and closings, exported: every rule
of FOCUS holds, and months, organizations and grants add up."""

import csv
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pricing_assets.common.periods import period_of
from pricing_assets.finance import export
from pricing_assets.home import withdrawals
from tests.support.ledgers import bring_up_to_date, close, used, workspace, write
from tests.support.workspace import LIMITS, Row, Workspace, of

FIRST, DAYS = date(2026, 2, 1), 50
ORGS = ("acme", "Überlandwerk", "other/org")
SLOW = pytest.mark.slow


def usage(rng: random.Random, name: str, days: range) -> list[Row]:
    """Tools at a credit each, and speech at a credit per 1,000 characters, on some of these days."""
    rows = []
    for number, step in enumerate(rng.choices(days, k=12)):
        day = FIRST + timedelta(days=step)
        org, event = rng.choice(ORGS), f"{name} {number}"
        if rng.random() < 0.5:
            rows.append(used(f"{day:%m-%d}", rng.randint(1, 30), event, org))
        else:
            at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
            speech = {"event_id": event, "event_time": at, "org_id": org}
            characters = rng.randint(1, 40_000)
            rows.append(of("tts_generation", "Acme", "Mouth", **speech, characters=characters))
    return rows


def grants(rng: random.Random) -> list[str]:
    """Lines of grants that begin, end and apply as it happens."""
    lines = []
    for number in range(14):
        begins = FIRST + timedelta(days=rng.randint(0, DAYS - 5))
        ends = begins + timedelta(days=rng.randint(1, 30)) if rng.random() < 0.6 else ""
        kind = rng.choice(("promo", "plan", "paid", "adjustment"))
        paid = "0" if kind == "promo" else f"{rng.randint(1, 3000) / Decimal(100):.2f}"
        types = rng.choice(("", "", "tools_invocation", "tts_generation"))
        amount = rng.choice(("3", "7.5", "40", f"{rng.randint(1, 99)}.000000001"))
        lines.append(
            f"G{number},{rng.choice(ORGS)},{kind},{amount},{paid},{begins},{ends},"
            f"{rng.choice(('', '50'))},{types},"
        )
    return lines


def history(folder: Path, seed: int) -> Workspace:
    """A home with all of it: two closings, with usage that came late or was taken back between."""
    rng = random.Random(seed)
    lines = grants(rng)
    made = workspace(folder, grants="\n".join(lines), plans="plan,acme,2026-02-01,,5,1.01,1")
    made.log("a.parquet", *usage(rng, "a", range(25)))
    wrong = made.log("wrong.parquet", *usage(rng, "wrong", range(20)))
    bring_up_to_date(made)
    close(made, "02-20")
    with made.home.lock():
        withdrawals.withdraw(made.home, str(wrong), "a test")
    wrong.unlink()
    made.log("late.parquet", *usage(rng, "late", range(10)))
    made.log("b.parquet", *usage(rng, "b", range(20, DAYS)))
    bring_up_to_date(made)
    close(made, "03-05")
    last = max(made.home.dates())
    left = made.sql(
        "select grant_id, usd_paid from grants where \"left\" > 0 and status = 'active'"
    )
    voids = []
    for number, (grant_id, paid) in enumerate(sorted(left)[:3]):
        refunded = min(paid, Decimal(rng.choice(("0", "0.01"))))
        voids.append(f"V{number},{grant_id},{last},all,{refunded:.2f},test")
    if voids:
        write(made, voids="\n".join(voids))
    made.log("later.parquet", *usage(rng, "later", range(DAYS - 5)))
    bring_up_to_date(made)
    return made


@SLOW
@pytest.mark.parametrize("seed", range(1, 21))
def test_exports_of_random_credits_add_up(tmp_path: Path, seed: int) -> None:
    made = history(tmp_path, seed)
    closing: dict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    billed: dict[str, Decimal] = defaultdict(Decimal)
    cost: dict[str, Decimal] = defaultdict(Decimal)
    charged = Decimal(0)
    for month in ("2026-02", "2026-03"):
        revision = export.export(
            made.home, period_of(month), tmp_path / "out", LIMITS, provider="P", excel=True
        )
        with (revision.folder / "revenue.csv").open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                dollars, cents = Decimal(row["opening_deferred"]), Decimal(row["opening_cents"])
                assert (dollars, cents) == closing[row["org_id"]]
                closing[row["org_id"]] = (
                    Decimal(row["closing_deferred"]),
                    Decimal(row["closing_cents"]),
                )
        with (revision.folder / "focus.csv").open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                billed[row["x_GrantId"]] += Decimal(row["BilledCost"])
                cost[row["x_GrantId"]] += Decimal(row["EffectiveCost"])
                if row["ChargeCategory"] == "Usage":
                    charged += Decimal(row["PricingCurrencyEffectiveCost"])
    ((wanted,),) = made.sql(
        "select (select sum(credits) from charges)"
        " + coalesce((select sum(credits) from corrections), 0)"
    )
    assert charged == wanted
    for grant_id, left in made.sql(
        "select grant_id, \"left\" from grants where status <> 'pending'"
    ):
        if left == 0:
            assert cost[grant_id] == billed[grant_id], grant_id
        else:
            assert cost[grant_id] <= billed[grant_id], grant_id
    revenue = made.sql("select org_id, closing_deferred, closing_cents from revenue"
                       " where month = '2026-03'")  # fmt: skip
    assert {org: (dollars, Decimal(cents)) for org, dollars, cents in revenue} == dict(closing)
