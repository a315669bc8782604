"""The parts of the difference of two periods: each rate line taken apart by itself, in whole numbers.

What is compared, and how lines are grouped, belongs to `compared_lines`.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple

PARTS: Final = {
    "volume": "more or less of the service was used, with the models of before",
    "mix": "use moved between lines of other prices: models, key modes, organizations",
    "price": "the same use at other prices",
    "new": "lines that were not used before",
    "gone": "lines that are used no more",
    "corrections": "booked later for closed dates",
}
PARTS_OF_ONE: Final = PARTS | {
    "mix": "use moved between lines of other prices: models, key modes",
}
"""The same where one organization is shown: nothing moves between it and others."""
SCALE: Final = 9
"""Credits are counted in billionths."""


@dataclass
class Use:
    """Use of a rate line in one period: units of its meter, what they cost before it was rounded, in
    billionths of a credit, and what was charged, in whole ones."""

    quantity: int = 0
    cost: Fraction = Fraction(0)
    credits: int = 0


class RateLineUse(NamedTuple):
    """Use of a rate line in two periods, and what its quantity is one of: the same service and meter."""

    service: tuple[Any, ...]
    before: Use
    after: Use


def split(
    lines: Sequence[RateLineUse], weights: tuple[int, int, int]
) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield volume, mix, price, new and gone of each line, in weighted billionths of a credit; they
    sum to the difference of what was charged.

    With quantities q and Q of line and service and an average price p of the line, before and after:
    volume = p q (Q' / Q - 1), mix = p (q' - q Q' / Q), price = q' (p' - p).
    """
    of_before, of_after, _ = weights
    totals: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for service, before, after in lines:
        totals[service][0] += before.quantity * of_before
        totals[service][1] += after.quantity * of_after
    for service, before, after in lines:
        difference = after.credits * of_after - before.credits * of_before
        if not before.quantity:
            yield 0, 0, 0, difference, 0
        elif not after.quantity:
            yield 0, 0, 0, 0, difference
        else:
            cost, cost_after = before.cost * of_before, after.cost * of_after
            at_mix = cost * Fraction(totals[service][1], totals[service][0])
            at_price = cost * Fraction(after.quantity * of_after, before.quantity * of_before)
            shares = (at_mix - cost, at_price - at_mix, cost_after - at_price)
            volume, mix, price = apportion(shares, difference)
            yield volume, mix, price, 0, 0


def apportion(shares: Sequence[Fraction], total: int) -> list[int]:
    """Return shares as whole numbers that sum to a total near their sum: rounded down, and what is left
    goes to the largest remainders, of equal ones to the first; to a share of 0 only where all are.

    >>> apportion((Fraction(1, 2), Fraction(0), Fraction(1, 2)), 1)
    [1, 0, 0]
    """
    parts = [math.floor(share) for share in shares]
    places = [place for place, share in enumerate(shares) if share] or [0]
    order = sorted(places, key=lambda place: (parts[place] - shares[place], place))
    left = total - sum(parts)
    for turn in range(abs(left)):
        if left > 0:
            parts[order[turn % len(order)]] += 1
        else:
            parts[order[-1 - turn % len(order)]] -= 1
    return parts
