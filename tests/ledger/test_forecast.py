"""Forecasts against a plain simulation that goes day by day: when credits run out, and what ends
unused, with scopes, grants to come, ends and overdraft."""

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from pricing_assets.ledger.forecast import HORIZON, Simulated, Week, forecast, simulate
from pricing_assets.ledger.inputs import KINDS, Grant

AS_OF = date(2026, 3, 1)
TYPES = ("llm_text_chat", "tts_generation")
ONE_DAY = timedelta(days=1)


def plainly(held: list[tuple[Grant, int]], owed: dict[str, int], week: Week) -> Simulated:
    """Each day by itself: what ends and opens, what is owed where a grant opens, what is used."""
    made, left, debts = Simulated(), {grant.grant_id: amount for grant, amount in held}, dict(owed)
    order = sorted(
        (grant for grant, _ in held),
        key=lambda one: (
            one.priority,
            one.expires_date or date.max,
            KINDS.index(one.kind),
            one.effective_date,
            one.grant_id,
        ),
    )

    def burn(day: date, kind: str, amount: int) -> int:
        for grant in order:
            is_there = grant.effective_date <= day < (grant.expires_date or date.max)
            if is_there and (not grant.billing_types or kind in grant.billing_types):
                part = min(amount, left[grant.grant_id])
                left[grant.grant_id] -= part
                amount -= part
        return amount

    day = AS_OF
    while day < AS_OF + HORIZON:
        day += ONE_DAY
        for grant in order:
            if grant.expires_date == day and left[grant.grant_id]:
                made.unused += left[grant.grant_id]
                made.unused_on = made.unused_on or day
        if any(grant.effective_date == day for grant in order):
            debts = {kind: burn(day, kind, debts[kind]) for kind in sorted(debts)}
        for kind in sorted(week[day.weekday()]):
            missing = burn(day, kind, week[day.weekday()][kind])
            if missing:
                made.exhausts_on = made.exhausts_on or day
                debts[kind] = debts.get(kind, 0) + missing
    return made


def compared(seed: int) -> Simulated:
    lot, held = random.Random(seed), []
    for n in range(lot.randint(0, 6)):
        since = AS_OF + timedelta(days=lot.randint(-60, 500))
        until = max(since, AS_OF) + timedelta(days=lot.randint(1, 400))
        credits_ = lot.randint(1, 5000)
        grant = Grant(
            Path("grants.csv"),
            0,
            f"g{n}",
            "acme",
            lot.choice(KINDS),
            credits_,
            0,
            since,
            until if lot.random() < 0.6 else None,
            lot.choice([1, 100]),
            tuple(lot.sample(TYPES, 1)) if lot.random() < 0.3 else (),
            "",
        )
        held.append((grant, lot.randint(0, credits_) if since <= AS_OF else credits_))
    owed = {kind: lot.randint(1, 50) for kind in TYPES if lot.random() < 0.3}
    week = [{kind: lot.choice([0, lot.randint(1, 20)]) for kind in TYPES} for _ in range(7)]
    made = simulate(AS_OF, held, owed, week)
    assert made == plainly(held, owed, week), seed
    return made


def test_a_forecast_is_what_each_day_by_itself_gives() -> None:
    made = [compared(seed) for seed in range(60)]
    assert any(one.exhausts_on is None for one in made)
    assert any(one.unused for one in made)


def test_who_uses_nothing_has_a_forecast_once_that_is_known_for_two_weeks() -> None:
    grant = Grant(
        Path("grants.csv"), 0, "g", "acme", "paid", 5, 0, AS_OF, date(2027, 1, 1), 100, (), ""
    )
    for dates, reason in (
        (0, "14 dates of usage are needed, there are 0"),
        (13, "14 dates of usage are needed, there are 13"),
        (14, "nothing is used on most days"),
        (400, "nothing is used on most days"),
    ):
        since = AS_OF - timedelta(days=dates - 1)
        made = forecast(AS_OF, since, [(grant, 5)], {}, {})
        unused = (5, date(2027, 1, 1)) if dates >= 14 else (None, None)
        assert (made.reason, made.exhausts_on) == (reason, None)
        assert (made.expires_unused, made.expires_on) == unused


@pytest.mark.slow
def test_thousands_of_forecasts_are_what_each_day_by_itself_gives() -> None:
    for seed in range(1000, 4000):
        compared(seed)
