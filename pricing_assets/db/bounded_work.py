"""Work over usage dates in bounded memory: in batches, and one by one where a batch takes too much.

What is done with the dates belongs to the steps of a run.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pricing_assets.common import resources
from pricing_assets.common.batching import batches, one_by_one
from pricing_assets.db import connection as duck

if TYPE_CHECKING:
    import duckdb

Result = TypeVar("Result")


def is_too_much(error: Exception) -> bool:
    """Return whether work takes more memory or disk than there is."""
    return resources.is_out_of_memory(error) or resources.is_disk_full(error)


@dataclass(frozen=True)
class BoundedWork:
    """How the steps of a run work: within `limits`, over the files of one folder, spilling into
    `scratch`. `fail` notes why a date has no result, `too_much` says it of one that takes more than
    there is, `progress` is told of each step."""

    limits: duck.Limits
    folder: Path
    scratch: Path
    progress: Callable[[str, str], None]
    fail: Callable[[date, str], None]
    too_much: Callable[[date, Exception], str]

    def connection(self) -> AbstractContextManager["duckdb.DuckDBPyConnection"]:
        """Return a connection that reads the folder, within the limits."""
        return duck.connection(self.limits, self.scratch, [self.folder])

    def together(
        self, days: Sequence[date], work: Callable[[Sequence[date]], dict[date, Result]]
    ) -> dict[date, Result]:
        """Return what `work` makes of dates together; where that takes more memory or temporary disk
        than there is, of each by itself. One that takes more alone fails by name."""
        return one_by_one(
            days, work, is_too_much, lambda day, error: self.fail(day, self.too_much(day, error))
        )

    def in_batches(
        self,
        sizes: Mapping[date, int],
        most: int,
        work: Callable[[Sequence[date]], dict[date, Result]],
    ) -> dict[date, Result]:
        """Return what `work` makes of dates, so many together that their sizes stay under `most`."""
        results: dict[date, Result] = {}
        for batch in batches(sizes, most):
            results |= self.together(batch, work)
        return results
