"""Takes each gate away in turn, in a copy of the project, and looks for a test that fails.

A gate is an `if` that ends in one of our own errors or names a difference, or a statement of
`sql/checks/`. A gate that no test misses guards nothing that is known to work: exit 1, by name.

    python tests/removal.py                       every gate, two at a time
    python tests/removal.py pricing_assets/home   only gates of these files
    python tests/removal.py --list                what would be taken away
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from coverage import CoverageData

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("pricing_assets", "pipelines")
PYTEST = ("pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider")
PATIENCE = 900
"""Seconds that the tests of one gate may take: without a gate they may never end."""


@dataclass(frozen=True)
class Gate:
    """What stands in a file, what it says without the gate, and where to read of it."""

    file: str
    line: int
    says: str
    without: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.says}"


def gates() -> Iterator[Gate]:
    """Every gate of the project, in the order of its files."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from gates_of(path)
    for path in sorted((ROOT / "sql" / "checks").glob("*.sql")):
        plain = path.read_text(encoding="utf-8")
        nothing = f"select * from (\n{plain}\n) as faults where false\n"
        yield Gate(path.relative_to(ROOT).as_posix(), 1, "finds nothing", nothing)


def gates_of(path: Path) -> Iterator[Gate]:
    """The conditions of a module that raise or name a difference: each is made to hold never."""
    source = path.read_text(encoding="utf-8")
    lines = source.encode().split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.If) or not any(map(is_verdict, node.body)):
            continue
        test = node.test
        raw = source.encode()
        first = starts[test.lineno - 1] + test.col_offset
        last = starts[(test.end_lineno or 0) - 1] + (test.end_col_offset or 0)
        # `and False` keeps what the condition assigns on its way
        without = raw[:first] + b"((" + raw[first:last] + b") and False)" + raw[last:]
        says = " ".join(raw[first:last].decode().split())
        yield Gate(path.relative_to(ROOT).as_posix(), test.lineno, says, without.decode())


def is_verdict(step: ast.stmt) -> bool:
    """Whether a statement ends what is done, or says what is not as it was published."""
    plain = isinstance(step, ast.Expr | ast.AugAssign | ast.Return)
    return isinstance(step, ast.Raise) or (plain and "Difference(" in ast.unparse(step))


def reached(copy: Path) -> CoverageData:
    """Runs the short tests once, and notes which test ran which line in its own process."""
    print("running the short tests once, to see which reach what", flush=True)
    settings = copy / "removal.ini"
    sources = "\n    ".join(PACKAGES)
    settings.write_text(f"[run]\nsource =\n    {sources}\ndynamic_context = test_function\n")
    words = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", "-m", *PYTEST]
    said = subprocess.run(words, cwd=copy, env=plain(copy), capture_output=True, check=False)
    if said.returncode != 0:
        sys.exit(f"tests fail with every gate in place:\n{said.stdout.decode()[-2000:]}")
    data = CoverageData(str(copy / ".coverage"))
    data.read()
    return data


def plain(copy: Path) -> dict[str, str]:
    """Variables by which the copy's packages are found before any other."""
    return os.environ | {"PYTHONPATH": str(copy)}


def tests_of(gate: Gate, data: CoverageData) -> list[list[str]]:
    """Rounds of tests: those that evaluate the gate, then all."""
    if gate.file.startswith("sql/"):
        return [["tests/test_checks.py"], []]
    (known,) = [file for file in data.measured_files() if file.endswith(f"/{gate.file}")] or [""]
    names = sorted({name for name in data.contexts_by_lineno(known).get(gate.line, []) if name})
    first = [f"tests/{file}.py::{name}" for file, _, name in (one.partition(".") for one in names)]
    return [first, []] if first else [[]]


def missed(gate: Gate, copy: Path, data: CoverageData) -> tuple[str, float]:
    """The first test that fails without the gate ('' where none does), and how long it took."""
    kept = (ROOT / gate.file).read_text(encoding="utf-8")
    (copy / gate.file).write_text(gate.without, encoding="utf-8")
    started, found = time.monotonic(), ""
    try:
        for tests in tests_of(gate, data):
            found = found or first_failure(tests, copy)
    finally:
        (copy / gate.file).write_text(kept, encoding="utf-8")
    return found, time.monotonic() - started


def first_failure(tests: list[str], copy: Path) -> str:
    """The first of these tests (none: of all) that fails in the copy; '' where all pass."""
    words = [sys.executable, "-m", *PYTEST, "-x", "--no-header", "-rfE", *tests]
    try:
        said = subprocess.run(
            words,
            cwd=copy,
            env=plain(copy),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {PATIENCE} s"
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", said.stdout, re.M)
    return failed[1] if failed else "" if said.returncode == 0 else said.stdout[-500:]


def copied(folder: Path) -> Path:
    """The project as it stands, without its history and environment."""
    ignored = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "home", ".dagster")
    return Path(shutil.copytree(ROOT, folder, ignore=ignored))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", help="only gates of files that begin so")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="name the gates, and stop")
    options = parser.parse_args()
    found = [gate for gate in gates() if gate.file.startswith(tuple(options.files or [""]))]
    if options.list:
        print(*found, sep="\n")
        return 0
    survived = 0
    with tempfile.TemporaryDirectory(prefix="removal-") as folder:
        copies: Queue[Path] = Queue()
        for number in range(options.jobs):
            copies.put(copied(Path(folder, str(number))))
        data = reached(copied(Path(folder, "whole")))

        def taken_away(gate: Gate) -> tuple[Gate, str, float]:
            copy = copies.get()
            try:
                return gate, *missed(gate, copy, data)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(options.jobs) as workers:
            for gate, test, seconds in workers.map(taken_away, found):
                survived += not test
                print(f"{gate}\n    {test or 'NO TEST FAILS'} ({seconds:.0f} s)", flush=True)
    print(f"{len(found)} gates taken away, {survived} of them missed by no test")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
