"""Recompute rollups: make units of logs again, aside, and compare what they hold.

That their bytes are those that were made is compared in `files`.
"""

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Home, Inputs, Receipt
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.usage.events import load_events
from pricing_assets.usage.making import make_unit
from pricing_assets.usage.reduced_logs import Logs
from pricing_assets.usage.units import REDUCED, Unit, Units
from pricing_assets.verify.difference import Difference

if TYPE_CHECKING:
    import duckdb

WRONG = "it does not hold what its logs give; delete it, and the next run makes it again"


def recompute(inputs: Inputs, limits: duck.Limits | None = None) -> list[Difference]:
    """Return what differs from derived files made again: of all those whose logs are there, and that
    a run would use as they are."""
    differences: list[Difference] = []
    units = Units(inputs.home.rollups)
    logs = Logs(inputs)
    unneeded = {id(unit) for unit in units.superseded()}
    for unit in units.units:
        if id(unit) in unneeded or not units.is_sound(unit, logs.key):
            continue
        if not all(_is_there(inputs.home, logs.receipts[log]) for log in unit.logs):
            continue
        with (
            tempfile.TemporaryDirectory(prefix="creditmill-") as scratch,
            duck.connection(limits, Path(scratch), [inputs.home.path]) as con,
        ):
            load_contract(con)
            load_prices(con, inputs.rates)
            sources = [logs.receipts[log] for log in unit.logs]
            wrong = _differing(con, units, unit, inputs, sources, Path(scratch))
            differences += [Difference(str(path), WRONG) for path in wrong]
    return differences


def _differing(
    con: "duckdb.DuckDBPyConnection",
    units: Units,
    unit: Unit,
    inputs: Inputs,
    logs: list[Receipt],
    scratch: Path,
) -> list[Path]:
    """Return the files of a unit that hold something else: sums and ids that its logs do not give, or
    single rows that are not theirs. That no row is missing is counted by each run."""
    found = []
    if unit.kind == REDUCED:
        make_unit(con, inputs, logs, scratch)
        for name in ("rollup", "totals", "ids"):
            stored, again = units.file(unit, name), scratch / f"{name}.parquet"
            if _rows_beyond(con, stored, again) or _rows_beyond(con, again, stored):
                found.append(stored)
    else:
        days = {date.fromisoformat(day) for log in logs for day in log.dates}
        pieces = inputs.rates.pieces(sorted(days), inputs.settings.timezone)
        load_pieces(con, pieces)
        load_events(con, inputs.home, logs, pieces, inputs.settings)
    rows = units.file(unit, "rows")
    scan_parquet(con, [rows]).create_view("stored_rows")
    if con.sql("from stored_rows except all select * from events limit 1").fetchall():
        found.append(rows)
    return found


def _rows_beyond(con: "duckdb.DuckDBPyConnection", one: Path, other: Path) -> bool:
    """Return whether a file has a row that another has not."""
    scan_parquet(con, [one]).create_view("one")
    scan_parquet(con, [other]).create_view("other")
    return bool(con.sql("from one except all from other limit 1").fetchall())


def _is_there(home: Home, log: Receipt) -> bool:
    return home.kept_log(log.file).is_file()
