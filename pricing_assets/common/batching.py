"""Work in batches, so that memory is bounded; dates in ranges, so that few runs do for many."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)
Result = TypeVar("Result")


def batches(sizes: Mapping[Item, int], most: int) -> Iterable[list[Item]]:
    """Yield items to work on together: as many, in order, as are no larger than `most` in sum;
    one that is larger is alone."""
    batch: list[Item] = []
    together = 0
    for item, size in sizes.items():
        if batch and together + size > most:
            yield batch
            batch, together = [], 0
        batch.append(item)
        together += size
    if batch:
        yield batch


def one_by_one(
    items: Sequence[Item],
    work: Callable[[Sequence[Item]], dict[Item, Result]],
    is_too_much: Callable[[Exception], bool],
    fail: Callable[[Item, Exception], None],
) -> dict[Item, Result]:
    """Return what `work` makes of items together; where that is too much, of each by itself. One
    that is too much alone is given to `fail`, and holds no other up."""
    try:
        return work(items)
    except Exception as error:
        if not is_too_much(error):
            raise
        if len(items) == 1:
            fail(items[0], error)
            return {}
    results: dict[Item, Result] = {}
    for item in items:
        results |= one_by_one([item], work, is_too_much, fail)
    return results


def contiguous(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return dates in any order as ranges (first, last) without a gap, oldest first."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
