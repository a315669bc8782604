"""The ledger made again from what its manifests pin, aside: for whoever holds it against what was
published, and for what was lost.

Reports and corrections are taken as they are published; how files are compared does not belong here.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pricing_assets.db import connection as duck
from pricing_assets.home import Home
from pricing_assets.home.entries import LEDGER, STANDING
from pricing_assets.ledger import carried, chain, compute, standing, stored
from pricing_assets.ledger.loading import load_ledger
from pricing_assets.ledger.pinned import Lines, lines_of
from pricing_assets.ledger.records import grant_of, plan_of
from pricing_assets.ledger.writing import batches, write_date


def pinned_lines(home: Home) -> Lines:
    """Return every grant and void that the published dates were made with."""
    held = {one.usage_date: one for one in stored.counting(home, LEDGER)}
    return lines_of(stored.pins_of(held), home.ledger)


def remake_dates(
    home: Home, days: Sequence[date], scratch: Path, limits: duck.Limits | None = None
) -> dict[date, Path]:
    """Return a folder with the tables of each of these dates, which follow each other; what was
    published before them is taken as it is."""
    lines, reports = pinned_lines(home), chain.reported(home)
    dimensions = home.settings().dimensions
    inputs = {day: reports.get(day, chain.DateInputs()) for day in days}
    folders: dict[date, Path] = {}
    earlier = [one.folder for one in stored.counting(home, LEDGER) if one.usage_date < days[0]]
    left: carried.Left | None = None
    for batch in batches(days, inputs, lines):
        span = compute.DateSpan(
            batch[0],
            batch[-1],
            [folder for day in batch if (folder := inputs[day].charges) is not None],
            [folder for day in batch for folder in inputs[day].bookings],
            [*earlier, *folders.values()],
        )
        with duck.connection(limits, scratch, [scratch, home.path]) as con:
            tables, left = compute.compute(con, span, lines, dimensions, left)
            for day in batch:
                folders[day] = stored.new_stage(scratch)
                write_date(con, tables, day, dimensions, folders[day])
    return folders


def remake_standing(
    home: Home, day: date, scratch: Path, limits: duck.Limits | None = None
) -> Path:
    """Return a folder with the tables of how a date leaves every grant, by the ledger as published."""
    held = stored.current(home, STANDING, day)
    if held is None:
        raise ValueError(f"{day} has no standing")
    lines = pinned_lines(home)
    ahead = [grant_of(record, home.standings) for record in held.manifest["grants"]]
    used = [one for one in lines.grants if one.effective_date <= day]
    plans = [plan_of(record, home.standings) for record in held.manifest["plans"]]
    dimensions = home.settings().dimensions
    folders = {
        one.usage_date: one.folder for one in stored.counting(home, LEDGER) if one.usage_date <= day
    }
    recent = [folders[on] for on in standing.recent(folders, day)]
    stage = stored.new_stage(scratch)
    with duck.connection(limits, scratch, [scratch, home.path]) as con:
        carried.summed(con, [*folders.values()], dimensions)  # all of it, whatever standings say
        load_ledger(con, recent, dimensions, "recent_entries")
        newest = standing.Newest(day, chain.reported_since(chain.reported(home)))
        standing.write(con, newest, Lines((*used, *ahead), lines.voids), plans, stage)
        carried.write(con, dimensions, stage)
    return stage
