"""Hashes that several units have: a small unit is looked up in a large one, and none is missed."""

from collections import Counter

import numpy as np

from pricing_assets.usage.shared_ids import shared


def test_what_several_units_have_is_found_in_units_of_any_size() -> None:
    rng = np.random.default_rng(17)
    for _ in range(300):
        sizes = rng.choice([0, 1, 2, 15, 100], rng.integers(2, 5))
        units = [np.sort(rng.integers(0, 300, size).astype(np.uint64)) for size in sizes]
        rows = Counter(number for unit in units for number in unit.tolist())
        units_with = Counter(number for unit in units for number in {*unit.tolist()})
        found = shared(units).tolist()
        assert found == sorted({*found})
        assert {number for number, count in units_with.items() if count > 1} <= {*found}
        assert {*found} <= {number for number, count in rows.items() if count > 1}
