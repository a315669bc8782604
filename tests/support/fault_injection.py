"""Runs of a workspace that are killed, or whose disk fails: in children of a small server that has
imported everything.

It forks a child for every run that it is asked for; `faults.c` kills or fails it at a call. What may
be left behind belongs to `test_crash` and `test_disk_faults`.
"""

import atexit
import ctypes
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import NoReturn

import pytest

from pipelines.cli import disk_errors
from pricing_assets.catalog import build as catalog
from pricing_assets.common.errors import CreditmillError
from pricing_assets.pages import build as pages
from pricing_assets.report import publish as report
from pricing_assets.usage import reduce as usage
from tests.support.plain_judge import judged_plainly
from tests.support.workspace import RECEIVED, Workspace

LOADED = (catalog, pages, report, usage)
OPEN, WRITE, SYNC, RENAME, LINK, UNLINK, MKDIR, CHMOD = (1 << bit for bit in range(8))
SIDE_EFFECTS = OPEN | SYNC | RENAME | LINK | UNLINK | MKDIR | CHMOD
"""All that changes a folder but the bytes of its files."""
EVERY_CALL = SIDE_EFFECTS | WRITE
KINDS = ("count", "kill before", "kill after", "fail", "fail from", "short")
"""As `faults.c` numbers them: `fail` is once, `fail from` from then on, `short` writes half."""


@dataclass(frozen=True)
class Fault:
    """What befalls the nth of these calls on the home (0: nothing does), with which error; or
    SIGKILL after so many seconds."""

    calls: int = RENAME
    nth: int = 0
    kind: str = "kill after"
    error: int = 0
    seconds: float | None = None


NONE = Fault()


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit code, below 0 for a signal; the calls in order, by kind and name;
    seconds taken, and what it raised: `is_told` where the command says so without a traceback;
    `paths` of each call, of a rename both, apart by a tab."""

    code: int
    calls: list[tuple[int, str]]
    seconds: float
    said: str
    is_told: bool
    paths: list[str]

    def count(self, kinds: int) -> int:
        """How many calls of these kinds there were."""
        return sum(bool(kind & kinds) for kind, _ in self.calls)


@cache
def library() -> Path:
    """`faults.c`, built; the tests that need it are skipped where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        assert os.environ.get("CI") != "true", "a C compiler is needed to make calls fail"
        pytest.skip("no C compiler, so no call can be made to fail")
    folder = tempfile.mkdtemp(prefix="faults-")
    atexit.register(remove_library)
    built = Path(folder, "faults.so")
    source = Path(__file__).with_name("faults.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", built, source, "-ldl"], check=True)
    return built


def remove_library() -> None:
    """Remove what `library` built."""
    if library.cache_info().currsize:
        shutil.rmtree(library().parent, ignore_errors=True)
        library.cache_clear()


class Killer:
    """The server, from the outside. Its temporary folder is its own: what a killed process leaves in
    the system's is for the system to remove."""

    def __enter__(self) -> "Killer":
        """Start it."""
        root = Path(__file__).resolve().parents[2]
        self.temporary = tempfile.mkdtemp(prefix="killed-")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from tests.support import fault_injection; fault_injection.serve()",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ
            | {"PYTHONPATH": str(root), "LD_PRELOAD": str(library()), "TMPDIR": self.temporary},
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """It ends when nobody asks any more."""
        self.process.communicate(timeout=60)
        shutil.rmtree(self.temporary)

    def run(
        self, workspace: Workspace, fault: Fault = NONE, received_at: datetime = RECEIVED
    ) -> Ended:
        """One run over the workspace, which this befalls."""
        asked, answers = self.process.stdin, self.process.stdout
        assert asked is not None
        assert answers is not None
        pickle.dump((workspace, fault, received_at), asked)
        asked.flush()
        ended: Ended = pickle.load(answers)
        return ended


def serve() -> None:
    """Fork a child per request, and say how it ended."""
    import duckdb
    import jinja2
    import polars
    import pyarrow.dataset
    import pyarrow.parquet

    assert duckdb
    assert jinja2
    assert polars
    assert pyarrow.dataset
    assert pyarrow.parquet
    with judged_plainly():
        answer()


def answer() -> None:
    """Fork a child per request until no more come."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            workspace, fault, received_at = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(disturbed_run(workspace, fault, received_at), answers)
        answers.flush()


def disturbed_run(workspace: Workspace, fault: Fault, received_at: datetime) -> Ended:
    """Fork, and wait for the child."""
    begun = time.monotonic()
    read, write = os.pipe()
    with tempfile.NamedTemporaryFile() as calls:
        child = os.fork()
        if child == 0:
            run_here(workspace, fault, received_at, calls.name, write)
        os.close(write)
        if fault.seconds is not None:
            time.sleep(fault.seconds)
            os.kill(child, signal.SIGKILL)
        with os.fdopen(read, "rb") as pipe:
            told, _, said = pipe.read().decode().partition(" ")
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        lines = [line.split(" ", 2) for line in Path(calls.name).read_text().splitlines()]
        made = [(int(kind), name) for kind, name, _ in lines]
    paths = [path for *_, path in lines]
    return Ended(code, made, time.monotonic() - begun, said, told == "told", paths)


def run_here(
    workspace: Workspace, fault: Fault, received_at: datetime, calls: str, told: int
) -> NoReturn:
    """Run, and meet the fault where it is asked for."""
    code = 1
    try:
        ctypes.CDLL(None).faults_arm(
            os.fsencode(workspace.home.path),
            fault.calls,
            KINDS.index(fault.kind) if fault.nth else 0,
            ctypes.c_long(fault.nth),
            fault.error,
            os.fsencode(calls),
        )
        workspace.run(received_at=received_at)
        code = 0
    except BaseException as error:  # noqa: BLE001 - the child ends here
        is_told = isinstance(error, CreditmillError) or disk_errors.failed(error)
        os.write(
            told, f"{'told' if is_told else 'raised'} {type(error).__name__}: {error}".encode()
        )
        if not is_told:
            traceback.print_exc()
    finally:
        os._exit(code)
