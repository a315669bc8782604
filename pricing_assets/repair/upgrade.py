"""Upgrade a home: bring one of an earlier format to that of this code, without changing a published byte.

A step begins again where it was cut short: `home.toml` names the new format last of all. Which
formats there are belongs to `home.settings`.
"""

from dataclasses import dataclass
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError, DamagedFile, DamagedHome
from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.flow import Run
from pricing_assets.home import Home, HomeSettings, holding, settings_file
from pricing_assets.home import settings as home_settings
from pricing_assets.usage import reduced_logs


@dataclass(frozen=True)
class Upgrade:
    """What brings a home from one format to the next: how many logs are reduced, with how many rows,
    and about how many seconds that takes here."""

    before: int
    after: int
    logs: int = 0
    rows: int = 0
    seconds: float = 0.0


def plan(home: Home, limits: duck.Limits) -> Upgrade:
    """Return what `upgrade` would do; nothing is written but temporary files.

    ConfigurationError where the home has no format, a newer one, tables of other columns than this
    code writes, or a damaged journal.
    """
    before = settings_file.format_of(home)
    if before == home_settings.FORMAT:
        return Upgrade(before, before)
    inputs = _run(home, limits).inputs
    _require_columns(home)
    rows = reduced_logs.missing(inputs)
    with (
        files.scratch_folder(holding.spill(home), "tried-") as scratch,
        duck.connection(limits, scratch, [home.path]) as con,
    ):
        seconds = reduced_logs.seconds_to_make(con, inputs, scratch)
    return Upgrade(before, home_settings.FORMAT, len(rows), sum(rows.values()), seconds)


def upgrade(home: Home, limits: duck.Limits) -> None:
    """Bring a home to this code's format, one step after the other. The home is locked by the
    caller."""
    if settings_file.format_of(home) == home_settings.FORMAT:
        return
    run = _run(home, limits)
    run.reduce_logs()  # from 1 to 2
    settings_file.upgrade(home, run.settings)


def _require_columns(home: Home) -> None:
    """Raise ConfigurationError where a published table lacks a column: code before format 1 was
    final wrote some without. What cannot be read is left to `verify`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for day in home.dates():
        for reported in (*home.versions(day), *home.all_corrections(day)):
            try:
                manifest = reported.manifest
                known = tables.tables(manifest.dimensions)
                for name in manifest.outputs:
                    path = reported.folder / name
                    if path.suffix != ".parquet" or path.stem not in known or not path.is_file():
                        continue
                    table = tables.stored(path.stem, manifest.dimensions).without_classes
                    held = set(pq.read_schema(path).names)
                    lacking = [one.name for one in table.columns if one.name not in held]
                    if lacking:
                        raise ConfigurationError(_too_old(home, path, lacking))
            except (DamagedFile, pa.ArrowException, OSError):
                continue


def _too_old(home: Home, path: Path, lacking: list[str]) -> str:
    return (
        f"{path} has no {', '.join(lacking)}: {home.path} was made by a creditmill too old to be"
        " upgraded. Go on with that one, or make a new home from the logs that it was made of, which"
        f" are also in {home.logs}"
    )


def _run(home: Home, limits: duck.Limits) -> Run:
    try:
        home.journal.require()
        settings: HomeSettings = settings_file.settings_of(home, home_settings.UPGRADABLE)
    except DamagedHome as error:
        raise ConfigurationError(
            f"{error}: do so with the creditmill that made this home, then upgrade it"
        ) from error
    return Run(home, settings, limits)
