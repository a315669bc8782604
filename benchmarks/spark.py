"""Spark against DuckDB on the same events: CPU, wall, peak memory, and bytes shuffled per event.

    python benchmarks/spark.py --events 20000000 --workers 1 2

The homes' published bytes are compared, and the figures are printed as a table.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from measuring import ROOT, creditmill, gigabytes
from usage_logs import write_day

sys.path.insert(0, str(ROOT))
from tests.support import spark_cluster


def configured(folder: Path) -> None:
    """Use plain settings, and an event log that says what was shuffled."""
    (folder / "conf").mkdir()
    (folder / "events").mkdir()
    (folder / "conf" / "spark-defaults.conf").write_text(
        "spark.ui.enabled false\nspark.driver.memory 4g\nspark.executor.memory 3g\n"
        f"spark.eventLog.enabled true\nspark.eventLog.dir file://{folder / 'events'}\n"
        "spark.eventLog.rolling.enabled false\nspark.eventLog.compress false\n"
    )
    os.environ["SPARK_CONF_DIR"] = str(folder / "conf")


def shuffled(log: Path) -> int:
    """Return bytes that an application's tasks wrote for each other."""
    total = 0
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith('{"Event":"SparkListenerTaskEnd"'):
                metrics = json.loads(line).get("Task Metrics", {})
                total += metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
    return total


def digest(home: Path) -> str:
    """Return one digest of every published file."""
    found = hashlib.sha256()
    for path in sorted((home / "reports").rglob("*")):
        if path.suffix in (".parquet", ".csv"):
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def compare(folder: Path, events: int, workers: Iterable[int]) -> None:
    """Print a line per engine."""
    logs = write_day(folder / "logs", events, 10)
    configured(folder)
    print("| engine | CPU s | wall s | peak RSS, GB | shuffled bytes per event |")
    print("| --- | ---: | ---: | ---: | ---: |")
    first = ""
    for name in ("duckdb", "local[2]", *(f"{count} workers of one core" for count in workers)):
        home = folder / name.replace("[", "-").replace("]", "").replace(" ", "-")
        options: list[object] = ["run", "--logs", logs, "--home", home]
        count = int(name.split()[0]) if "workers" in name else 0
        made = spark_cluster.standalone(folder, count, "3g") if count else nullcontext()
        with made as cluster:
            os.environ["CREDITMILL_ENGINE"] = "duckdb" if name == "duckdb" else "spark"
            os.environ["CREDITMILL_SPARK_MASTER"] = cluster.master if cluster else "local[2]"
            cost = creditmill(*options)
        applications = sorted((folder / "events").iterdir(), key=lambda path: path.stat().st_mtime)
        moved = f"{shuffled(applications[-1]) / events:.1f}" if applications else ""
        first = first or digest(home)
        if digest(home) != first:
            sys.exit(f"{name} published other bytes than duckdb")
        cpu = f"{cost.cpu:.1f}" if not count else f"{cost.cpu:.1f} (driver)"
        print(
            f"| {name} | {cpu} | {cost.wall:.1f} | {gigabytes(cost.peak)} | {moved} |", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spark-") as folder:
        compare(Path(folder), given.events, given.workers)


if __name__ == "__main__":
    main()
