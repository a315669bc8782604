"""How a command's cost grows: known files in an inbox, cards in a book, organizations in an export.

Each case is run with one, with a quarter and with all, in one go, so that the growth holds on a busy
machine: what all cost beyond one is about four times what a quarter costs beyond one. Small sizes by
default, a minute in all; `--full` takes those of real homes, and rewrites the section of
`docs/performance.md`.

    python benchmarks/growth.py [--full] [CASE…]
"""

import argparse
import csv
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from measuring import ROOT, Cost, creditmill, machine, write_section

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CARD = ROOT / "pricing_assets" / "rate_cards" / "2026-02-01"


@dataclass(frozen=True)
class Case:
    """What grows, how many of it (small and full size), and what runs them: costs by what was done."""

    of: str
    small: int
    full: int
    costs: Callable[[Path, int], dict[str, Cost]]


def write_log(path: Path, first: int, organizations: int = 1) -> None:
    """Write a log of one event of each of so many organizations, with ids from `first` on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {
        "event_id": [f"e{first + n}" for n in range(organizations)],
        "event_time": [NOON] * organizations,
        "org_id": [f"org-{n}" for n in range(organizations)],
        "billing_type": ["llm_text_chat"] * organizations,
        "brand": ["OpenAI"] * organizations,
        "model": ["GPT-4.1-1M"] * organizations,
        "key_mode": ["platform"] * organizations,
        "input_tokens": [1000] * organizations,
    }
    pq.write_table(pa.table(rows), path)


def known_files(folder: Path, count: int) -> dict[str, Cost]:
    """Return what a first run over an inbox of so many logs costs, and one with nothing new."""
    for n in range(count):
        write_log(folder / "logs" / f"{n}.parquet", n)
    run = ("run", "--logs", folder / "logs", "--home", folder / "home", "--no-pages")
    return {"first run": creditmill(*run), "run, nothing new": creditmill(*run)}


def cards(folder: Path, count: int) -> dict[str, Cost]:
    """Return what a first run by a book of so many cards costs, one with nothing new, and a check
    of the book: a card a day, the last of which is in force on the log's date."""
    with (CARD / "rates.csv").open(encoding="utf-8", newline="") as file:
        (head, *lines) = csv.reader(file)
    for n in range(count):
        since = f"{(NOON - timedelta(days=count - n)).isoformat()}"
        card = folder / "book" / f"v{n:05}"
        card.mkdir(parents=True)
        (card / "card.toml").write_text(
            f'id = "v{n:05}"\neffective_from = {since}\npublished_at = {since}\n'
            'usd_per_credit = "0.01"\n'
        )
        with (card / "rates.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *lines])
    write_log(folder / "logs" / "a.parquet", 0)
    home = ("--logs", folder / "logs", "--home", folder / "home", "--no-pages")
    run = ("run", *home, "--rates", folder / "book")
    return {
        "first run": creditmill(*run),
        "run, nothing new": creditmill(*run),
        "rates check": creditmill("rates", "check", folder / "book", fails=True),
    }


def organizations(folder: Path, count: int) -> dict[str, Cost]:
    """Return what an export of a month of so many organizations costs, and one with nothing new."""
    write_log(folder / "logs" / "a.parquet", 0, count)
    creditmill("run", "--logs", folder / "logs", "--home", folder / "home", "--no-pages")
    export = ("export", "2026-03", "--to", folder / "out", "--home", folder / "home")
    return {"export": creditmill(*export), "export, nothing new": creditmill(*export)}


CASES = {
    "files": Case("known files", 400, 40_000, known_files),
    "cards": Case("cards in a book", 80, 800, cards),
    "organizations": Case("organizations", 400, 4_000, organizations),
}


def rows_of(case: Case, size: int) -> list[str]:
    """Return a line of the table for each of a case's commands."""
    costs = []
    for count in (1, size // 4, size):
        folder = Path(tempfile.mkdtemp(prefix="growth-"))
        try:
            costs.append(case.costs(folder, count))
        finally:
            remove(folder)
    one, quarter, whole = costs
    return [
        f"| {what}, {size:,} {case.of} | {one[what].cpu:.1f} | {quarter[what].cpu:.1f}"
        f" | {whole[what].cpu:.1f} | {growth(one[what], quarter[what], whole[what])} |"
        for what in whole
    ]


def remove(folder: Path) -> None:
    """Remove a folder, and in it versions, which are read-only."""
    for path, _, _ in os.walk(folder):
        os.chmod(path, 0o700)
    shutil.rmtree(folder)


def growth(one: Cost, quarter: Cost, whole: Cost) -> str:
    """Return how many times the cost beyond that of one is that of a quarter as many."""
    return f"{(whole.cpu - one.cpu) / max(quarter.cpu - one.cpu, 0.1):.1f} x"


def main() -> None:
    """Print a line for each command of each case; all cases at full size are written down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--full", action="store_true", help="sizes of real homes")
    asked = parser.parse_args()
    table = [
        "| what | CPU s, of one | of a quarter | of all | growth |",
        "| --- " + "| ---: " * 4 + "|",
    ]
    print("\n".join(table), flush=True)
    for name in asked.cases or CASES:
        case = CASES[name]
        made = rows_of(case, case.full if asked.full else case.small)
        print("\n".join(made), flush=True)
        table += made
    if asked.full and not asked.cases:
        said = f"`python benchmarks/growth.py --full`; {machine()}.\n\n"
        write_section("growth", said + "\n".join(table) + "\n")


if __name__ == "__main__":
    main()
