"""Hashes that several units have: a small unit is looked up in a large one, and none is missed."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from pricing_assets.usage.shared_ids import dates_with_common_ids, shared


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


def test_dates_with_ids_in_common_are_found_in_units_of_any_size(tmp_path: Path) -> None:
    rng = np.random.default_rng(17)
    days = [date(2026, 2, 1) + timedelta(days=step) for step in range(4)]
    for _ in range(100):
        groups: list[list[Path]] = [[], []]
        ids: list[set[tuple[date, int]]] = [set(), set()]
        for number, place in enumerate(rng.integers(0, 2, rng.integers(2, 5)).tolist()):
            size = rng.choice([0, 1, 2, 15])
            rows = zip(rng.choice(days, size), rng.integers(0, 60, size).tolist(), strict=True)
            unit = pl.DataFrame(
                sorted(rows), schema={"usage_date": pl.Date, "id_hash": pl.UInt64}, orient="row"
            )
            unit.write_parquet(tmp_path / f"{number}.parquet")
            groups[place].append(tmp_path / f"{number}.parquet")
            ids[place] |= {*unit.iter_rows()}
        expected = {day for day, _ in ids[0] & ids[1] if day != days[0]}
        assert dates_with_common_ids(*groups, days[1:]) == expected
