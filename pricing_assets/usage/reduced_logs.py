"""Reduced logs: which logs of a home nothing was made of yet, and making it.

What is made of logs belongs to `making`, where it is kept, and under what it is known, to `units`.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common.batching import batches
from pricing_assets.home import Inputs
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.usage.making import LocalDuckDB, Maker, make_unit
from pricing_assets.usage.units import REDUCED, Unit, Units, key_of

if TYPE_CHECKING:
    import duckdb

ROWS_A_UNIT = 10_000_000
"""Logs that come together are reduced together up to this many rows."""
ROWS_TRIED = 1_000_000
"""So many rows say how long all take."""


class Logs:
    """The logs of a home with their keys: of thousands, of those that are asked for."""

    def __init__(self, inputs: Inputs) -> None:
        """Name the logs."""
        self.inputs = inputs
        self.receipts = {log.file: log for log in inputs.receipts}
        self._boundaries = inputs.rates.price_boundaries()
        self._keys: dict[str, str] = {}

    def key(self, log: str) -> str | None:
        """Return the key of a log, None where the home has no such log, or it was withdrawn."""
        if log not in self.receipts:
            return None
        if log not in self._keys:
            self._keys[log] = key_of(self.receipts[log], self.inputs.settings, self._boundaries)
        return self._keys[log]


def make_missing(
    con: "duckdb.DuckDBPyConnection",
    logs: Logs,
    units: Units,
    asked: Iterable[str],
    maker: Maker,
) -> list[Unit]:
    """Reduce those of the logs that are not as they would be now, or whose files are damaged,
    and remove what that supersedes; the contract and the prices are loaded. Returns the units of
    all, each once."""
    home = logs.inputs.home
    found = {log: units.reduced(log, logs.key) for log in asked}
    new = [log for log, unit in found.items() if unit is None]
    groups = [
        [logs.receipts[log] for log in batch]
        for batch in batches({log: logs.receipts[log].rows for log in new}, ROWS_A_UNIT)
    ]
    for together, paths in maker.make_units(con, logs.inputs, groups):
        keys = {log.file: logs.key(log.file) or "" for log in together}
        found |= dict.fromkeys(keys, units.add(REDUCED, keys, paths))
    units.forget(units.superseded(logs.receipts), home.scratch)
    return list({unit.name: unit for unit in found.values() if unit is not None}.values())


def missing(inputs: Inputs) -> dict[str, int]:
    """Return the logs of a home (by SHA-256) that are not reduced as they would be now, and whose
    bytes can be had, with their rows."""
    logs, units = Logs(inputs), Units(inputs.home.rollups)
    return {
        log: receipt.rows
        for log, receipt in logs.receipts.items()
        if receipt.dates
        and (receipt.reference or inputs.home.kept_log(log).is_file())
        and units.reduced(log, logs.key) is None
    }


def make_all(con: "duckdb.DuckDBPyConnection", inputs: Inputs) -> None:
    """Reduce the logs of a home that are not, as far as their bytes are there, and remove what
    nothing needs any more."""
    load_contract(con)
    load_prices(con, inputs.rates)
    make_missing(con, Logs(inputs), Units(inputs.home.rollups), missing(inputs), LocalDuckDB())


def seconds_to_make(con: "duckdb.DuckDBPyConnection", inputs: Inputs, scratch: Path) -> float:
    """Return how many seconds reducing the logs that are not would take here, by making the first of
    them in a folder for it: up to `ROWS_TRIED` rows, or one log; 0 where there are none."""
    rows = missing(inputs)
    if not rows:
        return 0.0
    tried = next(iter(batches(rows, ROWS_TRIED)))
    receipts = Logs(inputs).receipts
    load_contract(con)
    load_prices(con, inputs.rates)
    begun = time.monotonic()
    make_unit(con, inputs, [receipts[log] for log in tried], scratch)
    taken = time.monotonic() - begun
    return taken * sum(rows.values()) / max(1, sum(rows[log] for log in tried))
