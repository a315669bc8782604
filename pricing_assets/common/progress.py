"""Progress: how much of long work is done, how fast it goes, and how long the rest may take.

Where it is shown belongs to whoever asked for the work.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from pricing_assets.common.text import counted

Item = TypeVar("Item")

KNOWN_AFTER = 2.0
"""Seconds after which a rate says something of the rest."""


@dataclass
class Progress:
    """How many of so many things, by their noun, are done since the work began."""

    total: int
    noun: str
    done: int = 0
    began: float = field(default_factory=time.monotonic)

    def counting(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items, and count each as done when the next one is asked for."""
        for item in items:
            yield item
            self.done += 1

    def __str__(self) -> str:
        """Return how much is done so far."""
        return self.after(time.monotonic() - self.began)

    def after(self, seconds: float) -> str:
        """Return how much is done after so many seconds.

        >>> Progress(2_000, "row", done=1_000).after(10)
        '1,000 of 2,000 rows, 50 %, 100 a second, 10 s left'
        >>> Progress(2_000, "row").after(10)
        '0 of 2,000 rows, 0 %'
        """
        share = 100 * self.done // self.total if self.total else 100
        text = f"{self.done:,} of {counted(self.total, self.noun)}, {share} %"
        if not self.done or seconds < KNOWN_AFTER:
            return text
        rate = self.done / seconds
        a_second = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        return f"{text}, {a_second} a second, {_spoken((self.total - self.done) / rate)} left"


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"
