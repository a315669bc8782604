"""Files of the ledger's dates: the tables of one date, and dates that are computed together.

What is in the tables belongs to `compute`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pricing_assets.contract.ledger_tables import ledger_tables
from pricing_assets.db.io import quoted
from pricing_assets.ledger import chain
from pricing_assets.ledger.compute import TABLES
from pricing_assets.ledger.pinned import Lines

if TYPE_CHECKING:
    import pyarrow as pa

    from pricing_assets.ledger.tabling import Computed

FORMATS: Final = {
    "csv": "format csv, header true",
    "parquet": "format parquet, compression zstd, row_group_size 122880",
}
ROWS_AT_ONCE: Final = 500_000
"""Dates are computed together up to this many charges or balances, in bounded memory."""


def write_date(
    con: Any, computed: "Computed", day: date, dimensions: tuple[str, ...], stage: Path
) -> None:
    """Write the three tables of a date into the stage: they are in total order already, and sorting each
    date again would be half of a run's cost."""
    from pricing_assets.ledger.tabling import of_dates

    for name in TABLES:
        table = ledger_tables(dimensions)[name]
        rows = of_dates(getattr(computed, name), day, day)
        con.register("rows_of_date", rows)
        columns = ", ".join(
            f"cast({'dimensions.' if column.name in dimensions else ''}{quoted(column.name)}"
            f" as {column.type}) as {quoted(column.name)}"
            for column in table.columns
        )
        for suffix, kind in FORMATS.items():
            target = stage / f"{name}.{suffix}"
            if suffix == "csv" and computed.is_plain:
                write_plain_csv(rows, [column.name for column in table.columns], target)
            else:
                con.execute(
                    f"copy (select {columns} from rows_of_date) to $target ({kind})",
                    {"target": str(target)},
                )
        con.unregister("rows_of_date")


def write_plain_csv(rows: "pa.Table", names: Sequence[str], target: Path) -> None:
    """Write these columns of rows without any text that needs quotes: the bytes that DuckDB writes, in
    a third of its time."""
    import polars as pl
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {
        name: rows[name] if name in rows.column_names else pc.struct_field(rows["dimensions"], name)
        for name in names
    }
    pl.DataFrame(pa.table(columns)).write_csv(target)


def batches(
    days: Sequence[date], inputs: Mapping[date, chain.DateInputs], lines: Lines
) -> Iterator[list[date]]:
    """Yield dates in order, together as long as they have few charges and balances."""
    organizations = len({grant.org_id for grant in lines.grants})
    batch: list[date] = []
    rows = 0
    for day in days:
        of_day = max(inputs[day].rows, organizations)
        if batch and rows + of_day > ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append(day)
        rows += of_day
    if batch:
        yield batch
