"""The one place where credits are rounded, and the sums above it, against exact fractions.

Quantities and prices go through the real statements, many at once. Which price applies belongs to
`test_outcomes`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing_assets.charges.pricing import rate_lines
from pricing_assets.common.decimals import EXACT, exact_sum
from pricing_assets.contract import billing as contract
from pricing_assets.db import connection as duck
from pricing_assets.db.relations import make_table, register
from pricing_assets.rates import Rates
from pricing_assets.rates.book import Book
from pricing_assets.rates.card import Card
from pricing_assets.rates.rates_csv import Rate
from pricing_assets.rates.relations import load_contract, load_prices
from tests.support.workspace import LIMITS

DAY = date(2026, 2, 3)
FIRST = datetime(2026, 2, 1, tzinfo=UTC)
NO_QUANTITIES = dict.fromkeys((*contract.METERS, *contract.TOKEN_CLASSES), 0)

PRICED = {  # what each divisor is tried with: billing type, service, meter, per
    1000: ("llm_text_chat", "llm", "output_tokens"),
    60_000: ("asr_recognition", "asr", "audio_ms"),
    1: ("tools_invocation", "tool", "requests"),
}


@dataclass(frozen=True)
class Use:
    """A quantity, the printed price in billionths of a credit, what it buys, and what a credit costs in
    billionths of a dollar."""

    quantity: int
    billionths: int
    per: int
    usd_billionths: int = 10_000_000
    cap: int | None = None

    def price(self) -> Decimal:
        return Decimal(self.billionths).scaleb(-9, EXACT)

    def due(self) -> Fraction:
        """The credits, rounded half to even to 9 decimals: `round` of a fraction is exact."""
        paid = self.billionths if self.cap is None else min(self.billionths, self.cap)
        return round(self.quantity * Fraction(paid, 10**9) / self.per, 9)


def card_of(n: int, use: Use) -> Card:
    """A card of one price, in a book of its own."""
    _, service, meter = PRICED[use.per]
    key_mode = "any" if service == "tool" else "own"
    rate = Rate(2, service, "Acme", f"model {n}", key_mode, meter, use.price(), use.per)
    caps = {} if use.cap is None else {(service, meter): Decimal(use.cap).scaleb(-9, EXACT)}
    return Card(
        book=Path(f"book {n}"),
        folder=Path(f"book {n}/card"),
        id=f"card {n}",
        effective_from=FIRST,
        published_at=FIRST,
        source="",
        usd_per_credit=Decimal(use.usd_billionths).scaleb(-9),
        caps=caps,
        rates=(rate,),
        sha256="",
        printed={rate.name: ("Acme", f"model {n}")},
    )


def line_of(n: int, use: Use) -> dict[str, Any]:
    """A line of usage of that quantity, under the only price of its model."""
    billing_type, service, meter = PRICED[use.per]
    counted = 2 * 4 ** contract.QUANTITIES.index(meter)  # given, and not zero
    return {
        "usage_date": DAY,
        "rates_from": FIRST.replace(tzinfo=None),
        "org_id": "acme",
        "dimensions": {"agent_id": f"{n:06}"},
        "billing_type": billing_type,
        "service": service,
        "line_brand": "Acme",
        "line_model": f"model {n}",
        "line_key_mode": "any" if service == "tool" else "own",
        "line_measured": counted,
        "events": 1,
        **NO_QUANTITIES,
        meter: use.quantity,
    }


def priced(uses: list[Use]) -> tuple[list[tuple[Decimal, Decimal]], tuple[Any, ...]]:
    """Credits and dollars of each use, in order, and the row of the daily usage of them all."""
    books = tuple(
        Book(card.book, (card,), (), "") for card in (card_of(n, use) for n, use in enumerate(uses))
    )
    lines = [line_of(n, use) for n, use in enumerate(uses)]
    schema = dict.fromkeys(("events", "line_measured", *NO_QUANTITIES), pl.Int64)
    with duck.connection(LIMITS) as con:
        load_contract(con)
        load_prices(con, Rates(books))
        register(con, "lines", pl.DataFrame(lines, schema_overrides=schema))
        rate_lines(con)
        charges = con.sql(
            "select credits, usd, typeof(credits), typeof(usd) from charges"
            " order by dimensions.agent_id"
        ).fetchall()
        make_table(con, "usage/usage")
        make_table(con, "charges/daily_usage")
        days = con.sql("select credits, usd from daily_usage").fetchall()
    assert {row[2:] for row in charges} <= {("DECIMAL(38,9)", "DECIMAL(38,11)")}
    return [row[:2] for row in charges], (
        exact_sum(row[0] for row in days),
        exact_sum(row[1] for row in days),
    )


def hold(uses: list[Use]) -> None:
    """Every charge and both totals are exactly what fractions say."""
    charges, totals = priced(uses)
    due = [use.due() for use in uses]
    dollars = [
        round(credits * Fraction(use.usd_billionths, 10**9), 11)
        for credits, use in zip(due, uses, strict=True)
    ]
    found = [(Fraction(credits), Fraction(usd)) for credits, usd in charges]
    assert found == list(zip(due, dollars, strict=True))
    assert tuple(map(Fraction, totals)) == (sum(due), sum(dollars))


# Half a billionth of a credit, to the even side: (quantity, billionths, per, credits due).
HALVES = [
    (1, 500, 1000, "0"),  # 0.5 billionths, down to 0
    (3, 500, 1000, "0.000000002"),  # 1.5, up to 2
    (5, 500, 1000, "0.000000002"),  # 2.5, down to 2
    (7, 500, 1000, "0.000000004"),
    (30_000, 1, 60_000, "0"),  # of a minute
    (90_000, 1, 60_000, "0.000000002"),
    (29_999, 1, 60_000, "0"),  # just below
    (30_001, 1, 60_000, "0.000000001"),  # just above
    (499, 1, 1000, "0"),
    (501, 1, 1000, "0.000000001"),
    (10**18 + 1, 500, 1000, "500000000"),  # 500000000000000000.5 billionths: 17 digits before it
    (10**18 + 3, 500, 1000, "500000000.000000002"),
    (2**63 - 1, 999_999_999_999_999_999, 1, "9223372036854775797776627963.145224193"),
]


def test_halves_go_to_the_even_side() -> None:
    uses = [Use(quantity, billionths, per) for quantity, billionths, per, _ in HALVES]
    charges, _ = priced(uses)
    assert [credits for credits, _ in charges] == [due_of(text) for *_, text in HALVES]


# Half of the last digit of dollars, to the even side: (billionths of a credit, dollars due).
HALF_DOLLARS = [
    (1, "0"),  # 0.5 of the last digit
    (2, "0.00000000001"),
    (3, "0.00000000002"),  # 1.5
    (5, "0.00000000002"),  # 2.5
    (7, "0.00000000004"),
    (20_000_003, "0.00010000002"),  # beyond the part that is exact
    (20_000_001, "0.00010000000"),
]


def test_dollars_are_rounded_once_where_a_credit_does_not_cost_whole_cents() -> None:
    uses = [Use(1, billionths, 1, 5_000_000) for billionths, _ in HALF_DOLLARS]
    charges, _ = priced(uses)
    assert [usd for _, usd in charges] == [due_of(text) for _, text in HALF_DOLLARS]


def due_of(text: str) -> Decimal:
    return EXACT.create_decimal(text)


QUANTITIES = st.one_of(
    st.integers(1, 100_000),
    st.integers(1, 10**12),
    st.integers(10**18, 2**63 - 1),
    st.integers(1, 10**6).map(lambda n: n * 500),  # many halves
)
BILLIONTHS = st.one_of(
    st.integers(0, 2000),
    st.integers(0, 10**12),
    st.integers(0, 10**6).map(lambda n: n * 100_000),  # four decimals, as the page prints
    st.integers(1, 10**6).map(lambda n: n * 500),
)
USES = st.builds(
    Use,
    quantity=QUANTITIES,
    billionths=BILLIONTHS,
    per=st.sampled_from(sorted(PRICED)),
    usd_billionths=st.sampled_from((0, 1, 2, 100, 125)).map(lambda cents: cents * 10**7)
    | st.integers(0, 2 * 10**9),
    cap=st.none(),
)
CAPPED = st.builds(
    Use,
    quantity=QUANTITIES,
    billionths=BILLIONTHS,
    per=st.sampled_from((1000, 60_000)),
    cap=BILLIONTHS,
)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.one_of(USES, CAPPED), min_size=1, max_size=120))
def test_charges_are_the_exact_quotient_rounded_once(uses: list[Use]) -> None:
    hold(uses)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(USES, CAPPED), min_size=50, max_size=300))
def test_many_more_charges_are_rounded_once(uses: list[Use]) -> None:
    hold(uses)


def test_all_small_quantities_around_all_divisors() -> None:
    """Exhaustive where halves are dense: every quantity, price and divisor."""
    quantities = [*range(1, 12), 250, 499, 500, 501, 750, 999, 1000, 1500, 30_000, 60_000]
    prices = [0, 1, 2, 3, 5, 10, 25, 50, 100, 125, 250, 375, 500, 625, 750, 1000, 1500, 2500]
    hold([Use(q, b, per) for q in quantities for b in prices for per in PRICED])


DECIMALS = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places, EXACT),
    st.integers(-(10**45), 10**45),
    st.integers(0, 11),
)


@settings(deadline=None)
@given(st.lists(DECIMALS, max_size=50))
def test_exact_sum_keeps_every_digit(values: list[Decimal]) -> None:
    assert Fraction(exact_sum(values)) == sum(map(Fraction, values), Fraction(0))


def test_exact_sum_where_the_default_context_drops_digits() -> None:
    values = [Decimal(10**28), Decimal("0.000000001")]
    assert sum(values) == Decimal(10**28)  # 28 digits
    assert exact_sum(values) == Decimal("10000000000000000000000000000.000000001")
