"""Cents that add up: dollars rounded by largest remainder, from the grand total down to the lines.

Integers only. Which lines a statement has is in `statement_lines.sql`.
"""

from collections.abc import Hashable, Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import TypeVar

from pricing_assets.common.decimals import EXACT, exact_sum

Key = TypeVar("Key", bound=Hashable)
CENT = Decimal("0.01")


def rounded(usd: Decimal) -> int:
    """Return whole cents of a total, half to even."""
    return int(EXACT.multiply(usd, 100).to_integral_value(ROUND_HALF_EVEN))


def shares(amounts: Mapping[Key, Decimal], total: int) -> dict[Key, int]:
    """Return whole cents of each dollar amount, which sum to `total`: its floor, and one cent more
    for those with the largest remainders; equal remainders in the mapping's order.

    `total` is the amounts' sum in cents, rounded down or up.
    """
    floors = {
        key: int(EXACT.multiply(usd, 100).to_integral_value(ROUND_FLOOR))
        for key, usd in amounts.items()
    }
    left = total - sum(floors.values())
    if not 0 <= left <= len(floors):
        raise ValueError(f"{total} cents are not the rounded sum of {len(floors)} amounts")

    def remainder(key: Key) -> Decimal:
        return EXACT.subtract(EXACT.multiply(amounts[key], 100), Decimal(floors[key]))

    more = set(sorted(floors, key=remainder, reverse=True)[:left])
    return {key: floor + (key in more) for key, floor in floors.items()}


def apportioned(
    amounts: Mapping[str, Mapping[Key, Decimal]],
) -> tuple[int, dict[str, int], dict[str, dict[Key, int]]]:
    """Round to cents so that lines add up to organizations, and these to the total: return the cents
    of the grand total, of each organization, and of each line of each organization."""
    exact = {org: exact_sum(lines.values()) for org, lines in amounts.items()}
    total = rounded(exact_sum(exact.values()))
    by_org = shares(exact, total)
    return total, by_org, {org: shares(amounts[org], cents) for org, cents in by_org.items()}


def dollars(cents: int) -> Decimal:
    """Return whole cents as dollars with two decimals."""
    return EXACT.multiply(Decimal(cents), CENT)
