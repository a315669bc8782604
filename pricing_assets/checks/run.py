"""Checks: rules that must hold before a date is published; the verdict is data per date.

Each rule is a statement in `sql/checks/rules/` that returns the offending rows. Nothing is published
or repaired here.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.checks import lookalike_ids, own_rules, suite
from pricing_assets.checks.expectations import judge
from pricing_assets.checks.own_rules import OwnRule
from pricing_assets.checks.suite import RULES, WARNINGS
from pricing_assets.checks.verdict import Verdict
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract import tables
from pricing_assets.db.bounded_work import BoundedWork
from pricing_assets.db.io import scan_csv, scan_parquet
from pricing_assets.db.relations import load_stored, register, scan_stored
from pricing_assets.db.statements import run, statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Inputs
from pricing_assets.home.check_rule import BLOCKS
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.rates.resolution import agree_prices

if TYPE_CHECKING:
    import duckdb

READ_BACK = "files_read_back_equal"
"""Compared row by row in place, so date by date: a lost row must not shift the next date's."""


class RuleCrashed(Exception):
    """A team's own rule that failed over several dates. Run each date alone to find which one failed."""


def check_all(
    work: BoundedWork, inputs: Inputs, date_dirs: Mapping[date, Path]
) -> dict[date, Verdict]:
    """Judge the dates together, as `check_dates` does; one that takes more memory or disk than there is
    fails by name in `work`."""

    def check(batch: Sequence[date]) -> dict[date, Verdict]:
        with work.connection() as con:
            return check_dates(con, inputs, {day: date_dirs[day] for day in batch})

    def check_or_find(batch: Sequence[date]) -> dict[date, Verdict]:
        try:
            return check(batch)
        except RuleCrashed:  # on which of them?
            return {day: check([day])[day] for day in batch}

    return work.together(list(date_dirs), check_or_find)


def check_dates(
    con: "duckdb.DuckDBPyConnection", inputs: Inputs, date_dirs: Mapping[date, Path]
) -> dict[date, Verdict]:
    """Judge each date's staged files against receipts, prices and each other, and by a team's own rules.

    ConfigurationError where one of these is not a rule, RuleCrashed where it fails over several dates:
    over one, that is a fault of it.
    """
    if not date_dirs:
        return {}
    rates, settings = inputs.rates, inputs.settings
    own = own_rules.load(settings.checks)
    load_contract(con)
    load_prices(con, rates)
    agree_prices(con)
    load_pieces(con, rates.pieces(date_dirs, settings.timezone))
    load_expected(con, inputs, date_dirs)
    lookalike_ids.load(con, inputs.home, list(date_dirs), settings.dimensions)
    faults: dict[date, dict[str, list[str]]] = {day: {} for day in date_dirs}
    counts: dict[date, dict[str, int]] = {day: {} for day in date_dirs}
    for rule in (*RULES, *WARNINGS):
        for day in date_dirs:
            counts[day][rule] = 0
        if rule == READ_BACK:
            continue
        for day, fault_count, examples in _faults_of(con, rule):
            if day not in counts:
                raise RuntimeError(f"{rule} names {day}, which is not being checked: {examples}")
            counts[day][rule] = fault_count
            faults[day][rule] = examples
    for day, folder in date_dirs.items():
        load_written(con, folder, settings.dimensions)
        for _, fault_count, examples in _faults_of(con, READ_BACK):
            counts[day][READ_BACK] += fault_count
            faults[day].setdefault(READ_BACK, []).extend(examples)
    for one in own:
        for day in date_dirs:
            counts[day][one.rule.name] = 0
        for day, fault_count, examples in _faults_of_own(con, one, date_dirs):
            counts[day][one.rule.name] = fault_count
            faults[day][one.rule.name] = examples
    rules_of_team = tuple(one.rule for one in own)
    rules = (*suite.rules(), *rules_of_team)
    verdicts = {}
    for day, holds in judge(counts, rules).items():
        found = [rule for rule in rules if not holds[rule.name]]
        broken = {rule.name: faults[day][rule.name] for rule in found if rule.severity == BLOCKS}
        warned = {rule.name: faults[day][rule.name] for rule in found if rule.severity != BLOCKS}
        verdicts[day] = Verdict(broken, warned, counts[day], rules_of_team)
    return verdicts


