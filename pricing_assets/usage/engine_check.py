"""Whether an engine can be trusted: what it makes of the golden set, compared byte by byte with what
the default engine does.

What the rows are belongs to `golden_set`.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pricing_assets import rates
from pricing_assets.common import files
from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.relations import scan_stored
from pricing_assets.home import Home
from pricing_assets.home.inputs import Inputs
from pricing_assets.home.opening import RequestedSettings, open_home
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.usage import reduce as usage
from pricing_assets.usage.engine import DuckDB, Engine
from pricing_assets.usage.golden_set import DIMENSIONS, RECEIVED, ZONE, write_logs
from pricing_assets.usage.staging import TABLES


@dataclass(frozen=True)
class ComparedTable:
    """One table of the golden set, over its usage dates, from two engines."""

    table: str
    dates: int
    rows: int
    different: tuple[date, ...]


def compare(
    scratch: Path, engine: Engine, limits: duck.Limits | None = None
) -> tuple[list[ComparedTable], dict[str, int]]:
    """Compare both engines' tables of the golden set; return them, and its rows per outcome. The
    folder is one that the engine's workers see."""
    home = Home(scratch / "golden")
    requested = RequestedSettings(timezone=ZONE, dimensions=DIMENSIONS, books=rates.BUILT_IN[:1])
    with files.scratch_folder(scratch, "inbox-") as inbox, home.lock():
        settings = open_home(home, requested)
        logs = write_logs(inbox)
        arrivals = intake.take_in(
            home,
            logs,
            settings,
            IngestOptions(limits=limits or duck.Limits(), received_at=RECEIVED),
        )
        prices = rates.load_named(settings.books)
        days = sorted({date.fromisoformat(day) for log in arrivals.taken for day in log.dates})
        stages: list[dict[date, Path]] = []
        for compared_engine in (DuckDB(), engine):
            stage = home.scratch / f"stage-{len(stages)}"
            with duck.connection(limits, home.scratch, [home.path]) as con:
                reduced = usage.reduce_dates(
                    con,
                    Inputs(home, arrivals.taken, prices, settings),
                    days,
                    stage,
                    compared_engine,
                )
            stages.append(reduced.stages)
        return _compared(*stages), _outcomes(stages[0])


def _compared(ours: dict[date, Path], theirs: dict[date, Path]) -> list[ComparedTable]:
    import pyarrow.parquet as pq

    found = []
    for table in TABLES:
        paths = {day: folder / f"{table}.parquet" for day, folder in ours.items()}
        different = tuple(
            day
            for day, path in paths.items()
            if day not in theirs
            or path.read_bytes() != (theirs[day] / f"{table}.parquet").read_bytes()
        )
        count = sum(pq.read_metadata(path).num_rows for path in paths.values())
        found.append(ComparedTable(table, len(paths), count, different))
    return found


def _outcomes(stages: dict[date, Path]) -> dict[str, int]:
    with duck.connection(within=stages.values()) as con:
        paths = [folder / "account.parquet" for folder in stages.values()]
        accounts = scan_stored(con, tables.stored("account", DIMENSIONS), paths)
        sums = accounts.aggregate("outcome, cast(sum(rows) as bigint)", "outcome")
        return dict(sums.order("outcome").fetchall())
