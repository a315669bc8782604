"""Usage in other shapes than one big date: what each costs, and against what.

Each case runs real commands as processes of their own, on usage that it makes. Where all cases of a
question of `docs/performance.md` ran, rewrites its section and its chart; `--scale` makes every case
smaller or larger.

    python benchmarks/shapes.py                      all cases
    python benchmarks/shapes.py late small_files     some of them
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drawing import bars
from measuring import ROOT, Cost, creditmill, gigabytes, machine, measured, write_section
from usage_logs import DAY, Writer, aside, write_day

BOOK = ROOT / "pricing_assets" / "rate_cards"
FIRST = DAY - timedelta(days=365)
"""Many dates begin here: none of them lies in the future."""
SINCE = "effective_from = 2026-02-01"


@dataclass(frozen=True)
class Figure:
    """One row of the table: what was run, what it cost, and the target it is held against."""

    what: str
    cost: Cost
    target: str
    found: str
    met: bool


def run(folder: Path, logs: str, home: str = "home", *more: object) -> Cost:
    """Run `creditmill run` once, from the folder's own copy of the book."""
    book = folder / "book"
    if not book.exists():
        shutil.copytree(BOOK, book)
        toml = book / "2026-02-01" / "card.toml"
        toml.write_text(
            toml.read_text(encoding="utf-8").replace(SINCE, f"effective_from = {FIRST}")
        )
    return creditmill(
        "run", "--logs", folder / logs, "--home", folder / home, "--rates", book, *more
    )


def fixed(folder: Path) -> Cost:
    """Measure what a run of one event costs."""
    write_day(folder / "one", 1, 1)
    return run(folder, "one", "fixed")


def versions(folder: Path, home: str = "home") -> list[int]:
    """Return the version in force of each date."""
    told = json.loads(creditmill("status", "--home", folder / home, "--json", fails=True).output)
    return [one["version"] for one in told["dates"]]


def write_dates(folder: Path, dates: int, events: int) -> None:
    """Write one file a date."""
    aside(_write_dates, folder, dates, events)


def _write_dates(folder: Path, dates: int, events: int) -> None:
    folder.mkdir()
    writer = Writer()
    for step in range(dates):
        day = FIRST + timedelta(days=step)
        writer.write(folder / f"{day}.parquet", events, day)


def size_of(folder: Path) -> int:
    """Return the bytes of a folder's files."""
    return sum(file.stat().st_size for file in folder.iterdir())


def draw(case: str, names: list[str], costs: list[Cost]) -> None:
    """Draw the CPU of runs, where charts are asked for."""
    if CHARTS:
        figures = {"CPU s": [cost.cpu for cost in costs]}
        bars(names, [True] * len(names), figures, CHARTS[0] / f"performance_{case}.svg")


CHARTS: list[Path] = []
"""The folder that charts are drawn into, if any."""


def nothing_stale(folder: Path, scale: float) -> list[Figure]:
    """Measure a home of a year in which nothing changed."""
    write_dates(folder / "logs", 365, 20)
    run(folder, "logs")
    imports = (
        "import sys; from pipelines.cli.app import main; main(sys.argv[1:]);"
        " sys.exit(any(name in sys.modules for name in ('dagster', 'great_expectations')))"
    )
    made = []
    for command in ("run", "status"):
        what = f"{command}, nothing stale, 365 dates"
        cost = measured([sys.executable, "-c", imports, command, "--home", str(folder / "home")])
        made.append(Figure(what, cost, "1 CPU s", f"{cost.cpu:.2f} s", cost.cpu <= 1))
    return made


def late(folder: Path, scale: float) -> list[Figure]:
    """Measure a small file that is late for a big date; another date beside it."""
    events = int(20_000_000 * scale)
    write_day(folder / "logs", events, 10)
    Writer(seed=2).write(folder / "logs" / "other.parquet", 1000, DAY + timedelta(days=1))
    first = run(folder, "logs")
    derived = size_of(folder / "home" / "rollups") / size_of(folder / "logs")
    folder.joinpath("late").mkdir()
    Writer(seed=3).write(folder / "late" / "late.parquet", 1000)
    second = run(folder, "late")
    assert versions(folder) == [2, 1]
    share = second.cpu / first.cpu
    what = f"1,000 late rows for a date of {events:,} events"
    kept = "what is made of the logs 35 % of their bytes"
    return [
        Figure(what, second, "0.25 x the date's own run", f"{share:.2f} x", share <= 0.25),
        Figure("the date's own run", first, kept, f"{derived:.0%}", derived <= 0.35),
    ]


