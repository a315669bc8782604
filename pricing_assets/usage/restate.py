"""Restate: stage a date again from its stored lines, where only prices changed; reads no log.

Where logs came since, what they add stands beside what is stored: see `extend`.

What a version stored is taken only where its bytes are those it published. Where a line gained or
lost its price, or a price now changes inside one of its intervals, `usage` reads the logs instead.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import files
from pricing_assets.contract import tables, usage_dates
from pricing_assets.contract.billing import TOKEN_CLASSES
from pricing_assets.contract.outcomes import RULES_VERSION
from pricing_assets.contract.usage_log import EVENT_TIME_RAW
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.relations import make_table, scan_stored
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Home, Receipt, Reported
from pricing_assets.home.manifests import Contents
from pricing_assets.home.settings import HomeSettings
from pricing_assets.rates import Rates
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.rates.resolution import answer
from pricing_assets.usage.events import view_dated
from pricing_assets.usage.staging import Reduced, staged
from pricing_assets.usage.stored_lines import load_lines

if TYPE_CHECKING:
    import duckdb

SOURCES = ("lines", "account", "quarantine", "snapshots")


def restatable(
    home: Home, logs: Mapping[date, Sequence[Receipt]], rates: Rates, settings: HomeSettings
) -> dict[date, Reported]:
    """Return the dates whose version in force (or last correction) was made of the same logs, under
    the same rules, and cut at the same instants: only prices can differ. Reads manifests only."""
    found: dict[date, Reported] = {}
    for day, of_day in logs.items():
        version = home.reported(day)
        if version is None or home.blocked(day) is not None:
            continue
        if has_same_terms(version.manifest, of_day, rates, settings):
            found[day] = version
    return found


def has_same_terms(
    manifest: Contents, logs: Sequence[Receipt], rates: Rates, settings: HomeSettings
) -> bool:
    """Return whether a date was made of these logs, under the same rules, and cut at the same
    instants: but for prices, what is stored of it would be the same."""
    day = manifest.usage_date
    same = (
        {entry.sha256: entry.source_sha256 for entry in manifest.inputs}
        == {log.file: log.source["sha256"] if log.source else None for log in logs}
        and manifest.timezone == settings.timezone
        and manifest.spans == usage_dates.spelled(day, settings.timezone)
        and manifest.dimensions == settings.dimensions
        and manifest.rules_version == RULES_VERSION
        # versions did not always store what sources say of token classes
        and (manifest.has_token_classes is not None or not any(log.source for log in logs))
        and manifest.cuts == rates.price_boundaries_on(day, settings.timezone)
    )
    # a snapshot's own instant is not stored: where a date has several prices, its logs know it
    return same and not (manifest.cuts and manifest.outputs["snapshots.parquet"].rows)


def restate_dates(
    con: "duckdb.DuckDBPyConnection",
    versions: Mapping[date, Reported],
    rates: Rates,
    settings: HomeSettings,
    stage: Path,
    added: Mapping[date, Path] | None = None,
) -> Reduced:
    """Write each date's tables under `stage` as `reduce_dates` would, from what its version stored,
    and from the tables of logs that came since, where `added` has a folder of these.

    Dates that need their logs are neither in `stages` nor in `failed`.
    """
    added = added or {}
    whole = {day: version for day, version in versions.items() if _is_whole(version)}
    if not whole:
        return Reduced()
    folders = [version.folder for version in whole.values()]
    folders += [added[day] for day in whole if day in added]
    pieces = rates.pieces(whole, settings.timezone)
    load_contract(con)
    load_prices(con, rates)
    load_pieces(con, pieces)
    load_lines(con, folders, settings.dimensions)
    if added:
        make_table(con, "usage/restate/summed_lines")
        con.execute("create or replace temp view lines as from summed_lines")
    else:
        _hold(con, "lines")
    con.execute("create or replace temp view line_keys as from lines")
    answer(con)
    make_table(con, "usage/rated_lines")
    _view_quarantined(con, folders, settings.dimensions)
    view_dated(con, con.view("quarantined"), pieces)
    con.execute(f"create or replace temp view events as {statement('usage/log_rows')}")
    changed = {day for (day,) in con.sql(statement("usage/restate/changed_resolutions")).fetchall()}
    make_table(con, "usage/usage")
    accounts = [folder / "account.parquet" for folder in folders]
    scan_stored(con, tables.stored("account", settings.dimensions), accounts).create_view("account")
    scan_parquet(con, [folder / "snapshots.parquet" for folder in folders]).create_view("kept")
    con.execute(
        f"create or replace temp view outcomes as {statement('usage/restate/snapshot_outcomes')}"
    )
    make_table(con, "usage/snapshots")
    con.execute(
        f"create or replace temp view quarantined_rows as {statement('usage/restate/quarantined_outcomes')}"
    )
    _hold(con, "account", "quarantined_rows")
    days = sorted(whole.keys() - changed)
    classed = {day for day, version in whole.items() if version.manifest.has_token_classes}
    classed |= {day for day, folder in added.items() if _has_classes(folder)}
    return staged(con, days, settings.dimensions, stage, classed)


def lines_of(version: Reported) -> int:
    """Return how many lines a version stored."""
    return version.manifest.outputs["lines.parquet"].rows


def _is_whole(version: Reported) -> bool:
    outputs = version.manifest.outputs
    return all(
        (version.folder / f"{name}.parquet").is_file()
        and files.sha256_of(version.folder / f"{name}.parquet") == outputs[f"{name}.parquet"].sha256
        for name in SOURCES
    )


def _hold(con: "duckdb.DuckDBPyConnection", *names: str) -> None:
    """Read these views once: each date that is written would read the files of all dates again."""
    for name in names:
        con.execute(f"create or replace temp table held_{name} as from {name}")
        con.execute(f"create or replace temp view {name} as from held_{name}")


def _has_classes(folder: Path) -> bool:
    """Return whether a date's tables have columns of token classes."""
    from pyarrow.parquet import read_schema

    return not TOKEN_CLASSES.keys().isdisjoint(read_schema(folder / "account.parquet").names)


def _view_quarantined(
    con: "duckdb.DuckDBPyConnection", folders: Sequence[Path], dimensions: tuple[str, ...]
) -> None:
    """Create the quarantined rows as logs have them: dimensions packed, no usage date. Whether a
    float was bad, or where a source says that the record ends, is not asked again: the reason says
    so."""
    import duckdb
    from duckdb import ColumnExpression, ConstantExpression, FunctionExpression, StarExpression

    files = [folder / "quarantine.parquet" for folder in folders]
    read = scan_stored(con, tables.stored("quarantine", dimensions), files)
    packed = FunctionExpression(
        "struct_pack", *(ColumnExpression(name).alias(name) for name in dimensions)
    )
    # where the tier is a dimension, it is not read as one
    tier = ColumnExpression("tier") if "tier" not in dimensions else ConstantExpression(None)
    rows = read.select(
        StarExpression(exclude=["usage_date", EVENT_TIME_RAW.name, "tier"]),
        tier.cast(duckdb.dtype("VARCHAR")).alias("tier"),
        packed.alias("dimensions"),
        ConstantExpression(False).alias("bad_float"),
        ConstantExpression(0).cast(duckdb.dtype("BIGINT")).alias("record_code"),
        ConstantExpression(None).cast(duckdb.dtype("TIMESTAMP")).alias("record_updated_at"),
    )
    rows.create_view("quarantined")
