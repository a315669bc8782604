"""Runs of a mill that are killed: in children of a small server that has imported everything.

It forks a child for every run that it is asked for. What a kill may leave behind belongs to
`test_crash`.
"""

import os
import pickle
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from conftest import holds
from mill import Mill

from pricing_assets import catalog, checks, judge, page, report, usage

LOADED = (catalog, page, report, usage)
RENAMES = ("replace",)
"""What makes anything appear under its final name."""
ALL_CALLS = (*RENAMES, "symlink", "unlink", "rmdir", "mkdir", "chmod", "fsync")


@dataclass(frozen=True)
class Kill:
    """SIGKILL right before or after the nth call of these functions of `os` (0: never), or after
    so many seconds."""

    calls: tuple[str, ...] = RENAMES
    nth: int = 0
    before: bool = False
    seconds: float | None = None


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit code, below 0 for a signal; calls counted, seconds taken."""

    code: int
    calls: int
    seconds: float


class Killer:
    """The server, from the outside."""

    def __enter__(self) -> "Killer":
        """Start it."""
        here = Path(__file__).resolve().parent
        self.process = subprocess.Popen(
            [sys.executable, "-c", "import killing; killing.serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": f"{here}{os.pathsep}{here.parent}"},
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

    def run(self, mill: Mill, kill: Kill) -> Ended:
        """One run over the mill, which is killed so."""
        asked, answers = self.process.stdin, self.process.stdout
        assert asked is not None
        assert answers is not None
        pickle.dump((mill, kill), asked)
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
    vars(judge)["preload"] = lambda: None
    vars(checks)["judge"] = holds
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            mill, kill = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(killed_run(mill, kill), answers)
        answers.flush()


def killed_run(mill: Mill, kill: Kill) -> Ended:
    """Fork, and wait for the child."""
    begun = time.monotonic()
    counted, told = os.pipe()
    child = os.fork()
    if child == 0:
        run_here(mill, kill, told)
    os.close(told)
    if kill.seconds is not None:
        time.sleep(kill.seconds)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(counted, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return Ended(code, int(text or b"0"), time.monotonic() - begun)


def run_here(mill: Mill, kill: Kill, told: int) -> NoReturn:
    """Run, count, and die where it is asked for."""
    code = 1
    try:
        seen = [0]
        for name in kill.calls:
            setattr(os, name, counting(getattr(os, name), seen, kill))
        mill.run()
        os.write(told, str(seen[0]).encode())
        code = 0
    except BaseException:  # noqa: BLE001 - the child ends here
        traceback.print_exc()
    finally:
        os._exit(code)


def counting(real: Callable[..., Any], seen: list[int], kill: Kill) -> Callable[..., Any]:
    """The function, which kills the process at its call."""

    def call(*given: Any, **named: Any) -> Any:
        seen[0] += 1
        if kill.before and seen[0] == kill.nth:
            os.kill(os.getpid(), signal.SIGKILL)
        made = real(*given, **named)
        if not kill.before and seen[0] == kill.nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return made

    return call
