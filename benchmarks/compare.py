"""A day through creditmill, beside a bare scan and what one would otherwise write.

Each runs in turn as a process of its own, over several rounds: the whole `creditmill run` (into a
new home, everything on), the same on a log of one event, the bare scan, and the peers in `peers/`,
which do the rating alone: no row is validated, nothing accounted for, checked or published. All
totals must agree to the last decimal, per organization and billing type. Rewrites its section and
its picture in `docs/`; a peer that is not installed (`pip install 'creditmill[bench]'`) is named.

    python benchmarks/compare.py --events 10000000 --rounds 2
    python benchmarks/compare.py --events 100000000 --files 50 --rounds 1 --peers "DuckDB script" chDB
"""

import argparse
import csv
import shutil
import sys
import tempfile
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import duckdb
from drawing import bars
from measuring import ROOT, Cost, creditmill, gigabytes, machine, measured, write_section
from usage_logs import PRICES, TYPES, write_day

PEERS = {
    "DuckDB script": ("plain_duckdb", "duckdb"),
    "Polars, streaming": ("plain_polars", "polars"),
    "chDB": ("plain_chdb", "chdb"),
    "PySpark, local": ("plain_pyspark", "pyspark"),
}
AHEAD = {"DuckDB script": 3}
"""How many times less CPU a run is to take than a peer, where that is not twice."""
RUN, FIXED, SCAN = "creditmill run", "creditmill run, one event", "bare scan"
Totals = dict[tuple[str, str], int]


def write_prices(target: Path) -> None:
    """Write the card as a flat file, by names as the logs spell them, in billionths of a credit."""
    with PRICES.open(encoding="utf-8", newline="") as file, target.open("w", newline="") as out:
        made = csv.writer(out)
        made.writerow(["billing_type", "brand", "model", "key_mode", "meter", "billionths", "per"])
        for line in csv.DictReader(file):
            if line["credits"] != "-" and line["key_mode"] == "platform":
                for billing_type in TYPES.get(line["service"], []):
                    made.writerow(
                        [
                            *(billing_type, line["brand"], line["model"], line["key_mode"]),
                            *(line["meter"], int(Decimal(line["credits"]) * 10**9), line["per"]),
                        ]
                    )


def published(home: Path) -> Totals:
    """Return what `credits.duckdb` says, in billionths."""
    with duckdb.connect(str(home / "credits.duckdb"), read_only=True) as con:
        rows = con.execute(
            "select org_id, billing_type, sum(credits) from daily_usage group by all"
        ).fetchall()
    return {(org, kind): int(credits * 10**9) for org, kind, credits in rows if credits}


def told(output: str) -> Totals:
    """Return what a peer printed, in billionths."""
    lines = [line.split(" ") for line in output.splitlines() if line.startswith("org-")]
    return {(org, kind): int(billionths) for org, kind, billionths in lines if billionths != "0"}


def one_round(folder: Path, costs: dict[str, list[Cost]], peers: dict[str, str]) -> None:
    """Run every contestant once."""
    home = folder / "home"
    for name, logs in ((RUN, "logs"), (FIXED, "one")):
        shutil.rmtree(home, ignore_errors=True)
        costs[name].append(creditmill("run", "--logs", folder / logs, "--home", home, "--no-pages"))
        if name == RUN:
            expected = published(home)
    for name, script in {SCAN: "bare_scan", **peers}.items():
        file = ROOT / "benchmarks" / "peers" / f"{script}.py"
        cost = measured(
            [sys.executable, str(file), str(folder / "logs"), str(folder / "prices.csv")]
        )
        costs[name].append(cost)
        if name != SCAN and told(cost.output) != expected:
            found = told(cost.output)
            differing = [
                key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)
            ]
            raise SystemExit(f"{name} differs in {len(differing)} of {len(expected)} totals")


