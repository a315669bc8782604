"""Where the CPU of a date goes: each statement, read and write of one run.

Dagster and Great Expectations are left out: they cost the same for one event.

    python benchmarks/where.py --events 20000000
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import ROOT, machine
from usage_logs import write_day

from pricing_assets import flow, home
from pricing_assets.charges import price as charges
from pricing_assets.charges import pricing
from pricing_assets.checks import run as checks
from pricing_assets.common import files
from pricing_assets.home.opening import RequestedSettings, open_home
from pricing_assets.intake import receipts
from pricing_assets.intake.reader import Reader
from pricing_assets.rates import relations, resolution
from pricing_assets.usage import engine, staging
from pricing_assets.usage import reduce as usage
from pricing_assets.usage.rollups import Rollups

sys.path.insert(0, str(ROOT))
from tests.support.inbox_logs import list_logs
from tests.support.plain_judge import judged_plainly

STEPS = ("intake", "usage", "charges", "checks", "report")


def cpu() -> float:
    """Return CPU seconds of this process so far, and of those that it waited for."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


class Ledger:
    """CPU and wall seconds by step and part, in the order in which they first came."""

    def __init__(self) -> None:
        self.spent: dict[tuple[str, str], list[float]] = {}
        self.step = ""

    def watch(self, module: Any, function: str, name: Callable[..., str]) -> None:
        """Note from now on what each call of the module's function costs."""
        plain = getattr(module, function)

        def watched(*given: Any, **named: Any) -> Any:
            before, started = cpu(), time.monotonic()
            try:
                return plain(*given, **named)
            finally:
                self.note(name(*given, **named), cpu() - before, time.monotonic() - started)

        setattr(module, function, watched)

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Note what a step costs, and whose parts come from here on."""
        self.step = step
        before, started = cpu(), time.monotonic()
        yield
        self.note("all", cpu() - before, time.monotonic() - started)

    def note(self, part: str, seconds: float, wall: float) -> None:
        """Add to a part of the step under way."""
        entry = self.spent.setdefault((self.step, part), [0.0, 0.0])
        entry[0] += seconds
        entry[1] += wall


def sql_file(_con: object, name: str, *_: object) -> str:
    """Return what a statement's time is noted under."""
    return f"`sql/{name}.sql`"


WATCHED: list[tuple[Any, str, Callable[..., str]]] = [
    *(
        (module, "make_table", sql_file)
        for module in (usage, engine, relations, resolution, charges, pricing)
    ),
    *(
        (
            module,
            "write_table",
            lambda con, table, source, target, *_, **__: f"write {target.name}",
        )
        for module in (staging, charges, receipts)
    ),
    (files, "copy_with_digest", lambda *_: "copy and SHA-256 of the logs"),
    (Reader, "close", lambda *_: "every value read once, in a process of its own"),
    (engine, "repeated_ids", lambda con: "hashes of ids, sorted"),
    (checks, "_faults_of", lambda con, rule: sql_file(con, f"checks/rules/{rule}")),
]
"""Where a function is looked up, its name, and what a call of it is noted under."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--least", type=float, default=0.1, help="leave out parts of less CPU s")
    options = parser.parse_args()
    ledger = Ledger()
    for where, function, name in WATCHED:
        ledger.watch(where, function, name)
    with judged_plainly(), tempfile.TemporaryDirectory(prefix="where-") as folder:
        logs = write_day(Path(folder, "logs"), options.events, 10)
        place = home.Home(Path(folder, "home"))
        with place.lock():
            terms = open_home(place, RequestedSettings())
            run = flow.Run(place, terms, engine=Rollups())
            whole = cpu()
            with ledger.of("intake"):
                run.take_in(list_logs(logs, place))
            days = [one.day for one in run.stale()]
            with ledger.of("usage"):
                run.reduce(days)
            with ledger.of("charges"):
                run.price(days)
            with ledger.of("checks"):
                run.check(days)
            with ledger.of("report"):
                run.publish(days)
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


if __name__ == "__main__":
    main()
