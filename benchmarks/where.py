"""Where the CPU of a date goes: each statement, read and write of one run, in this process.

Dagster and Great Expectations are left out: they cost the same for one event. Rewrites its section
of `docs/performance.md`.

    python benchmarks/where.py --events 20000000
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import machine, write_section
from usage_logs import write_day

from pricing_assets import flow, home
from pricing_assets.charges import price as charges
from pricing_assets.checks import expectations
from pricing_assets.checks import run as checks
from pricing_assets.common import files
from pricing_assets.db import connection as duck
from pricing_assets.home.opening import Given, open_home
from pricing_assets.intake import inbox
from pricing_assets.intake import take_in as intake
from pricing_assets.rates import relations as rating
from pricing_assets.usage import reduce as usage

STEPS = ("intake", "usage", "charges", "checks", "report")


def cpu() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Ledger:
    """CPU and wall seconds by step and part, in the order in which they first came."""

    def __init__(self) -> None:
        self.spent: dict[tuple[str, str], list[float]] = {}
        self.step = ""

    def watch(self, module: Any, function: str, name: Callable[..., str]) -> None:
        """From now on, note what each call of the module's function costs."""
        plain = getattr(module, function)

        def watched(*given: Any, **named: Any) -> Any:
            before, started = cpu(), time.monotonic()
            try:
                return plain(*given, **named)
            finally:
                self.note(name(*given, **named), cpu() - before, time.monotonic() - started)

        setattr(module, function, watched)

    def note(self, part: str, seconds: float, wall: float) -> None:
        """Add to a part of the step under way."""
        entry = self.spent.setdefault((self.step, part), [0.0, 0.0])
        entry[0] += seconds
        entry[1] += wall


def without_great_expectations(
    counts: dict[Any, dict[str, int]], _: object
) -> dict[Any, dict[str, bool]]:
    """The verdict itself."""
    return {day: {rule: found == 0 for rule, found in by.items()} for day, by in counts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--least", type=float, default=0.1, help="leave out parts of less CPU s")
    parser.add_argument("--dry", action="store_true", help="print only, leave docs/ as it is")
    options = parser.parse_args()
    ledger = Ledger()
    for module in (usage, rating, charges, checks):
        ledger.watch(module, "make_table", lambda con, name, *_: f"`sql/{name}.sql`")
    ledger.watch(duck, "write", lambda con, table, source, target, *_, **__: f"write {target.name}")
    ledger.watch(files, "copy_with_digest", lambda *_: "copy and SHA-256 of the logs")
    ledger.watch(
        intake,
        "_receipts",
        lambda *_, **__: "`sql/intake/rows_by_utc_day.sql`: every value read once",
    )
    ledger.watch(usage, "repeated_ids", lambda con: "hashes of ids, sorted")
    ledger.watch(checks, "_faults_of", lambda con, rule: f"`sql/checks/rules/{rule}.sql`")
    expectations.preload = lambda: None  # type: ignore[assignment, return-value]
    checks.judge = without_great_expectations  # type: ignore[assignment]
    with tempfile.TemporaryDirectory(prefix="where-") as folder:
        logs = write_day(Path(folder, "logs"), options.events, 10)
        place = home.Home(Path(folder, "home"))
        with place.lock():
            terms = open_home(place, Given())
            run = flow.Flow(place, terms, engine=usage.DuckDB(usage.repeated_ids))
            whole = cpu()
            for step in STEPS:
                ledger.step = step
                before, started = cpu(), time.monotonic()
                if step == "intake":
                    run.intake(inbox.list_logs(logs, place))
                    days = [one.day for one in run.stale()]
                else:
                    getattr(run, step)(days)
                ledger.spent[step, "all"] = [cpu() - before, time.monotonic() - started]
            whole = cpu() - whole
    lines = ["| step | part | CPU s | share |", "| --- | --- | ---: | ---: |"]
    for step in STEPS:
        parts = {part: spent for (of, part), spent in ledger.spent.items() if of == step}
        total = parts.pop("all")[0]
        lines.append(f"| **{step}** | | **{total:.1f}** | **{total / whole:.0%}** |")
        for part, (seconds, _) in sorted(parts.items(), key=lambda one: -one[1][0]):
            if seconds >= options.least:
                lines.append(f"| | {part} | {seconds:.1f} | {seconds / whole:.0%} |")
    text = (
        f"`python benchmarks/where.py --events {options.events}`: {options.events:,} events of one"
        f" date, {whole:.1f} CPU s without Dagster and Great Expectations; {machine()}.\n\n"
        + "\n".join(lines)
        + "\n"
    )
    print(text)
    if not options.dry:
        write_section("where", text)


if __name__ == "__main__":
    main()