def hourly(folder: Path, scale: float) -> list[Figure]:
    """Measure 24 files of one date with a run after each, against one run of all at the end."""
    events = int(20_000_000 * scale)
    write_day(folder / "logs", events, 24)
    base, whole = fixed(folder), run(folder, "logs", "of all")
    runs = []
    for log in sorted((folder / "logs").iterdir()):
        (folder / log.stem).mkdir()
        log.rename(folder / log.stem / log.name)
        runs.append(run(folder, log.stem))
    assert versions(folder) == [24]
    first, last = runs[0], runs[-1]
    longer = last.cpu / first.cpu
    ratio = (sum(one.cpu for one in runs) - 24 * base.cpu) / (whole.cpu - base.cpu)
    draw("hourly", [f"after file {place:02}" for place in range(1, 25)], runs)
    what = f"24 files of one date of {events:,} events, a run after each"
    together = "their sum 2 x one run at the end, less the fixed costs"
    return [
        Figure(what, last, "the last 1.3 x the first", f"{longer:.2f} x", longer <= 1.3),
        Figure(what, whole, together, f"{ratio:.2f} x", ratio <= 2),
    ]


def restate(folder: Path, scale: float) -> list[Figure]:
    """Measure a new card at a date's boundary that prices the same names; the logs cannot be
    read."""
    dates, events = max(2, int(365 * scale)), 10_000
    write_dates(folder / "logs", dates, events)
    first = run(folder, "logs", "home", "--no-pages")  # pages show events, which are read from logs
    card = folder / "book" / "late"
    shutil.copytree(folder / "book" / "2026-02-01", card)
    text = (card / "card.toml").read_text(encoding="utf-8")
    text = text.replace('id = "2026-02-01"', 'id = "late"').replace(
        "published_at = 2026-02-01", "published_at = 2026-06-01"
    )
    (card / "card.toml").write_text(text, encoding="utf-8")
    prices = (card / "rates.csv").read_text(encoding="utf-8")
    (card / "rates.csv").write_text(prices.replace(",0.22,", ",0.33,"), encoding="utf-8")
    for log in (folder / "home" / "logs").iterdir():  # of bytes that nobody can read, and no newer
        status = log.stat()
        log.chmod(0o644)
        log.write_bytes(bytes(status.st_size))
        os.utime(log, ns=(status.st_mtime_ns, status.st_mtime_ns))
    books = ("--rates", folder / "book", "--no-pages")
    second = creditmill("run", "--home", folder / "home", *books)
    assert versions(folder) == [2] * dates
    what = f"{dates} dates of {events:,} events restated, their logs unreadable"
    share = second.cpu / first.cpu
    draw("restate", [f"first run of {dates} dates", "all restated by a price"], [first, second])
    return [Figure(what, second, "their first run", f"{share:.2f} x", share <= 1)]


def small_files(folder: Path, scale: float) -> list[Figure]:
    """Measure the same rows in many files and in ten."""
    files = max(10, int(10_000 * scale))
    write_day(folder / "many", files * 2000, files)
    write_day(folder / "ten", files * 2000, 10)
    many, ten = run(folder, "many", "of many"), run(folder, "ten", "of ten")
    ratio = many.cpu / ten.cpu
    what = f"{files:,} files of 2,000 rows"
    return [Figure(what, many, "2 x the same rows in 10 files", f"{ratio:.2f} x", ratio <= 2)]


def repeated(folder: Path, scale: float) -> list[Figure]:
    """Measure a date of which 2 % of the rows come twice, against one of which none does."""
    events = int(20_000_000 * scale)
    write_day(folder / "twice", events, 10, repeated=0.02)
    write_day(folder / "once", events, 10, repeated=0)
    twice, once = run(folder, "twice", "of twice"), run(folder, "once", "of once")
    ratio = twice.cpu / once.cpu
    what = f"{events:,} rows, 2 % of them repeated"
    return [Figure(what, twice, "1.5 x the same without", f"{ratio:.2f} x", ratio <= 1.5)]


def many_lines(folder: Path, scale: float) -> list[Figure]:
    """Measure a log in which nearly every agent is a line of its own."""
    events = int(13_000_000 * scale)
    write_day(folder / "logs", events, 10, agents=events)
    cost = run(folder, "logs")
    manifest = folder / "home" / "reports" / f"usage_date={DAY}" / "0001" / "manifest.json"
    lines = json.loads(manifest.read_text())["outputs"]["lines.parquet"]["rows"]
    what = f"{lines:,} lines of {events:,} events"
    return [
        Figure(what, cost, "memory_limit's 8 GB", f"{gigabytes(cost.peak)} GB", cost.peak <= 8e9)
    ]


