"""Cases of a test of which the short tests take some."""

from collections.abc import Iterable
from typing import Any

import pytest


def few_in_short(cases: Iterable[Any], few: int = 1) -> list[Any]:
    """Return the cases, all but the first few of them slow; a tuple is one case of several values."""
    return [
        case
        if number < few
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
        for number, case in enumerate(cases)
    ]
