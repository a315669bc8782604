"""Engines: what reads single events. Everything after it works on lines and on few rows.

Which rows a log has belongs to `events`, the engine on a cluster to `spark`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pricing_assets.common import resources
from pricing_assets.contract import usage_dates
from pricing_assets.db.relations import make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.home import Inputs, Receipt
from pricing_assets.intake.door import Door
from pricing_assets.usage.events import load_events

if TYPE_CHECKING:
    import duckdb

Candidates = Callable[["duckdb.DuckDBPyConnection"], None]
"""Makes the relation `repeated_ids` (`id_hash`) from `events`: hashes of ids that may have come
more than once on a usage date. Any superset gives the same result."""


BYTES_A_HASH = 100
"""What is left free per row where hashes are sorted in memory: they take a quarter of it."""


def repeated_ids(con: "duckdb.DuckDBPyConnection") -> None:
    """Return equal 64-bit hashes, found by sorting them: a third of the cost of grouping, which they are
    where there are too many for this machine's memory."""
    ((rows,),) = con.sql("select coalesce(sum(events), 0) from classified_rollups").fetchall()
    if rows * BYTES_A_HASH > resources.available_memory():
        make_table(con, "usage/repeated_ids")
        return
    import polars as pl

    hashes = con.sql(statement("usage/id_hashes")).pl()["id_hash"].sort()
    repeated = hashes.filter(hashes == hashes.shift(1)).unique()
    register(con, "repeated_ids", pl.DataFrame({"id_hash": repeated}))


def every_id(con: "duckdb.DuckDBPyConnection") -> None:
    """Choose the largest superset there is; slow, and equal in every byte."""
    con.execute(f"create temp table repeated_ids as {statement('usage/id_hashes')}")


class Engine(Protocol):
    """What reads single events: everything after it works on lines and on few rows."""

    @property
    def door(self) -> Door | None:
        """Who examines new logs where they lie; None: nobody, they are read here."""

    def open(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        receipts: Sequence[Receipt],
        pieces: Sequence[usage_dates.Piece],
    ) -> None:
        """Name the events: every row of the logs on these pieces of dates; the contract and the
        prices are loaded."""

    def rollups(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the relations `rollups` and `read_rows`."""

    def candidate_rows(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the relation `candidate_rows`, which may be read twice; the table `candidate_lines`
        is there."""

    def identity(self) -> dict[str, str]:
        """Return what names a run of the engine in its own pages."""

    def close(self) -> None:
        """Let go of what is held beyond this process."""


@dataclass(frozen=True)
class DuckDB:
    """The engine that reads every row of the logs each time: the reference that other engines must equal."""

    candidates: Candidates = repeated_ids
    door: Door | None = None

    def open(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        receipts: Sequence[Receipt],
        pieces: Sequence[usage_dates.Piece],
    ) -> None:
        """Create the view `events`."""
        load_events(con, inputs.home, receipts, pieces, inputs.settings)

    def rollups(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Return all rows, summed once; rows of files are counted where they are needed."""
        make_table(con, "usage/rollups")
        con.execute(f"create or replace temp view read_rows as {statement('usage/file_totals')}")

    def candidate_rows(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create a view of the columns that hashes need; whole rows are read where they are looked
        at."""
        self.candidates(con)
        con.execute(
            f"create or replace temp view candidate_rows as {statement('usage/candidate_rows')}"
        )

    def identity(self) -> dict[str, str]:
        """Return nothing: it is this process."""
        return {}

    def close(self) -> None:
        """Do nothing: nothing is held."""
