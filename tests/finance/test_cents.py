"""Cents add up: lines to their organization, organizations to the grand total, whatever the amounts."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing_assets.common.decimals import exact_sum
from pricing_assets.finance import cents

USD = st.decimals(-(10**15), 10**15, places=11)
LINES = st.dictionaries(st.text("ab", max_size=3), USD, min_size=1, max_size=6)

CASES = [
    # what, dollars of each line, cents of each line
    ("nothing to round", ["1.10", "2.20"], [110, 220]),
    ("the largest remainder gets the cent", ["0.004", "0.006"], [0, 1]),
    ("equal remainders: the first one", ["0.005", "0.005"], [1, 0]),
    ("half a cent in all goes to the even cent", ["0.005"], [0]),
    ("and so does one and a half", ["0.015"], [2]),
    ("less than nothing: the floor lies below it", ["-0.004", "0.004"], [0, 0]),
    ("a booking that takes away", ["-0.016", "0.003"], [-1, 0]),
    ("a thousand parts of a cent", ["0.00001"] * 1000, [1] + [0] * 999),
]


@pytest.mark.parametrize("what, dollars, wanted", CASES)
def test_cents_of_lines(what: str, dollars: list[str], wanted: list[int]) -> None:
    amounts = {f"{place:04}": Decimal(usd) for place, usd in enumerate(dollars)}
    total, orgs, lines = cents.apportioned({"acme": amounts})
    assert list(lines["acme"].values()) == wanted, what
    assert total == orgs["acme"] == sum(wanted)


@pytest.mark.slow
@settings(deadline=None)
@given(st.dictionaries(st.text("xyz", max_size=3), LINES, max_size=5))
def test_lines_sum_to_organizations_and_those_to_the_total(
    amounts: dict[str, dict[str, Decimal]],
) -> None:
    total, orgs, lines = cents.apportioned(amounts)
    assert sum(orgs.values()) == total
    for org, held in lines.items():
        assert sum(held.values()) == orgs[org]
        assert list(held) == list(amounts[org])
        for line, whole in held.items():
            assert abs(cents.dollars(whole) - amounts[org][line]) < Decimal("0.01")
    exact = exact_sum(usd for held in amounts.values() for usd in held.values())
    assert abs(cents.dollars(total) - exact) <= Decimal("0.005")


def test_a_total_that_is_not_theirs_is_refused() -> None:
    with pytest.raises(ValueError, match="7 cents are not the rounded sum"):
        cents.shares({"a": Decimal("0.01")}, 7)
