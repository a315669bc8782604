"""How a command publishes dates where no run is recorded: by the steps themselves, without Dagster.

What the steps do belongs to `pricing_assets.flow`; runs that Dagster records belong to `jobs`.
"""

import os
import time
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from pricing_assets.common.errors import EngineLost
from pricing_assets.flow import Flow
from pricing_assets.report.publish import Published

RETRIES, RETRY_SECONDS = 2, 20
"""How often a run tries again where its engine was lost, and after how long."""


def contiguous(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return dates in any order as ranges (first, last) without a gap, oldest first."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges


def is_recorded() -> bool:
    """Return whether runs of this process are recorded in Dagster."""
    return bool(os.environ.get("DAGSTER_HOME"))


def publish(run: Flow, first: date, last: date) -> list[Published]:
    """Bring a range of dates up to date; the home is locked. Dates that are blocked or failed are
    among what is returned; EngineLost where the engine stays lost."""
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    _reduce(run, days)
    run.charges(days)
    run.checks(days)
    return run.report(days)


def _reduce(run: Flow, days: Sequence[date]) -> None:
    """Reduce the dates; where the engine is lost, try again as Dagster does."""
    for attempt in range(RETRIES + 1):
        try:
            run.usage(days)
        except EngineLost:
            if attempt == RETRIES:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return
