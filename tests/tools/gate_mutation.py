"""Takes each gate away in turn, in a copy of the project, and looks for a test that fails.

A gate is an `if` that ends in one of our own errors, or names a difference or a finding, or a
statement of `sql/checks/rules/`. A gate that no test misses guards nothing that is known to work: exit 1,
by name. Which tests reach a gate, in their own process or in one that they start, is found first.

    python -m tests.tools.gate_mutation                       every gate, two at a time
    python -m tests.tools.gate_mutation pricing_assets/home   only gates of these files
    python -m tests.tools.gate_mutation --list                what would be taken away
    python -m tests.tools.gate_mutation --known FILE          keep what reaches what in a file, or take it from there
"""

import argparse
import ast
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

import pytest
from coverage import Coverage, CoverageData

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pricing_assets", "pipelines")
PYTEST = ("pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider")
PATIENCE = 300
"""Seconds that the tests of one gate may take: without a gate they may never end."""
Reaching = dict[str, dict[int, list[str]]]
"""Per file and line, the tests that reach it, those that reach the fewest lines first."""


@dataclass(frozen=True)
class Gate:
    """What stands in a file, what it says without the gate, and the line that is reached where the
    gate is shut."""

    file: str
    line: int
    says: str
    without: str
    shut: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.says}"


def gates() -> Iterator[Gate]:
    """Every gate of the project, in the order of its files."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from gates_of(path)
    for path in sorted((ROOT / "sql" / "checks" / "rules").glob("*.sql")):
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
        yield Gate(
            path.relative_to(ROOT).as_posix(),
            node.lineno,
            says,
            without.decode(),
            node.body[0].lineno,
        )


def is_verdict(step: ast.stmt) -> bool:
    """Whether a statement ends what is done, or says what is not as it was published."""
    if isinstance(step, ast.Raise):
        return True
    plain = isinstance(step, ast.Expr | ast.AugAssign | ast.Return)
    return plain and bool(re.search(r"\b(Difference|Finding)\(", ast.unparse(step)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """As a plugin of pytest: what is reached from here on, also by its fixtures, belongs to this test."""
    running = Coverage.current()
    if running is not None:
        running.switch_context(item.nodeid)


@pytest.fixture(autouse=True)
def readers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a plugin of pytest: processes that examine logs belong to one test, and end by themselves, as
    what they reach is written down at their end."""
    from pricing_assets.intake.reader import Reader

    begun: list[Reader] = []
    begin, close = Reader._begin, Reader.close

    def begins(reader: Reader) -> "subprocess.Popen[bytes]":
        begun.append(reader)
        return begin(reader)

    def ends(reader: Reader) -> None:
        child = reader._child
        if child is not None and child.stdin is not None and child.poll() is None:
            child.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(60)
        close(reader)

    monkeypatch.setattr(Reader, "_begin", begins)
    monkeypatch.setattr(Reader, "close", ends)
    yield
    for reader in begun:
        reader.close()


def reached(copies: list[Path]) -> Reaching:
    """Runs the short tests once, a part in each copy, and notes which test reaches which line."""
    print("running the short tests once, to see which reach what", flush=True)
    modules = sorted((ROOT / "tests").rglob("test_*.py"), key=lambda path: -path.stat().st_size)
    parts = [modules[number :: len(copies)] for number in range(len(copies))]
    with ThreadPoolExecutor(len(copies)) as workers:
        found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for data, copy in zip(workers.map(traced, copies, parts), copies, strict=True):
            for file in data.measured_files():
                for line, contexts in data.contexts_by_lineno(file).items():
                    names = {test_of(context) for context in contexts} - {""}
                    found[Path(file).relative_to(copy).as_posix()][line] |= names
    width = Counter(test for lines in found.values() for tests in lines.values() for test in tests)
    return {
        file: {
            line: sorted(tests, key=lambda test: (width[test], test))
            for line, tests in lines.items()
        }
        for file, lines in found.items()
    }


