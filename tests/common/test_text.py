"""Words that sentences are made of."""

import pytest

from pricing_assets.common.text import counted


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1234567, "1,234,567 rows")]
)
def test_one_of_a_thing_is_no_plural(count: int, said: str) -> None:
    assert counted(count, "row") == said