def wide(folder: Path, scale: float) -> list[Figure]:
    """Measure one file over 90 dates, against as many events of one date."""
    import polars as pl

    events = int(9_000_000 * scale)
    write_day(folder / "one date", events, 1)
    (folder / "wide").mkdir()
    spread = pl.col("event_time") + pl.duration(days=pl.int_range(pl.len()) % 90)
    frame = pl.read_parquet(folder / "one date" / "00000.parquet")
    frame.with_columns(event_time=spread).sort("event_time").write_parquet(
        folder / "wide" / "a.parquet", row_group_size=250_000
    )
    over, narrow = run(folder, "wide", "of wide"), run(folder, "one date", "of one")
    assert versions(folder, "of wide") == [1] * 90
    ratio = over.cpu / narrow.cpu
    what = f"one file of {events:,} rows over 90 dates"
    return [Figure(what, over, "published", f"{ratio:.2f} x one date's", met=True)]


def year(folder: Path, scale: float) -> list[Figure]:
    """Measure many dates by one command, against the rate of one of them."""
    dates, events = 365, max(10_000, int(1_000_000 * scale))
    write_dates(folder / "logs", dates, events)
    write_day(folder / "one date", events, 1)
    base = fixed(folder)
    one, whole = run(folder, "one date", "of one"), run(folder, "logs", "of many")
    what = f"{dates} dates of {events:,} events by one command"
    made = []
    for of in ("wall", "cpu"):
        alone, together = (getattr(cost, of) - getattr(base, of) for cost in (one, whole))
        rate = alone * dates / together
        target = f"80 % of one date's rate, by {of}"
        made.append(Figure(what, whole, target, f"{rate:.0%}", rate >= 0.8))
    return made


def huge(folder: Path, scale: float) -> list[Figure]:
    """Measure one date so large that memory decides, against a fifth of it."""
    events = int(100_000_000 * scale)
    write_day(folder / "fifth", events // 5, 10)
    base, fifth = fixed(folder), run(folder, "fifth", "of a fifth")
    shutil.rmtree(folder / "of a fifth")
    shutil.rmtree(folder / "fifth")
    write_day(folder / "logs", events, 50)
    cost = run(folder, "logs")
    growth = (cost.cpu - base.cpu) / (fifth.cpu - base.cpu) / 5
    assert not list((folder / "home").glob("tmp/*"))
    what = f"{events:,} events of one date"
    return [
        Figure(what, cost, "6 GB", f"{gigabytes(cost.peak)} GB", cost.peak <= 6e9),
        Figure(what, cost, "CPU linear within 25 %", f"{growth:.2f} x a fifth", growth <= 1.25),
    ]


CASES: dict[str, Callable[[Path, float], list[Figure]]] = {
    made.__name__: made
    for made in (
        *(nothing_stale, late, hourly, restate, small_files, repeated),
        *(many_lines, wide, year, huge),
    )
}


QUESTIONS = {
    "more_files": ("late", "hourly", "repeated", "small_files"),
    "restate": ("restate",),
}
"""Questions that users ask, each with its cases: a section and a chart of `docs/performance.md`."""
CHART_OF = {"more_files": "hourly", "restate": "restate"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", nargs="*", help=f"of {', '.join(CASES)}; all where none is named")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--dry", action="store_true", help="print only, leave docs/ as it is")
    options = parser.parse_args()
    if not options.dry:
        CHARTS.append(ROOT / "docs")
    rows: dict[str, list[str]] = {}
    for name in options.cases or CASES:
        with tempfile.TemporaryDirectory(prefix="shapes-") as place:
            for one in CASES[name](Path(place), options.scale):
                row = (
                    f"| {one.what} | {one.cost.cpu:.1f} | {one.cost.wall:.1f}"
                    f" | {gigabytes(one.cost.peak)} | {one.target} | {one.found}"
                    f" | {'met' if one.met else 'missed'} |"
                )
                print(row, flush=True)
                rows.setdefault(name, []).append(row)
    for question, cases in QUESTIONS.items():
        if CHARTS and rows.keys() >= set(cases):
            found = [row for case in cases for row in rows[case]]
            write_section(question, section(question, found, options.scale))


def section(question: str, rows: Sequence[str], scale: float) -> str:
    """Return what `docs/performance.md` says of a question."""
    at_scale = "" if scale == 1 else f" --scale {scale:g}"
    return (
        f"`python benchmarks/shapes.py {' '.join(QUESTIONS[question])}{at_scale}`, {machine()}:\n\n"
        "| what | CPU s | wall s | peak memory, GB | target | figure | |\n"
        "| --- | ---: | ---: | ---: | --- | ---: | --- |\n" + "\n".join(rows) + "\n\n"
        f"![CPU seconds of each run](performance_{CHART_OF[question]}.svg)\n"
    )


if __name__ == "__main__":
    main()
