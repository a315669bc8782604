"""What a usage date costs: logs of single rows on many dates, and how the cost grows with them.

python benchmarks/dates.py [DATES…]     (100 and 400 where none are given)
"""

import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from measuring import ROOT, Cost, creditmill

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def log_of(dates: int, path: Path) -> None:
    """Write a log of one row on each of so many dates."""
    path.parent.mkdir()
    rows = {
        "event_id": [f"e{n}" for n in range(dates)],
        "event_time": [NOON + timedelta(days=n) for n in range(dates)],
        "org_id": ["acme"] * dates,
        "billing_type": ["llm_text_chat"] * dates,
        "brand": ["OpenAI"] * dates,
        "model": ["GPT-4.1-1M"] * dates,
        "key_mode": ["platform"] * dates,
        "input_tokens": [1000] * dates,
    }
    pq.write_table(pa.table(rows), path)


def book_of(folder: Path) -> Path:
    """Return a copy of the built-in price list that is in force on all the dates."""
    shutil.copytree(ROOT / "pricing_assets" / "rate_cards", folder)
    for card in folder.glob("*/card.toml"):
        card.write_text(card.read_text().replace("2026-02-01T", "2020-01-01T"))
    return folder


def run_of(dates: int) -> Cost:
    """Return the cost of a first run over so many dates, without pages."""
    with tempfile.TemporaryDirectory() as folder:
        log_of(dates, Path(folder, "logs", "a.parquet"))
        where = ("--logs", Path(folder, "logs"), "--home", Path(folder, "home"))
        return creditmill("run", *where, "--rates", book_of(Path(folder, "rates")), "--no-pages")


def main(counts: list[int]) -> None:
    """Print a line for each number of dates, and what one more costs."""
    fixed = run_of(1)
    print("| dates | CPU s | wall s | ms CPU a date |")
    print("| ---: | ---: | ---: | ---: |")
    print(f"| 1 | {fixed.cpu:.1f} | {fixed.wall:.1f} | |")
    for count in counts:
        cost = run_of(count)
        each = (cost.cpu - fixed.cpu) / (count - 1) * 1000
        print(f"| {count} | {cost.cpu:.1f} | {cost.wall:.1f} | {each:.0f} |", flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [100, 400])
