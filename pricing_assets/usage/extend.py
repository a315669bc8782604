"""Extend: stage a date again from what its version stored, and from what logs that came since add.

Only where no row of these can change what became of a row of the others: no id, no knowledge base in
common. Else `reduce` adds up what was made of all its logs, as it does with what is added; how both become one
belongs to `restate`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from pricing_assets.home import Home, Inputs, Receipt, Reported
from pricing_assets.home.settings import HomeSettings
from pricing_assets.rates import Rates
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.usage.reduced_logs import Logs, make_missing
from pricing_assets.usage.restate import has_same_terms
from pricing_assets.usage.rollups import Rollups
from pricing_assets.usage.shared_ids import dates_with_common_ids
from pricing_assets.usage.units import Unit, Units

if TYPE_CHECKING:
    import duckdb


def extendable(
    home: Home, logs: Mapping[date, Sequence[Receipt]], rates: Rates, settings: HomeSettings
) -> dict[date, Reported]:
    """Return the dates whose version in force (or last correction) was made of some of the same logs,
    and of no other, under the same rules, and cut at the same instants, where these have most of the
    rows. A log that is new to one of them is new to all. Reads manifests only."""
    found: dict[date, Reported] = {}
    for day, of_day in logs.items():
        version = home.reported(day)
        if version is None or home.blocked(day) is not None:
            continue
        before = [log for log in of_day if log.file in version.manifest.logs]
        rows = sum(log.dates[day.isoformat()] for log in of_day)
        known = sum(log.dates[day.isoformat()] for log in before)
        if (
            len(before) == len(version.manifest.inputs)
            and rows < 2 * known
            and has_same_terms(version.manifest, before, rates, settings)
        ):
            found[day] = version
    added = {log.file for day in found for log in added_to(found[day], logs[day])}
    return {
        day: version
        for day, version in found.items()
        if added.isdisjoint(version.manifest.logs) and added_to(version, logs[day])
    }


def added_to(version: Reported, logs: Sequence[Receipt]) -> list[Receipt]:
    """Return those of a date's logs that its version was not made of."""
    return [log for log in logs if log.file not in version.manifest.logs]


def dates_apart(
    con: "duckdb.DuckDBPyConnection",
    inputs: Inputs,
    versions: Mapping[date, Reported],
    engine: Rollups,
) -> tuple[list[date], set[str]]:
    """Return the dates of which what is new can be reduced alone, and the logs (by SHA-256) that are
    new to any of the dates; dates of which rows must be looked at together are left out."""
    load_contract(con)
    load_prices(con, inputs.rates)
    days = {day.isoformat() for day in versions}
    logs, kept = Logs(inputs), Units(inputs.home.rollups)
    added = {
        log.file
        for day, version in versions.items()
        for log in added_to(version, inputs.logs_by_date[day])
    }
    of_added = make_missing(con, logs, kept, sorted(added), engine.maker)
    before = {log for version in versions.values() for log in version.manifest.logs}
    of_before = _units(logs, kept, before)
    is_apart = all(
        days.isdisjoint(logs.receipts[log].dates)
        for unit in of_added
        for log in unit.logs.keys() - added
    )
    if of_before is None or not is_apart:
        return [], added
    common = dates_with_common_ids(
        [kept.file(unit, "ids") for unit in of_added],
        [kept.file(unit, "ids") for unit in of_before],
        versions,
    )
    return sorted(versions.keys() - common), added


def _units(logs: Logs, kept: Units, asked: set[str]) -> list[Unit] | None:
    """Return the units of logs, each once; None where one is missing, damaged, or of other settings."""
    found: dict[str, Unit] = {}
    for log in asked:
        unit = kept.reduced(log, logs.key)
        if unit is None:
            return None
        found[unit.name] = unit
    return list(found.values())
