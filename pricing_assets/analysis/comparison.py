"""How two sets of prices compare over the same usage, and that comparison as a file.

What is compared, and by which prices, belongs to `what_if`.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pricing_assets.common.decimals import EXACT
from pricing_assets.db.io import require_out


@dataclass(frozen=True)
class Group:
    """Charges of one group of keys: credits now, credits then, and the difference."""

    keys: tuple[Any, ...]
    now: Decimal
    then: Decimal
    difference: Decimal


@dataclass(frozen=True)
class PriceComparison:
    """What other prices would make of published usage. Unpriced events are charged in neither."""

    by: tuple[str, ...]
    groups: list[Group]
    now: Decimal
    then: Decimal
    unpriced_now: int
    unpriced_then: int

    @property
    def difference(self) -> Decimal:
        """Credits then less credits now, exact."""
        return EXACT.subtract(self.then, self.now)


def write(found: PriceComparison, out: Path) -> None:
    """Write the groups as .csv or .parquet, credits as Decimal(38, 9); ConfigurationError where `out`
    is neither."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    require_out(out)
    exact = pa.decimal128(38, 9)
    columns: dict[str, Any] = {
        name: pa.array(
            [None if group.keys[i] is None else str(group.keys[i]) for group in found.groups],
            pa.string(),
        )
        for i, name in enumerate(found.by)
    }
    for name in ("now", "then", "difference"):
        columns[f"credits_{name}" if name != "difference" else name] = pa.array(
            [getattr(group, name) for group in found.groups], exact
        )
    table = pa.table(columns)
    if out.suffix == ".csv":
        pyarrow.csv.write_csv(table, out)
    else:
        pq.write_table(table, out)
