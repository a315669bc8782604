"""What a command costs: CPU, wall and peak memory of its whole process tree; and where the figures
are written."""

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
PAUSE = 0.05
"""Seconds from one look at the process tree to the next."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds (user and system), wall seconds, peak resident bytes of the process tree (the
    largest sum that was seen, or the largest process's own peak), and what was printed."""

    cpu: float
    wall: float
    peak: int
    output: str


def creditmill(*arguments: object, fails: bool = False) -> Cost:
    """Return the cost of one creditmill command."""
    return measured([sys.executable, "-m", "pipelines.cli", *map(str, arguments)], fails=fails)


def measured(command: list[str], *, fails: bool = False, folder: Path = ROOT) -> Cost:
    """Return the cost of one command as a process of its own, started in a folder; its failure ends the
    benchmark."""
    started = time.monotonic()
    peak, cpu = 0, 0.0
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.DEVNULL)
        while True:
            seen, resident = _tree(process.pid)
            cpu, peak = max(cpu, seen), max(peak, resident)
            done, status, used = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            time.sleep(PAUSE)
        out.seek(0)
        output = out.read().decode()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 and not fails:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(
        max(cpu, used.ru_utime + used.ru_stime),
        time.monotonic() - started,
        max(peak, used.ru_maxrss * 1024),
        output,
    )


def _tree(pid: int) -> tuple[float, int]:
    """Return CPU seconds and resident bytes of a process and its living descendants."""
    cpu, resident = 0.0, 0
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            cpu += sum(map(int, fields[11:15])) / ticks
            resident += int(fields[21]) * page
            for thread in os.listdir(f"/proc/{one}/task"):
                children = Path(f"/proc/{one}/task/{thread}/children").read_text()
                waiting += map(int, children.split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return cpu, resident


def gigabytes(size: int) -> str:
    """Return a size as tables show it."""
    return f"{size / 1e9:.2f}"


def machine() -> str:
    """Return what the figures were taken on."""
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.is_file():
        found = re.search(r"model name\s*: (.*)", info.read_text())
        model = found[1] if found else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = []
    for name in ("duckdb", "polars", "pyarrow", "dagster", "great-expectations", "chdb", "pyspark"):
        try:
            libraries.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB; Python {platform.python_version()},"
        f" {', '.join(libraries)}"
    )


def write_section(name: str, text: str) -> None:
    """Put a section of `docs/performance.md` between its marks."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    page = PAGE.read_text(encoding="utf-8")
    if begin not in page:
        page += f"\n{begin}{end}"
    before, _, rest = page.partition(begin)
    PAGE.write_text(f"{before}{begin}{text}{end}{rest.partition(end)[2]}", encoding="utf-8")
