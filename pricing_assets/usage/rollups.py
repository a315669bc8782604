"""Rollups: each log is reduced once, and a date is the sum of what was made of its logs.

What is made of logs belongs to `making`, of which logs to `reduced_logs`, where it is kept, and
under what it is known, to `units`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import files
from pricing_assets.contract import usage_dates
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.relations import make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Inputs, Receipt
from pricing_assets.intake.door import Door
from pricing_assets.usage.making import LocalDuckDB, Maker
from pricing_assets.usage.reduced_logs import Logs, make_missing
from pricing_assets.usage.shared_ids import shared_ids
from pricing_assets.usage.units import ROWS, Unit, Units

if TYPE_CHECKING:
    import duckdb
    import polars as pl


@dataclass(frozen=True)
class _Opened:
    """The units that a run's dates are made of."""

    logs: Logs
    kept: Units
    units: Sequence[Unit]
    pieces: Sequence[usage_dates.Piece]

    @property
    def days(self) -> set[date]:
        """The dates of the run."""
        return {piece.usage_date for piece in self.pieces}

    def files(self, suffix: str) -> list[Path]:
        """Return the file of this suffix of each unit, in their order."""
        return [self.kept.file(unit, suffix) for unit in self.units]


@dataclass
class Rollups:
    """The default engine: sums of logs, each of which is reduced when it is first asked for. `maker`
    reads the rows of logs, here or on a cluster."""

    maker: Maker = field(default_factory=LocalDuckDB)
    _opened: _Opened | None = field(default=None, repr=False)

    @property
    def door(self) -> Door | None:
        """Who examines new logs where they lie: what reads the rows of logs, where it is there."""
        return self.maker.door

    def open(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        receipts: Sequence[Receipt],
        pieces: Sequence[usage_dates.Piece],
    ) -> None:
        """Reduce the logs that are not, and name what was made of all."""
        logs, kept = Logs(inputs), Units(inputs.home.rollups)
        units = make_missing(con, logs, kept, [log.file for log in receipts], self.maker)
        load_pieces(con, list(pieces))
        self._opened = _Opened(logs, kept, units, pieces)
        register(con, "unit_logs", _places(units))
        _view_looked_at(con, self._opened)

    def rollups(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create `rollups` and `read_rows`: sums of the units' own."""
        opened = self._require()
        _view_of_dates(con, "unit_rollups", opened.files("rollup"))
        if len(opened.units) == 1:  # it is their sum already
            con.execute(
                "create or replace temp table rollups as select * exclude (unit) from unit_rollups"
            )
        else:
            make_table(con, "usage/units/merged_rollups", "rollups")
        _view_of_dates(con, "unit_totals", opened.files("totals"))
        con.execute(
            "create or replace temp view read_rows as " + statement("usage/units/file_totals")
        )

    def candidate_rows(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the view `candidate_rows`: the rows that were looked at when their logs were
        reduced, and those that must be now: of ids that several units have, and of lines that lost
        their price."""
        opened = self._require()
        rows = sum(opened.logs.receipts[log].rows for unit in opened.units for log in unit.logs)
        register(con, "repeated", shared_ids(opened.files("ids"), opened.days, rows))
        make_table(con, "usage/units/missing_ids")
        make_table(con, "usage/units/missing_lines")
        where = con.sql("select unit from missing_ids union select unit from missing_lines")
        units = [opened.units[place] for place in sorted(place for (place,) in where.fetchall())]
        keys = {log: key for unit in units for log, key in unit.logs.items()}
        days = {day.isoformat() for day in opened.days}
        receipts = [opened.logs.receipts[log] for log in keys]
        asked = {log.file: log for log in receipts if days & log.dates.keys()}
        if asked:
            inputs = opened.logs.inputs
            with files.scratch_folder(inputs.home.scratch, "rows-") as folder:
                target = folder / "rows.parquet"
                self.maker.fetch_rows(con, inputs, list(asked.values()), opened.pieces, target)
                opened.kept.add(ROWS, {log: keys[log] for log in asked}, [target])
            _view_looked_at(con, opened)
        con.execute("create or replace temp view candidate_rows as from looked_at")

    def identity(self) -> dict[str, str]:
        """Return what names a run of what reads the rows of logs; nothing where it is this process."""
        return self.maker.identity()

    def close(self) -> None:
        """Let go of what reads the rows of logs."""
        self.maker.close()

    def _require(self) -> _Opened:
        assert self._opened is not None, "open comes first"
        return self._opened


def _places(units: Sequence[Unit]) -> "pl.DataFrame":
    """Return each log with the place of its unit."""
    import polars as pl

    rows = [(place, log) for place, unit in enumerate(units) for log in unit.logs]
    return pl.DataFrame(rows, schema={"unit": pl.Int32, "file": pl.String}, orient="row")


def _view_looked_at(con: "duckdb.DuckDBPyConnection", opened: _Opened) -> None:
    """Create the view `looked_at`: rows of the logs that were looked at one by one so far, each
    once."""
    first = opened.files("rows")
    logs = {log for unit in opened.units for log in unit.logs}
    units = opened.kept.rows_of(logs, opened.logs.key)
    later = [opened.kept.file(unit, "rows") for unit in units]
    _view_of_dates(con, "looked_at_first", first)
    _view_of_dates(con, "looked_at_later", later or first[:1])
    make_table(con, "usage/units/rows_fetched")
    con.execute(
        "create or replace temp view looked_at as"
        " select * exclude (unit) from looked_at_first"
        " union all by name select * exclude (unit) from rows_fetched"
    )


def _view_of_dates(con: "duckdb.DuckDBPyConnection", name: str, paths: Sequence[Path]) -> None:
    """Create a view of what files of units hold on the dates of `pieces`, with their places."""
    from duckdb import ConstantExpression, StarExpression

    parts = [
        scan_parquet(con, [path]).select(StarExpression(), ConstantExpression(n).alias("unit"))
        for n, path in enumerate(paths)
    ]
    reduce(lambda one, other: one.union(other), parts).create_view(f"every_{name}")
    con.execute(
        f"create or replace temp view {name} as select * from every_{name}"
        " where usage_date in (select usage_date from pieces)"
    )
