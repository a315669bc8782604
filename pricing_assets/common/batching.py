"""Work in batches, so that memory is bounded."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


def batches(sizes: Mapping[Item, int], most: int) -> Iterable[list[Item]]:
    """Items to work on together: as many, in order, as are no larger than `most` in sum; one that is
    larger is alone."""
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
