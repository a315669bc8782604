"""Amounts of the ledger: whole billionths of a credit or dollar, from text and back, without a float.

What is done with them belongs to `account`.
"""

import re
from decimal import Decimal
from typing import Final, NamedTuple

from pricing_assets.common.decimals import EXACT, NANO

CENT: Final = NANO // 100
"""Billionths of a dollar in a cent."""
_CREDITS: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?")
_USD: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")


def parse_credits(text: str) -> int | None:
    """Return the billionths of a plain decimal of at most 18 digits before and 9 after the point;
    None where the text is none: `12.5` is 12500000000, `1e3` and `-1` are none."""
    return _billionths(text) if _CREDITS.fullmatch(text) else None


def parse_usd(text: str) -> int | None:
    """Return the billionths of dollars and cents of at most 15 digits before and 2 after the point;
    None where the text is none."""
    return _billionths(text) if _USD.fullmatch(text) else None


def decimal_of(billionths: int) -> Decimal:
    """Return the amount with its nine decimals."""
    return EXACT.scaleb(Decimal(billionths), -9)


def half_even(numerator: int, denominator: int) -> int:
    """Return the quotient, rounded half to even; the denominator is above 0."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return quotient + (twice > denominator or (twice == denominator and quotient & 1))


class Cents(NamedTuple):
    """Dollars since the first month in whole cents: sold, earned by usage, earned by credits that
    ended unused, and given back. What is deferred is sold less all others."""

    sold: int
    usage: int
    breakage: int
    refunded: int

    @property
    def deferred(self) -> int:
        """What is paid and not earned yet."""
        return self.sold - self.usage - self.breakage - self.refunded


def whole_cents(sold: int, used: int, broken: int, refunded: int) -> Cents:
    """Return sums since the first month, in billionths of a dollar, as cents that add up: what is
    earned is rounded in sum, and usage by itself; breakage is the rest of it."""
    earned, usage = half_even(used + broken, CENT), half_even(used, CENT)
    return Cents(half_even(sold, CENT), usage, earned - usage, half_even(refunded, CENT))


def _billionths(text: str) -> int:
    whole, _, decimals = text.partition(".")
    return int(whole) * NANO + int(decimals.ljust(9, "0"))
