"""Why usage of two periods differs: the parts, held against the formula in plain fractions."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pricing_assets.analysis import compare
from pricing_assets.charges.compared_lines import Split
from pricing_assets.charges.compared_parts import PARTS, apportion
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.periods import Period, period_or_range_of
from tests.support.cases import few_in_short
from tests.support.workspace import NOON, Workspace, of, row, write_card

FIRST = NOON.date()
A, B = (Period(f"{FIRST + timedelta(n)}", *[FIRST + timedelta(n)] * 2) for n in (0, 1))
DAY = timedelta(days=1)


def published(workspace: Workspace, *rows: dict[str, Any]) -> Workspace:
    workspace.log("a.parquet", *rows)
    workspace.run()
    return workspace


def parts(split: Split) -> dict[str, str]:
    return {name: f"{part.normalize():f}" for name, part in split.parts.items() if part}


def test_each_part_by_hand(workspace: Workspace) -> None:
    """Chat: 2,000 tokens of acme and 1,000 of beta become 5,000 and 1,000. The service doubles, so each
    would have doubled: acme 2,000 more, beta 1,000 more; acme took 1,000 of them from beta."""
    at = NOON + DAY
    published(
        workspace,
        row(event_id="1", input_tokens=2000),
        row(event_id="2", input_tokens=1000, org_id="beta"),
        row(event_id="3", input_tokens=5000, event_time=at),
        row(event_id="4", input_tokens=1000, org_id="beta", event_time=at),
        of("tools_invocation", "Acme", "Search", event_id="5", requests=1),
        of(
            "tools_invocation",
            "Acme",
            "Search",
            event_id="6",
            requests=2,
            event_time=at,
            org_id="c",
        ),
    )
    found = compare.compare(workspace.home, A, B)
    by_org = {one.keys[0]: one for one in found.groups}
    assert parts(by_org["acme"]) == {"volume": "0.44", "mix": "0.22", "gone": "-0.55"}
    assert parts(by_org["beta"]) == {"volume": "0.22", "mix": "-0.22"}
    assert parts(by_org["c"]) == {"new": "1.1"}
    assert parts(found.total) == {"volume": "0.66", "new": "1.1", "gone": "-0.55"}
    assert found.total.difference == Decimal("1.21")
    assert [one.keys[0] for one in found.groups] == ["c", "acme", "beta"]


def test_another_price_is_a_part_of_its_own(tmp_path: Path) -> None:
    book = write_card(tmp_path / "book")
    dearer = "llm,Acme,Chat,platform,input_tokens,0.3,1000\n"
    at = f"{FIRST + DAY}T00:00:00Z"
    write_card(book, dearer, "second", effective_from=at, published_at=at)
    made = published(
        Workspace(tmp_path, (book,), catalog=True),
        row(event_id="1", input_tokens=1000),
        row(event_id="2", input_tokens=3000, event_time=NOON + DAY),
    )
    found = compare.compare(made.home, A, B, by=("model",))
    assert parts(found.total) == {"volume": "0.44", "price": "0.24"}


@pytest.mark.slow
def test_periods_of_unlike_length_are_compared_per_day(workspace: Workspace) -> None:
    rows = [row(event_id=f"{n}", event_time=NOON + n * DAY, input_tokens=1000) for n in range(3)]
    published(workspace, *rows)
    both = Period("two dates", FIRST + DAY, FIRST + 2 * DAY)
    found = compare.compare(workspace.home, A, both)
    assert found.is_per_day
    assert found.dates == (1, 2)
    assert (found.total.before, found.total.after) == (Decimal("0.22"), Decimal("0.22"))
    assert parts(found.total) == {}


@pytest.mark.slow
def test_corrections_are_apart(workspace: Workspace) -> None:
    from pricing_assets.home import closings

    published(
        workspace,
        row(event_id="1", input_tokens=1000),
        row(event_id="2", input_tokens=1000, event_time=NOON + DAY),
    )
    with workspace.home.lock():
        closings.close(workspace.home, FIRST + DAY, "invoiced", [])
    workspace.log("late.parquet", row(event_id="3", input_tokens=500, event_time=NOON + DAY))
    workspace.run()
    found = compare.compare(workspace.home, A, B)
    assert parts(found.total) == {"corrections": "0.11"}


@pytest.mark.parametrize("seed", few_in_short(range(2)))
def test_random_usage_gives_the_parts_of_plain_fractions(
    workspace: Workspace, seed: int, tmp_path: Path
) -> None:
    """In each group the parts sum to the difference, and are within a billionth for each line of what the
    formula gives in fractions of quantity x price."""
    dice = random.Random(seed)
    rows = [
        row(
            event_id=f"{n}",
            org_id=dice.choice("abcd"),
            agent_id=dice.choice(["x", "y", None]),
            event_time=NOON + dice.choice([0, 1, 1, 2]) * DAY,
            key_mode=dice.choice(["platform", "own"]),
            input_tokens=dice.choice([dice.randrange(1, 50), dice.randrange(10**9)]),
            output_tokens=dice.choice([None, dice.randrange(1, 10**6)]),
        )
        for n in range(60)
    ]
    published(workspace, *rows)
    later = Period("later", FIRST + DAY, FIRST + 2 * DAY)
    found = compare.compare(workspace.home, A, later, by=("org_id",), out=tmp_path / "out.csv")
    assert found.dates == (1, 2)
    plain = plain_parts(rows)
    for one in (found.total, *found.groups):
        assert sum(one.parts.values()) == one.difference
        expected = plain[one.keys[0] if one.keys else None]
        for name, part in one.parts.items():
            assert abs(Fraction(part) - expected[name]) < Fraction(60, 10**9), (one.keys, name)
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split(",")[-9:] == ["before", "after", "difference", *PARTS]
    assert len(lines) > 10


PRICES = {
    ("platform", "input_tokens"): Fraction(22, 100_000),
    ("platform", "output_tokens"): Fraction(88, 100_000),
    ("own", "input_tokens"): Fraction(1, 100_000),
    ("own", "output_tokens"): Fraction(8, 100_000),
}
"""Credits per token; the first card's cap holds for input tokens of own keys."""