def table(costs: dict[str, list[Cost]]) -> tuple[str, dict[str, tuple[float, float, int]]]:
    """Return the Markdown table of medians, and the medians."""
    middle = {
        name: (
            median(cost.cpu for cost in made),
            median(cost.wall for cost in made),
            int(median(cost.peak for cost in made)),
        )
        for name, made in costs.items()
    }
    scan = middle[SCAN][0]
    lines = [
        "| what | CPU s | x bare scan | wall s | peak memory, GB |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, (cpu, wall, peak) in middle.items():
        lines.append(f"| {name} | {cpu:.1f} | {cpu / scan:.1f} | {wall:.1f} | {gigabytes(peak)} |")
    return "\n".join(lines) + "\n", middle


def targets(middle: dict[str, tuple[float, float, int]]) -> str:
    """Return each target, met or missed by its figure."""
    run, fixed, scan = middle[RUN], middle[FIXED], middle[SCAN]
    ratio = (run[0] - fixed[0]) / scan[0]
    rows = [
        ("(run - fixed) at most 5 x the bare scan, in CPU", f"{ratio:.1f} x", ratio <= 5),
        ("fixed at most 4 CPU s", f"{fixed[0]:.1f} s", fixed[0] <= 4),
    ]
    for name, (cpu, _, peak) in middle.items():
        if name in PEERS:
            ahead, lighter = cpu / run[0], peak / run[2]
            least = AHEAD.get(name, 2)
            rows.append((f"{least} x ahead of {name} in CPU", f"{ahead:.2f} x", ahead >= least))
            rows.append((f"2 x ahead of {name} in memory", f"{lighter:.2f} x", lighter >= 2))
    lines = ["| target | figure | |", "| --- | ---: | --- |"]
    lines += [f"| {said} | {figure} | {'met' if met else 'missed'} |" for said, figure, met in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument(
        "--peers", nargs="*", choices=PEERS, default=list(PEERS), help="all unless named"
    )
    parser.add_argument("--dry", action="store_true", help="print only, leave docs/ as it is")
    options = parser.parse_args()
    peers = {name: PEERS[name][0] for name in options.peers if find_spec(PEERS[name][1])}
    for name in set(options.peers) - peers.keys():
        print(f"{name} is not installed and left out")
    costs: dict[str, list[Cost]] = {name: [] for name in (RUN, FIXED, SCAN, *peers)}
    with tempfile.TemporaryDirectory(prefix="compare-") as place:
        folder = Path(place)
        write_day(folder / "logs", options.events, options.files)
        write_day(folder / "one", 1, 1)
        write_prices(folder / "prices.csv")
        size = sum(file.stat().st_size for file in (folder / "logs").iterdir())
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", flush=True)
            one_round(folder, costs, peers)
    figures, middle = table(costs)
    some = (
        [f'"{name}"' if " " in name else name for name in peers] if len(peers) < len(PEERS) else []
    )
    named = f" --peers {' '.join(some)}" if some else ""
    text = (
        f"`python benchmarks/compare.py --events {options.events} --rounds {options.rounds}{named}`:"
        f" {options.events:,} events of one new date, {options.files} files, {gigabytes(size)} GB;"
        f" {machine()}. Medians. CPU and memory are those of the process tree (memory: resident"
        f" pages, shared ones counted in each process); the bare scan is a hash over all columns.\nThe peers do the rating alone; totals of all agree to the last"
        f" decimal.\n\n{figures}\n{targets(middle)}\n![CPU and memory of each](performance.svg)\n"
    )
    print(text)
    if not options.dry:
        write_section("compare", text)
        bars(
            list(middle),
            [name in (RUN, FIXED) for name in middle],
            {
                "CPU s": [cpu for cpu, _, _ in middle.values()],
                "peak memory, GB": [peak / 1e9 for _, _, peak in middle.values()],
            },
            ROOT / "docs" / "performance.svg",
        )


if __name__ == "__main__":
    main()