def _faults_of(con: "duckdb.DuckDBPyConnection", rule: str) -> list[tuple[date, int, list[str]]]:
    """Return, for each date that breaks the rule, how many rows do and the first of them."""
    faults_of_rule = statement(f"checks/rules/{rule}")
    examples = statement("checks/fault_examples")
    return run(con, f"with faults_of_rule as (\n{faults_of_rule}\n)\n{examples}").fetchall()


def _faults_of_own(
    con: "duckdb.DuckDBPyConnection", own: OwnRule, days: Collection[date]
) -> list[tuple[date, int, list[str]]]:
    """Return the same of a team's own rule; one that crashes is broken on the date."""
    import duckdb

    own_rules.require_runs(con, own)
    try:
        found = run(con, statement("checks/own_fault_examples")).fetchall()
    except duckdb.OperationalError:  # memory or disk
        raise
    except duckdb.Error as error:
        if len(days) > 1:
            raise RuleCrashed(own.place) from error
        crash = f"the rule itself failed: {str(error).splitlines()[0]}"
        return [(day, 1, [crash]) for day in days]
    for day, _, examples in found:
        if day not in days:
            raise ConfigurationError(
                f"{own.place}: it names usage_date {day}, which is not among the dates that are checked"
                f" ({min(days)} to {max(days)}): {examples[0]}"
            )
    return found


def load_written(
    con: "duckdb.DuckDBPyConnection", folder: Path, dimensions: tuple[str, ...]
) -> None:
    """Create the views of one date's CSV and Parquet files: one row per row of each."""
    for name in ("charges", "daily_usage"):
        scan_parquet(con, [folder / f"{name}.parquet"]).create_view(f"{name}_parquet")
        table = tables.stored(name, dimensions)
        scan_csv(con, folder / f"{name}.csv", table).create_view(f"{name}_csv")


def load_expected(
    con: "duckdb.DuckDBPyConnection", inputs: Inputs, date_dirs: Mapping[date, Path]
) -> None:
    """Load the staged tables, and what they are held against."""
    import polars as pl

    receipts, settings = inputs.receipts, inputs.settings
    folders = list(date_dirs.values())
    for name in ("usage", "account", "charges", "daily_usage", "quarantine"):
        if name in ("account", "daily_usage", "quarantine"):
            table = tables.stored(name, settings.dimensions)
            paths = [folder / f"{name}.parquet" for folder in folders]
            scan_stored(con, table, paths).create_view(name)
        else:
            load_stored(con, name, folders, settings.dimensions, name)
    isodays = {day.isoformat() for day in date_dirs}
    received = [
        (date.fromisoformat(day), log.file, rows)
        for log in receipts
        for day, rows in log.dates.items()
        if day in isodays
    ]
    register(
        con,
        "received",
        pl.DataFrame(
            received,
            schema={"usage_date": pl.Date, "file": pl.String, "rows": pl.Int64},
            orient="row",
        ),
    )
    register(
        con,
        "limits",
        pl.DataFrame(
            [(Decimal(settings.quarantine_limit), settings.quarantine_floor)],
            schema={"quarantine_limit": pl.Decimal(18, 15), "quarantine_floor": pl.Int64},
            orient="row",
        ),
    )
    register(con, "checked", pl.DataFrame({"usage_date": list(date_dirs)}))
    known = sorted({date.fromisoformat(day) for log in receipts for day in log.dates})
    gaps = [
        (before + timedelta(days=step), after)
        for before, after in pairwise(known)
        if after in date_dirs
        for step in range(1, min((after - before).days, MOST_GAPS + 1))
    ]
    register(
        con,
        "gaps",
        pl.DataFrame(
            gaps, schema={"usage_date": pl.Date, "next_usage_date": pl.Date}, orient="row"
        ),
    )
    snapshots = [folder / "snapshots.parquet" for folder in folders]
    for day in date_dirs:
        before = day - timedelta(days=1)
        version = None if before in date_dirs else inputs.home.current(before)
        if version is not None:
            snapshots.append(version.folder / "snapshots.parquet")
    scan_parquet(con, snapshots).create_view("snapshots")


MOST_GAPS = 31
"""More dates without logs than this, in one gap, are counted as this many."""