def plain_parts(rows: list[dict[str, Any]]) -> dict[str | None, dict[str, Fraction]]:
    """The parts per day, by organization and of all (None), in fractions."""
    use: dict[tuple[str, ...], list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 2)
    whole: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 2)
    for one in rows:
        period, days = (0, 1) if one["event_time"].date() == FIRST else (1, 2)
        for meter in ("input_tokens", "output_tokens"):
            quantity = Fraction(one[meter] or 0, days)
            key = (one["org_id"], str(one["agent_id"]), one["key_mode"], meter)
            use[key] = [q + quantity * (n == period) for n, q in enumerate(use[key])]
            whole[meter] = [q + quantity * (n == period) for n, q in enumerate(whole[meter])]
    found: dict[str | None, dict[str, Fraction]] = defaultdict(
        lambda: dict.fromkeys(PARTS, Fraction(0))
    )
    for (org, _, mode, meter), (before, after) in use.items():
        price = PRICES[mode, meter]
        grown = whole[meter][1] / whole[meter][0]
        for group in (None, org):
            if not before:
                found[group]["new"] += price * after
            elif not after:
                found[group]["gone"] -= price * before
            else:
                found[group]["volume"] += price * before * (grown - 1)
                found[group]["mix"] += price * (after - before * grown)
    return found


def test_what_is_left_goes_to_the_largest_remainders_and_to_no_share_of_nothing() -> None:
    half = Fraction(1, 2)
    assert apportion((half, Fraction(0), half), 1) == [1, 0, 0]
    assert apportion((Fraction(9, 10), half, half), 2) == [1, 1, 0]
    assert apportion((half, Fraction(0), half), 3) == [2, 0, 1]
    assert apportion((half, half), -1) == [0, -1]
    assert apportion((Fraction(0), Fraction(0)), 1) == [1, 0]


def test_what_cannot_be_compared_is_said(one_row: Workspace) -> None:
    with pytest.raises(ConfigurationError, match=f"{FIRST + DAY} has no published date"):
        compare.compare(one_row.home, A, B)
    with pytest.raises(ConfigurationError, match="--by color: charges go by org_id, agent_id"):
        compare.compare(one_row.home, A, A, by=("color",))


@pytest.mark.parametrize(
    "name", ["2026-13", "2026-02-30", "2026-02-03..2026-02-01", "x..y", "2026"]
)
def test_a_name_that_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a period"):
        period_or_range_of(name)


def test_dates_from_one_to_another_are_a_period() -> None:
    found = period_or_range_of("2026-02-01..2026-02-07")
    assert (found.first, found.last) == (date(2026, 2, 1), date(2026, 2, 7))
    assert period_or_range_of("2026-02").last == date(2026, 2, 28)


@pytest.mark.slow
def test_a_date_counts_once_whatever_versions_it_has(workspace: Workspace) -> None:
    """Else two dates of which one was restated would be compared per day."""
    published(workspace, row(event_id="1"), row(event_id="2", event_time=NOON + DAY))
    workspace.log("late.parquet", row(event_id="3", event_time=NOON + DAY))
    workspace.run()
    found = compare.compare(workspace.home, A, B)
    assert found.dates == (1, 1)
    assert parts(found.total) == {"volume": "0.22"}