def traced(copy: Path, modules: list[Path]) -> CoverageData:
    """What these modules' tests reach, each in its own process and in those that it starts."""
    settings = copy / "removal.ini"
    sources = "\n    ".join(str(copy / package) for package in PACKAGES)
    settings.write_text(
        f"[run]\nsource =\n    {sources}\ndata_file = {copy / '.coverage'}\nparallel = true\n"
        "context = ${PYTEST_CURRENT_TEST-}\npatch = _exit\n"
    )
    names = [module.relative_to(ROOT).as_posix() for module in modules]
    said = subprocess.run(
        [sys.executable, "-m", *PYTEST, "-p", "tests.tools.gate_mutation", *names],
        cwd=copy,
        env=plain(copy) | {"COVERAGE_PROCESS_START": str(settings)},
        capture_output=True,
        check=False,
    )
    if said.returncode != 0:
        sys.exit(f"tests fail with every gate in place:\n{said.stdout.decode()[-2000:]}")
    combine = [sys.executable, "-m", "coverage", "combine", "-q", f"--rcfile={settings}"]
    subprocess.run(combine, cwd=copy, check=True)
    data = CoverageData(str(copy / ".coverage"))
    data.read()
    return data


def test_of(context: str) -> str:
    """The test of a context: `tests/test_a.py::test_b[c]`, or with ` (call)` as a process inherits
    it."""
    return context.rpartition("|")[2].partition(" ")[0].partition("[")[0]


def plain(copy: Path) -> dict[str, str]:
    """Variables by which the copy's packages are found before any other."""
    return os.environ | {"PYTHONPATH": str(copy)}


def tests_of(gate: Gate, known: Reaching) -> list[str]:
    """The tests that meet the gate shut: no other can miss it."""
    if gate.file.startswith("sql/"):
        return ["tests/checks/test_rules.py", "tests/checks/test_lookalike_ids.py"]
    return known.get(gate.file, {}).get(gate.shut, [])


def missed(gate: Gate, copy: Path, known: Reaching) -> tuple[str, float]:
    """The first test that fails without the gate ('' where none does), and how long it took."""
    kept = (ROOT / gate.file).read_text(encoding="utf-8")
    (copy / gate.file).write_text(gate.without, encoding="utf-8")
    started = time.monotonic()
    tests = tests_of(gate, known)
    # a module's fixture is made by its first test, and may be looked at by any
    modules = sorted({test.partition("::")[0] for test in tests})
    found = ""
    try:
        for some in (tests, modules):
            found = found or (first_failure(some, copy) if some else "")
    finally:
        (copy / gate.file).write_text(kept, encoding="utf-8")
    return found, time.monotonic() - started


def first_failure(tests: list[str], copy: Path) -> str:
    """The first of these tests that fails in the copy; '' where all pass."""
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
    if not failed and said.returncode != 0:
        raise RuntimeError(f"pytest ended with {said.returncode}: {said.stdout[-500:]}")
    return failed[1] if failed else ""


def copied(folder: Path) -> Path:
    """The project as it stands, without its history and environment."""
    ignored = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "home", ".dagster")
    return Path(shutil.copytree(ROOT, folder, ignore=ignored))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", help="only gates of files that begin so")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="name the gates, and stop")
    parser.add_argument("--known", type=Path, metavar="FILE", help="what reaches what")
    options = parser.parse_args()
    found = [gate for gate in gates() if gate.file.startswith(tuple(options.files or [""]))]
    if options.list:
        print(*found, sep="\n")
        return 0
    survived = 0
    with tempfile.TemporaryDirectory(prefix="removal-") as folder:
        made = [copied(Path(folder, str(number))) for number in range(options.jobs)]
        if options.known and options.known.exists():
            lines = json.loads(options.known.read_text())
            known = {file: {int(line): t for line, t in of.items()} for file, of in lines.items()}
        else:
            known = reached(made)
            if options.known:
                options.known.write_text(json.dumps(known))
        copies: Queue[Path] = Queue()
        for copy in made:
            copies.put(copy)

        def taken_away(gate: Gate) -> tuple[Gate, str, float]:
            copy = copies.get()
            try:
                return gate, *missed(gate, copy, known)
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
