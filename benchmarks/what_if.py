"""What-if over many stored lines: seconds and peak memory of the whole command.

One date of `--lines-per-date` lines (every event has an agent of its own) is published by a real
run; the other dates are the same version under another usage date. Then `creditmill what-if` runs
over all of them, with one price changed.

    python benchmarks/what_if.py --dates 10 --lines-per-date 1000000
"""

import argparse
import json
import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path

import duckdb
from measuring import ROOT, creditmill, gigabytes

BOOK = ROOT / "pricing_assets" / "rate_cards"
FIRST = date(2026, 2, 2)
LOG = """
copy (
    select
        concat('event-', i) as event_id,
        timestamp '2026-02-02' + to_microseconds(cast(i % 86400 * 1000000 as bigint)) as event_time,
        concat('org-', i % 997) as org_id,
        concat('agent-', i) as agent_id,
        'llm_text_chat' as billing_type,
        'OpenAI' as brand,
        case i % 4 when 0 then 'GPT-4.1-1M' when 1 then 'GPT-4o-128k' when 2 then 'GPT-5.2-400k'
            else 'GPT-4.1-mini-1M' end as model,
        case when i % 3 = 0 then 'own' else 'platform' end as key_mode,
        cast(hash(i) % 4000 as bigint) as input_tokens,
        cast(hash(i + 1) % 900 as bigint) as output_tokens
    from range($lines) as events (i)
) to '{target}' (format parquet)
"""


def copy_version(home: Path, days: int) -> None:
    """Copy the first date's version to the usage dates after it."""
    source = home / "reports" / f"usage_date={FIRST}" / "0001"
    for step in range(1, days):
        day = FIRST + timedelta(days=step)
        folder = home / "reports" / f"usage_date={day}" / "0001"
        folder.mkdir(parents=True)
        for name in ("lines", "charges"):
            shifted = "usage_date + $step as usage_date"
            if name == "lines":
                shifted += ", rates_from + to_days($step) as rates_from"
            duckdb.connect().execute(
                f"copy (select * replace ({shifted}) from read_parquet($source)) to $target",
                {
                    "step": step,
                    "source": str(source / f"{name}.parquet"),
                    "target": str(folder / f"{name}.parquet"),
                },
            )
        manifest = json.loads((source / "manifest.json").read_text())
        manifest["usage_date"] = day.isoformat()
        (folder / "manifest.json").write_text(json.dumps(manifest))
        (folder.parent / "current").symlink_to("0001")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dates", type=int, default=10)
    parser.add_argument("--lines-per-date", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="what-if-") as folder:
        home, logs, book = Path(folder, "home"), Path(folder, "logs"), Path(folder, "book")
        logs.mkdir()
        duckdb.connect().execute(
            LOG.format(target=logs / "a.parquet"), {"lines": options.lines_per_date}
        )
        ran = creditmill("run", "--logs", logs, "--home", home)
        copy_version(home, options.dates)
        shutil.copytree(BOOK, book)
        rates = book / "2026-02-01" / "rates.csv"
        old = "llm,OpenAI,GPT-4.1-1M,platform,input_tokens,0.22,1000"
        text = rates.read_text(encoding="utf-8")
        assert old in text
        rates.write_text(text.replace(old, old.replace("0.22", "0.33")), encoding="utf-8")
        lines = options.dates * options.lines_per_date
        print(f"one date of {options.lines_per_date:,} lines published in {ran.cpu:.1f} CPU s")
        print("| lines | book | CPU s | wall s | peak RSS, GB | difference in credits |")
        print("| ---: | --- | ---: | ---: | ---: | ---: |")
        for name, given in (("the home's own", BOOK), ("one price changed", book)):
            cost = creditmill("what-if", given, "--home", home, "--json")
            difference = json.loads(cost.output)["difference"]
            assert (difference == "0.000000000") is (given == BOOK)
            print(
                f"| {lines:,} | {name} | {cost.cpu:.1f} | {cost.wall:.1f} | {gigabytes(cost.peak)}"
                f" | {difference} |"
            )


if __name__ == "__main__":
    main()
