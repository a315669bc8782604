"""What the ledger of credits costs: organizations x grants x dates, computed, checked and written.

`python -m benchmarks.ledger [ORGANIZATIONS] [DATES]`: CPU seconds of a first run over all dates, of one
new date after them, and of what it leaves: grants, revenue, forecasts. Reports are invented: a charge
per organization and date.
"""

import resource
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import write_table
from pricing_assets.ledger import carried, checks, compute, standing
from pricing_assets.ledger.inputs import Grant
from pricing_assets.ledger.loading import load_ledger
from pricing_assets.ledger.pinned import Lines
from pricing_assets.ledger.writing import ROWS_AT_ONCE, write_date

FIRST = date(2025, 1, 1)
GRANTS = 10
DIMENSIONS = ("agent_id",)


def main(organizations: int = 10_000, dates: int = 365) -> None:
    """Invent the reports, and measure."""
    days = [FIRST + timedelta(days=n) for n in range(dates + 1)]
    with tempfile.TemporaryDirectory(prefix="creditmill-bench-") as name:
        folder = Path(name)
        reports = {day: _report(folder, day, organizations) for day in days}
        lines = Lines(tuple(_grants(organizations, dates)), ())
        made: dict[date, Path] = {}
        at_once = max(1, ROWS_AT_ONCE // organizations)
        begun = time.process_time()
        left: carried.Left | None = None
        for start in range(0, dates, at_once):
            batch = days[start : min(start + at_once, dates)]
            left = _compute(folder, batch, lines, reports, made, left)
        print(
            f"{organizations:,} organizations x {GRANTS} grants x {dates} dates:"
            f" {time.process_time() - begun:.1f} CPU s"
        )
        begun = time.process_time()
        left = _compute(folder, days[-1:], lines, reports, made, left)
        print(f"one new date: {time.process_time() - begun:.1f} CPU s")
        begun = time.process_time()
        with duck.connection(None, folder, [folder]) as con:
            carried.load(con, left, "through")
            recent = [made[day] for day in standing.recent(made, days[-1])]
            load_ledger(con, recent, DIMENSIONS, "recent_entries")
            (folder / "standing").mkdir()
            standing.write(con, standing.Newest(days[-1], FIRST), lines, (), folder / "standing")
            carried.write(con, DIMENSIONS, folder / "standing")
        print(f"what the newest date leaves: {time.process_time() - begun:.1f} CPU s")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"memory at most: {peak / 1_000_000:.1f} GB")


def _compute(
    folder: Path,
    days: list[date],
    lines: Lines,
    reports: dict[date, Path],
    made: dict[date, Path],
    before: carried.Left | None,
) -> carried.Left:
    charges = [reports[day] for day in days]
    span = compute.DateSpan(days[0], days[-1], charges, [], list(made.values()))
    with duck.connection(None, folder, [folder]) as con:
        tables, left = compute.compute(con, span, lines, DIMENSIONS, before)
        for day in days:
            made[day] = folder / f"ledger-{day}"
            made[day].mkdir()
            write_date(con, tables, day, DIMENSIONS, made[day])
        broken = {rule for rule, rows in checks.check(con, span, lines, tables).items() if rows}
        if broken:
            raise SystemExit(f"broken: {broken}")
    return left


def _grants(organizations: int, dates: int) -> list[Grant]:
    """Return ten grants each: one in ten of them ends, the others follow each other."""
    step = timedelta(days=max(1, dates // GRANTS))
    return [
        Grant(
            Path("grants.csv"),
            0,
            f"grant-{org}-{n}",
            f"org-{org}",
            ("promo", "plan", "paid", "adjustment")[n % 4],
            step.days * 100_000_000_000,
            10_000_000_000,
            FIRST + n * step,
            FIRST + (n + 2) * step if n % 2 else None,
            100,
            (),
            "",
        )
        for org in range(organizations)
        for n in range(GRANTS)
    ]


def _report(folder: Path, day: date, organizations: int) -> Path:
    """Write a date's charges: one of each organization."""
    made = folder / f"report-{day}"
    made.mkdir()
    table = tables.stored("charges", DIMENSIONS)
    values = {
        "usage_date": f"date '{day}'",
        "org_id": "'org-' || n",
        "billing_type": "'llm_text_chat'",
        "brand": "'Acme'",
        "model": "'Chat'",
        "key_mode": "'platform'",
        "meter": "'input_tokens'",
        "quantity": "1000",
        "per": "1000",
        "list_price": "1",
        "price": "1",
        "credits": "cast(80 + n % 41 as decimal(38, 9)) + 0.000000001",
        "rate_card": "'first'",
    }
    columns = ", ".join(
        f'{values.get(column.name, "null")} as "{column.name}"'
        for column in table.columns
        if column.name not in DIMENSIONS
    )
    source = (
        f"(select {columns}, struct_pack(agent_id := 'a') as dimensions"
        f" from range({organizations}) as numbers(n))"
    )
    with duck.connection(None, folder, [folder]) as con:
        write_table(con, table, source, made / "charges.parquet", DIMENSIONS)
    return made


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
