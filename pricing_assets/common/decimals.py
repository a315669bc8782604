"""Exact decimals: sums that keep every digit, and the sizes that integers have here.

What a number is of does not belong here.
"""

from collections.abc import Iterable
from decimal import Context, Decimal
from functools import reduce
from typing import Final

EXACT: Final = Context(prec=100)
"""Decimals are added and subtracted in this context; Python's default keeps 28 digits only."""
NANO: Final = 1_000_000_000
"""Prices and credits are counted in billionths."""
BIGINT_MAX: Final = 2**63 - 1


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """Return the sum, with every digit; 0 of nothing."""
    return reduce(EXACT.add, values, Decimal(0))
