"""Making units of some logs: their rollup (sums by line), totals (sums by log), ids (sorted
hashes), and the rows that must be looked at one by one.

Where they are kept belongs to `units`, what is done with them to `rollups`.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pricing_assets.common import files
from pricing_assets.contract import usage_dates
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.relations import make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Inputs, Receipt
from pricing_assets.intake.door import Door
from pricing_assets.rates.resolution import answer
from pricing_assets.usage.events import load_events

if TYPE_CHECKING:
    import duckdb
    import polars as pl
    import pyarrow as pa


class Maker(Protocol):
    """What reads the rows of logs, here or on a cluster."""

    @property
    def door(self) -> Door | None:
        """The remote reader of new logs; None reads them here."""

    def make_units(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        groups: Sequence[Sequence[Receipt]],
    ) -> Iterator[tuple[Sequence[Receipt], tuple[Path, ...]]]:
        """Make the files of each group of logs together, as `make_unit` does; yields them in any order,
        and they are gone when the next are asked for."""

    def fetch_rows(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        logs: Sequence[Receipt],
        pieces: Sequence[usage_dates.Piece],
        target: Path,
    ) -> None:
        """Write the rows of logs that must be looked at, and were not: of the relations `missing_ids`
        and `missing_lines`, which are there, less those of `looked_at`."""

    def identity(self) -> dict[str, str]:
        """Return what names a run of it in its own pages."""

    def close(self) -> None:
        """Let go of what is held beyond this process."""


class LocalDuckDB:
    """DuckDB in this process."""

    door: Door | None = None

    def make_units(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        groups: Sequence[Sequence[Receipt]],
    ) -> Iterator[tuple[Sequence[Receipt], tuple[Path, ...]]]:
        """Make the files of one group after the other."""
        return one_by_one(make_unit, con, inputs, groups)

    def fetch_rows(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        logs: Sequence[Receipt],
        pieces: Sequence[usage_dates.Piece],
        target: Path,
    ) -> None:
        """Write the rows of logs that must be looked at, and were not."""
        load_events(con, inputs.home, logs, pieces, inputs.settings)
        copy(con, statement("usage/units/rows_to_fetch"), target)

    def identity(self) -> dict[str, str]:
        """Return nothing: it is this process."""
        return {}

    def close(self) -> None:
        """Do nothing: nothing is held."""


def one_by_one(
    make: Callable[..., tuple[Path, ...]],
    con: "duckdb.DuckDBPyConnection",
    inputs: Inputs,
    groups: Sequence[Sequence[Receipt]],
) -> Iterator[tuple[Sequence[Receipt], tuple[Path, ...]]]:
    """Make the files of one group of logs after the other, each in a folder that goes with it."""
    for logs in groups:
        with files.scratch_folder(inputs.home.scratch, "rollups-") as folder:
            yield logs, make(con, inputs, logs, folder)


def make_unit(
    con: "duckdb.DuckDBPyConnection", inputs: Inputs, logs: Sequence[Receipt], folder: Path
) -> tuple[Path, ...]:
    """Make the files of some logs together in a folder, over all dates that they hold; the contract
    and the prices are loaded. Returns `rollup.parquet`, `totals.parquet`, `ids.parquet` and
    `rows.parquet`.

    Rows to be looked at are those that no superset may leave out: of an id that comes twice in these
    logs, and of a line that breaks a rule, has no price now, or holds snapshots.
    """
    days = {date.fromisoformat(day) for log in logs for day in log.dates}
    pieces = inputs.rates.pieces(sorted(days), inputs.settings.timezone)
    load_pieces(con, pieces)
    load_events(con, inputs.home, logs, pieces, inputs.settings)
    names = ("rollup", "totals", "ids", "rows")
    paths = rollup, totals, ids, rows = tuple(folder / f"{name}.parquet" for name in names)
    copy(con, statement("usage/units/unit_rollups"), rollup)
    copy(con, statement("usage/file_totals"), totals)
    scan_parquet(con, [rollup]).create_view("unit_rollups")
    make_candidate_lines(con)
    register(con, "repeated_ids", write_ids(con, ids))
    copy(con, statement("usage/units/unit_rows"), rows)
    return paths


def make_candidate_lines(con: "duckdb.DuckDBPyConnection") -> None:
    """Create `candidate_lines`, of the kinds of line that the unit holds."""
    make_table(con, "usage/units/line_kinds", "rollups")
    make_table(con, "usage/classified_rollups")
    con.execute(
        "create or replace temp view line_keys as from classified_rollups where reason is null"
    )
    answer(con)
    make_table(con, "usage/candidate_lines")
    con.execute("drop table rollups; drop table classified_rollups")


def write_ids(con: "duckdb.DuckDBPyConnection", target: Path) -> "pl.DataFrame":
    """Write the hashes of ids by date and in order, so that equal ones are neighbours and the file
    is small; returns the hashes that come more than once."""
    import numpy as np
    import polars as pl
    import pyarrow as pa
    import pyarrow.parquet as pq

    read: pa.Table = con.sql(statement("usage/units/unit_ids")).to_arrow_table()
    hashes, days = (_values(read, name) for name in ("id_hash", "usage_date"))
    if not len(days) or days.min() == days.max():
        hashes.sort()
    else:
        order = np.lexsort((hashes, days))
        hashes, days = hashes[order], days[order]
    ordered = pa.table(
        {"usage_date": pa.array(days, pa.int32()).cast(pa.date32()), "id_hash": pa.array(hashes)}
    )
    pq.write_table(
        ordered,
        target,
        compression="none",  # nothing makes hashes smaller
        use_dictionary=["usage_date"],
        column_encoding={"id_hash": "DELTA_BINARY_PACKED"},
    )
    return pl.DataFrame({"id_hash": np.unique(hashes[1:][hashes[1:] == hashes[:-1]])})


def _values(table: "pa.Table", name: str) -> Any:
    """Return a column without nulls as a NumPy array of its own; dates as numbers of days."""
    import pyarrow as pa

    column = table.column(name).combine_chunks()
    return (column.cast(pa.int32()) if pa.types.is_date(column.type) else column).to_numpy().copy()


def copy(con: "duckdb.DuckDBPyConnection", query: str, target: Path) -> None:
    """Write a query's rows as Parquet."""
    con.execute(
        f"copy ({query}) to $target (format parquet, compression zstd)", {"target": str(target)}
    )
