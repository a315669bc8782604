"""How often a run tries again where its engine was lost, in Dagster and without it alike."""

import time
from collections.abc import Callable
from typing import TypeVar

from pricing_assets.common.errors import EngineLost

RETRIES, RETRY_SECONDS = 2, 20
"""How many times, and how long after each loss."""
Result = TypeVar("Result")


def retried(work: Callable[[], Result]) -> Result:
    """Return what the work gives, which is done again where the engine is lost; EngineLost where it
    stays lost."""
    for _ in range(RETRIES):
        try:
            return work()
        except EngineLost:
            time.sleep(RETRY_SECONDS)
    return work()
