"""Rate lines of two periods: each (organization, dimensions, billing type, model, key mode, meter) is taken
apart by itself, in whole numbers, so that the parts of any group of lines sum to its difference.

What the parts are belongs to `compared_parts`; which periods are compared, to those who read them.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pricing_assets.charges.compared_parts import PARTS, SCALE, RateLineUse, Use, apportion, split
from pricing_assets.common.decimals import EXACT

Keys = tuple[Any, ...]


@dataclass(frozen=True)
class Split:
    """Credits of a group of lines in two periods, and the parts of the difference, which sum to it:
    Decimal(38, 9), a day's where the periods have not as many dates."""

    keys: tuple[Any, ...]
    before: Decimal
    after: Decimal
    parts: dict[str, Decimal]

    @property
    def difference(self) -> Decimal:
        """Credits after less credits before."""
        return EXACT.subtract(self.after, self.before)


@dataclass(frozen=True)
class ComparedLine:
    """A rate line: its keys, and credits before, after and of each of `PARTS`, in billionths times
    `over`."""

    keys: Keys
    amounts: tuple[int, ...]
    over: int

    def split(self) -> Split:
        """Return the line in credits."""
        return _rounded(self.keys, self.amounts, self.over)


def compared_lines(
    rows: Iterable[tuple[Any, ...]],
    booked: Iterable[tuple[Any, ...]],
    names: Sequence[str],
    dates: tuple[int, int],
    org_id: str | None = None,
) -> list[ComparedLine]:
    """Return every rate line of two periods of so many published dates, taken apart; of one
    organization, or of all.

    `names` are those of the keys that each row begins with. Rows of charges go on with per, price, and
    quantity and credits before and after; rows of corrections with credits before and after.
    """
    lines = list(_lines(rows, booked, names, org_id))
    weights = _weights(*dates)
    parts_of = split([line for _, line, _ in lines], weights)
    return [
        ComparedLine(keys, _amounts(line, corrected, parts, weights), weights[2])
        for (keys, line, corrected), parts in zip(lines, parts_of, strict=True)
    ]


def added_up(lines: Iterable[ComparedLine], places: Sequence[int]) -> tuple[Split, list[Split]]:
    """Return the whole, and the groups of lines by keys at these places, those that differ most
    first."""
    sums: dict[Keys, list[int]] = defaultdict(lambda: [0] * (2 + len(PARTS)))
    over = 1
    for line in lines:
        over = line.over
        for group in ((), tuple(line.keys[place] for place in places)) if places else ((),):
            sums[group] = [one + more for one, more in zip(sums[group], line.amounts, strict=True)]
    total = _rounded((), sums.pop((), [0] * (2 + len(PARTS))), over)
    groups = [_rounded(keys, amounts, over) for keys, amounts in sums.items()]
    groups.sort(key=lambda one: (-abs(one.difference), [str(key or "") for key in one.keys]))
    return total, groups


def _lines(
    rows: Iterable[tuple[Any, ...]],
    booked: Iterable[tuple[Any, ...]],
    names: Sequence[str],
    org_id: str | None,
) -> Iterator[tuple[Keys, RateLineUse, tuple[int, int]]]:
    """Yield each rate line of the charges or corrections: its keys, its use, and what was booked for
    each period."""
    width = len(names)
    org, kind, meter = (names.index(name) for name in ("org_id", "billing_type", "meter"))
    use: dict[Keys, tuple[Use, Use]] = {}
    for row in rows:
        per, price, *amounts = row[width:]
        of_line = use.setdefault(row[:width], (Use(), Use()))
        for one, quantity, credits in zip(of_line, amounts[::2], amounts[1::2], strict=True):
            one.quantity += int(quantity or 0)
            one.cost += Fraction(int(quantity or 0) * _billionths(price), per)
            one.credits += _billionths(credits)
    corrected = {row[:width]: row[width:] for row in booked}
    for keys in dict.fromkeys((*use, *corrected)):
        if org_id is None or keys[org] == org_id:
            line = RateLineUse((keys[kind], keys[meter]), *use.get(keys, (Use(), Use())))
            was, is_now = corrected.get(keys, (None, None))
            yield keys, line, (_billionths(was), _billionths(is_now))


def _billionths(amount: Decimal | None) -> int:
    return 0 if amount is None else int(amount.scaleb(SCALE, EXACT))


def _weights(before: int, after: int) -> tuple[int, int, int]:
    """Return what amounts of each period are multiplied by, and then divided by together: 1, 1, 1 where
    they have as many dates; else such that they are those of a day."""
    if before == after:
        return 1, 1, 1
    both = math.lcm(before, after)
    return both // before, both // after, both


def _amounts(
    line: RateLineUse,
    corrected: tuple[int, int],
    parts: Sequence[int],
    weights: tuple[int, int, int],
) -> tuple[int, ...]:
    """Return credits before and after and each of `PARTS`, in weighted billionths."""
    before, after = (
        (credits + booked) * weight
        for credits, booked, weight in zip(
            (line.before.credits, line.after.credits), corrected, weights[:2], strict=True
        )
    )
    booked = corrected[1] * weights[1] - corrected[0] * weights[0]
    return (before, after, *parts, booked)


def _rounded(keys: Keys, amounts: Sequence[int], over: int) -> Split:
    """Return weighted billionths as credits: before and after rounded half to even, and parts that
    sum to their difference."""
    before, after = (_half_even(amount, over) for amount in amounts[:2])
    parts = apportion([Fraction(amount, over) for amount in amounts[2:]], after - before)
    return Split(
        keys, _credits(before), _credits(after), dict(zip(PARTS, map(_credits, parts), strict=True))
    )


def _half_even(amount: int, over: int) -> int:
    whole, rest = divmod(amount, over)
    return whole + (2 * rest > over or (2 * rest == over and whole % 2))


def _credits(billionths: int) -> Decimal:
    return Decimal(billionths).scaleb(-SCALE, EXACT)
