"""Counts judged without Great Expectations, which takes seconds to load: all tests go by it.

`test_rules` holds Great Expectations to the same answers, `real_judge` brings it back, and whole runs
of the command as a process of its own go by it. Such a process goes by this one, too, where it is
not what is tested:

    python -m tests.support.plain_judge run …       # as `creditmill run …`
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from unittest import mock

from pricing_assets.checks import expectations
from pricing_assets.checks import run as checks
from pricing_assets.home.check_rule import Rule

REAL = (expectations.preload, expectations.judge)


def judge(
    counts: Mapping[date, Mapping[str, int]], rules: Sequence[Rule]
) -> dict[date, dict[str, bool]]:
    """Return per date and rule whether no fault was counted."""
    names = [rule.name for rule in rules]
    return {day: {name: by_rule[name] == 0 for name in names} for day, by_rule in counts.items()}


@contextmanager
def judged_plainly() -> Iterator[None]:
    """Put the plain judge in place of Great Expectations, which is not loaded either."""
    with (
        mock.patch.object(expectations, "preload", return_value=None),
        mock.patch.object(checks, "judge", judge),
    ):
        yield


@contextmanager
def judged_by_great_expectations() -> Iterator[None]:
    """Put it back."""
    preload, real = REAL
    with (
        mock.patch.object(expectations, "preload", preload),
        mock.patch.object(checks, "judge", real),
    ):
        yield


if __name__ == "__main__":
    from pipelines.cli.app import entry

    with judged_plainly():
        entry()
