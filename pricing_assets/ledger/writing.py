"""Files of the ledger's dates: the tables of one date, and dates that are computed together.

What is in the tables belongs to `compute`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from pricing_assets.contract.ledger_tables import ledger_tables
from pricing_assets.db.io import quoted
from pricing_assets.ledger import chain

TABLES: Final = ("ledger", "burns", "balances")
FORMATS: Final = {
    "csv": "format csv, header true",
    "parquet": "format parquet, compression zstd, row_group_size 122880",
}
ROWS_AT_ONCE: Final = 1_000_000
"""Dates are computed together up to this many charges, in bounded memory."""


def write_date(con: Any, day: date, dimensions: tuple[str, ...], stage: Path) -> None:
    """Write the three tables of a date into the stage, from what `compute` made: that is in total
    order already, and sorting each date again would be half of a run's cost."""
    for name in TABLES:
        columns = ", ".join(
            f"cast({'dimensions.' if column.name in dimensions else ''}{quoted(column.name)}"
            f" as {column.type}) as {quoted(column.name)}"
            for column in ledger_tables(dimensions)[name].columns
        )
        for suffix, kind in FORMATS.items():
            con.execute(
                f"copy (select {columns} from {name} where usage_date = $day) to $target ({kind})",
                {"day": day, "target": str(stage / f"{name}.{suffix}")},
            )


def batches(days: Sequence[date], inputs: Mapping[date, chain.Inputs]) -> Iterator[list[date]]:
    """Yield dates in order, together as long as they have few charges."""
    batch: list[date] = []
    rows = 0
    for day in days:
        if batch and rows + inputs[day].rows > ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append(day)
        rows += inputs[day].rows
    if batch:
        yield batch
