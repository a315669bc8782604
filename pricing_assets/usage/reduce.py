"""Usage: reduce the logs of usage dates to lines, and decide every row's outcome.

A date is made of its stored lines where only prices changed (`restate`), of these and of what came
since where that is apart (`extend`), else of all its logs.

One scan sums all rows; only rows that may not count are looked at by themselves, and those of one
file that are all alike together. Credits are not computed here.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common.text import counted
from pricing_assets.db.bounded_work import BoundedWork
from pricing_assets.db.relations import make_table
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Inputs, Receipt, Reported
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.rates.resolution import answer
from pricing_assets.usage import extend, restate
from pricing_assets.usage.engine import DuckDB, Engine
from pricing_assets.usage.restate import lines_of
from pricing_assets.usage.rollups import Rollups
from pricing_assets.usage.staging import Reduced, staged, write_date

if TYPE_CHECKING:
    import duckdb

ROWS_AT_ONCE = 30_000_000
"""Dates are reduced together up to this many rows: one pass, in bounded memory."""
LINES_AT_ONCE = 3_000_000
"""Dates are made of stored lines together up to this many lines."""


def reduce_all(
    work: BoundedWork,
    inputs: Inputs,
    logs: Mapping[date, Sequence[Receipt]],
    stage: Path,
    engine: Engine,
) -> Reduced:
    """Write each date's tables under `stage`, by what costs least of it; a date that takes more memory
    or disk than there is fails by name in `work`, and is not in what is returned."""
    reduction = _Reduction(work, inputs, stage, engine)
    versions = restate.restatable(inputs.home, logs, inputs.rates, inputs.settings)
    reduction.add(
        {day: lines_of(version) for day, version in versions.items()},
        LINES_AT_ONCE,
        ", from their stored lines",
        lambda batch: reduction.restated({day: versions[day] for day in batch}),
    )
    if isinstance(engine, Rollups):
        found = extend.extendable(inputs.home, logs, inputs.rates, inputs.settings)
        extendable = {day: found[day] for day in sorted(found.keys() - versions)}
        reduction.add(
            {day: lines_of(version) for day, version in extendable.items()},
            LINES_AT_ONCE,
            ", with what came since",
            lambda batch: reduction.extended({day: extendable[day] for day in batch}, engine),
        )
    reduction.add(
        {
            day: sum(log.dates[day.isoformat()] for log in of_day)
            for day, of_day in logs.items()
            if day not in reduction.reduced.stages and day not in reduction.too_much
        },
        ROWS_AT_ONCE,
        "",
        reduction.from_logs,
    )
    return reduction.reduced


@dataclass
class _Reduction:
    """A reduction under way: what was made of the dates so far, and which took too much."""

    work: BoundedWork
    inputs: Inputs
    stage: Path
    engine: Engine
    reduced: Reduced = field(default_factory=Reduced)
    too_much: set[date] = field(default_factory=set)

    def add(
        self,
        sizes: Mapping[date, int],
        most: int,
        how: str,
        reduce: Callable[[Sequence[date]], Reduced],
    ) -> None:
        """Reduce dates in one way, so many together that their sizes stay under `most`."""

        def reduce_batch(batch: Sequence[date]) -> dict[date, bool]:
            self.work.progress("usage", f"{counted(len(batch), 'date')} from {batch[0]}{how}")
            self.reduced |= reduce(batch)
            return dict.fromkeys(batch, True)

        done = self.work.in_batches(sizes, most, reduce_batch)
        self.too_much |= sizes.keys() - done.keys()

    def restated(
        self, versions: Mapping[date, Reported], added: Mapping[date, Path] | None = None
    ) -> Reduced:
        """Make dates of what their versions stored, and of what was added."""
        rates, settings = self.inputs.rates, self.inputs.settings
        with self.work.connection() as con:
            return restate.restate_dates(con, versions, rates, settings, self.stage, added)

    def extended(self, versions: Mapping[date, Reported], engine: Rollups) -> Reduced:
        """Make dates of what their versions stored, and of the logs that came since."""
        with self.work.connection() as con:
            added = reduce_added(con, self.inputs, versions, self.stage / "added", engine)
        return self.restated({day: versions[day] for day in added}, added) if added else Reduced()

    def from_logs(self, days: Sequence[date]) -> Reduced:
        """Make dates of all their logs."""
        with self.work.connection() as con:
            return reduce_dates(con, self.inputs, days, self.stage, self.engine)


def reduce_added(
    con: "duckdb.DuckDBPyConnection",
    inputs: Inputs,
    versions: Mapping[date, Reported],
    stage: Path,
    engine: Rollups,
) -> dict[date, Path]:
    """Reduce what is new of the dates, and write its tables under `stage`, as `reduce_dates` would
    of a home of these logs alone; dates of which rows must be looked at together are left out."""
    days, added = extend.dates_apart(con, inputs, versions, engine)
    if not days:
        return {}
    reduced = reduce_dates(con, inputs, days, stage, engine, only=added)
    # of a knowledge base one snapshot counts
    stored = {
        day
        for (day,) in con.sql(
            "select distinct usage_date from lines where service = storage_service()"
        ).fetchall()
    }
    return {day: folder for day, folder in reduced.stages.items() if day not in stored}


def reduce_dates(
    con: "duckdb.DuckDBPyConnection",
    inputs: Inputs,
    days: Sequence[date],
    stage: Path,
    engine: Engine | None = None,
    only: Collection[str] | None = None,
) -> Reduced:
    """Reduce all rows of the dates, and write each date's tables under `stage`; those of the logs
    `only` (by SHA-256), where they are named."""
    rates, settings = inputs.rates, inputs.settings
    isodays = {day.isoformat() for day in days}
    logs = [
        receipt
        for receipt in inputs.receipts
        if isodays & receipt.dates.keys() and (only is None or receipt.file in only)
    ]
    engine = engine or DuckDB()
    pieces = rates.pieces(days, settings.timezone)
    if not logs or not pieces:  # all their rows lie on other dates now
        return Reduced(
            {day: write_date(con, day, settings.dimensions, stage, is_empty=True) for day in days}
        )
    load_pieces(con, pieces)
    load_contract(con)
    load_prices(con, rates)
    engine.open(con, inputs, logs, pieces)
    reduce_events(con, engine)
    for name in ("usage", "account", "snapshots"):
        make_table(con, f"usage/{name}")
    make_quarantined(con)
    classed = {day for (day,) in con.sql(statement("usage/dates_with_classes")).fetchall()}
    con.execute("drop table decided_rows; drop table classified_rollups")
    return staged(con, days, settings.dimensions, stage, classed)


def reduce_events(
    con: "duckdb.DuckDBPyConnection", engine: Engine, *, one_by_one: bool = False
) -> None:
    """Create, from the engine's events and the prices, `lines` and `rated_lines`, `classified_rollups`
    (the rules that each rollup breaks, and its key), and `outcomes`, which holds every row that is not
    rated: those of one file that are all alike as one row with their number, or each by itself."""
    engine.rollups(con)
    make_table(con, "usage/classified_rollups")
    con.execute("drop table rollups")
    con.execute(
        "create or replace temp view line_keys as from classified_rollups where reason is null"
    )
    answer(con)
    make_table(con, "usage/candidate_lines")
    engine.candidate_rows(con)
    con.execute(
        f"create or replace temp table candidate_groups as {statement('usage/candidate_groups')}",
        {"one_by_one": one_by_one},
    )
    make_table(con, "usage/decided_rows")
    for name in ("lines", "rated_lines", "outcomes"):
        make_table(con, f"usage/{name}")


def make_quarantined(con: "duckdb.DuckDBPyConnection") -> None:
    """Create the view `quarantined_rows`, from `outcomes`. Only where several rows that are all alike
    ended in quarantine, where each is listed, are the logs read for them once more."""
    several = con.sql(
        "select count(*) from outcomes where rows > 1 and is_quarantined(outcome)"
    ).fetchall()
    if several == [(0,)]:
        con.execute(
            "create temp table quarantined_copies (file text, first_row bigint, row_number bigint)"
        )
    else:
        make_table(con, "usage/quarantined_copies")
    con.execute(
        f"create or replace temp view quarantined_rows as {statement('usage/quarantined_rows')}"
    )
