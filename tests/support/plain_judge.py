"""Counts judged without Great Expectations, where many verdicts are asked for.

`test_rules` holds the real judge to the same answers; whole runs go by it elsewhere.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from unittest import mock

from pricing_assets.checks import expectations
from pricing_assets.checks import run as checks


def judge(
    counts: Mapping[date, Mapping[str, int]], warnings_only: Collection[str]
) -> dict[date, dict[str, bool]]:
    """Return per date and rule whether no fault was counted."""
    return {day: {rule: n == 0 for rule, n in by_rule.items()} for day, by_rule in counts.items()}


@contextmanager
def judged_plainly() -> Iterator[None]:
    """Put the plain judge in place of Great Expectations, which is not loaded either."""
    with (
        mock.patch.object(expectations, "preload", return_value=None),
        mock.patch.object(checks, "judge", judge),
    ):
        yield
