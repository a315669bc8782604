"""Histories of a home from one seed each: the short form; `simulator.py` lives and replays any.

All its promises are held after each step; which they are is in `invariants`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_injection import Killer
from tests.support.simulator import live


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with Killer() as made:
        yield made


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(seed, marks=pytest.mark.slow)
        for seed in (22, 0, 1)  # 22: with dates closed and reopened, and a disk that fails
    ],
)
def test_a_random_history_keeps_every_promise(tmp_path: Path, killer: Killer, seed: int) -> None:
    assert live(seed, tmp_path, killer)["steps"] > 3


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 1000, 20))
def test_a_thousand_random_histories_keep_every_promise(
    tmp_path: Path, killer: Killer, first: int
) -> None:
    for seed in range(first, first + 20):
        live(seed, tmp_path / f"{seed}", killer)
