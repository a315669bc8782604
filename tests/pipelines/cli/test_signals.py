"""Signals, closed streams, a folder that is gone, and a lock that another holds: a command ends with
a line and a code, leaves nothing behind, and never shows a traceback.

What a killed run leaves to the next one belongs to `test_crash`.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pricing_assets.common.errors import CreditmillError
from pricing_assets.home import Home, lock
from tests.support.cases import few_in_short
from tests.support.workspace import NOON, Workspace, row

ROOT = Path(__file__).parents[3]
HANGING = """
import sys, time
from pipelines.cli import app as cli, signals
from pricing_assets import flow; from pricing_assets.db import connection as duck
signals.GRACE = 90  # a busy machine is not a fault: what hangs for so long is
def hang(run, *given, **named):
    with duck.connection(run.limits, run.home.scratch) as con:
        print("hanging", flush=True)
        {how}
flow.Run.{where} = hang
cli.entry()
"""
SLEEP = "time.sleep(50)"
QUERY = "con.sql('select count(*) from range(1000000) a, range(1000000) b where a.range % 7 = b.range % 5').fetchall()"
PLACES = [
    (signal.SIGINT, "price", SLEEP),
    (signal.SIGTERM, "take_in", QUERY),  # in a query of DuckDB's
]
MORE_PLACES = [
    (signal.SIGHUP, "price", SLEEP),
    (signal.SIGINT, "take_in", SLEEP),
    (signal.SIGINT, "price", QUERY),
    (signal.SIGTERM, "price", SLEEP),
    (signal.SIGHUP, "price", QUERY),
    (signal.SIGINT, "refresh", SLEEP),
]


def command(workspace: Workspace, *words: str) -> list[str]:
    options = ("--home", str(workspace.home.path), "--logs", str(workspace.inbox))
    return ["run", *options, "--rates", str(workspace.books[0]), *words]


def as_from_a_shell() -> None:
    """Take signals as a command in a terminal does, whatever these tests were begun by, or what a
    library did in their process: what is ignored or blocked would be inherited."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def begun(words: Sequence[str], folder: Path, **variables: str) -> "subprocess.Popen[str]":
    folder.mkdir(exist_ok=True)
    env = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)} | variables
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, *words],
        env=env,
        stdout=pipe,
        stderr=pipe,
        text=True,
        cwd=folder.parent,
        preexec_fn=as_from_a_shell,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "where", "how"),
    [*PLACES, *(pytest.param(*place, marks=pytest.mark.slow) for place in MORE_PLACES)],
)
def test_a_signal_ends_a_run_in_one_line_and_leaves_nothing(
    workspace: Workspace, tmp_path: Path, number: signal.Signals, where: str, how: str
) -> None:
    workspace.log("a.parquet", row())
    script = HANGING.format(where=where, how=how)
    with begun(["-c", script, *command(workspace)], tmp_path / "temporary") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "hanging\n"
        process.send_signal(number)
        assert process.wait(100) == 128 + number
        said = process.stderr.read()
    assert said.splitlines()[-1].startswith(f"✗ stopped by {number.name}; what was published stays")
    assert "Traceback" not in said
    assert not workspace.home.scratch.exists()
    assert os.listdir(tmp_path / "temporary") == []
    assert {state for state, _ in workspace.run().states().values()} <= {"published"}
    assert workspace.versions() == {NOON.date().isoformat(): [1]}


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    """As nohup wants it."""
    script = (
        "import os, signal, sys\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from pipelines.cli import signals\n"
        "with signals.handled():\n    os.kill(os.getpid(), signal.SIGHUP)\n    print('on')"
    )
    with begun(["-c", script], tmp_path / "t") as process:
        assert process.communicate(timeout=50) == ("on\n", "")


def test_what_cannot_be_told_to_end_is_ended(tmp_path: Path) -> None:
    """Where Python itself hangs, after a grace."""
    script = (
        "import time\nfrom pipelines.cli import signals\nsignals.GRACE = 0.2\n"
        "with signals.handled():\n"
        "    try:\n        print('hanging', flush=True)\n        time.sleep(50)\n"
        "    except KeyboardInterrupt:\n        time.sleep(50)"
    )
    with begun(["-c", script], tmp_path / "t") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(50) == 143
        assert process.stderr.read().startswith("✗ stopped by SIGTERM")


# How the shell starts a command, and its exit code.
SHELLS = [
    ("{run} >&- 2>&-", 0),
    ("{run} > /dev/full", 1),
    ("mkdir gone; cd gone; rmdir ../gone; {run}", 2),
    ("set -o pipefail; {run} | head -0", 0),
    ("{run} >&-", 0),
    ("{run} 2>&- <&-", 0),
    ("set -o pipefail; {run} --json | head -c 10", 0),
    ("mkdir gone; cd gone; rmdir ../gone; creditmill --help", 2),
    ("PYTHONOPTIMIZE=1 {run}", 0),
    ("PYTHONOPTIMIZE=2 {run}", 2),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which something is published."""
    folder = tmp_path_factory.mktemp("published")
    workspace = Workspace(folder, (ROOT / "pricing_assets" / "rate_cards",), catalog=True)
    workspace.log("a.parquet", row(brand="OpenAI", model="GPT-4.1-1M"))
    assert workspace.run().states() == {NOON.date().isoformat(): ("published", 1)}
    return folder


@pytest.mark.parametrize(("line", "code"), few_in_short(SHELLS, 3))
def test_streams_and_folders_that_are_gone(
    published: Path, tmp_path: Path, line: str, code: int
) -> None:
    """What was asked for is done, and the code says how it went."""
    status = f"status --home {published / 'home'}"
    module = "-c 'from pipelines.cli.app import entry; entry()'"
    run = f"{sys.executable} {module} {status}"
    done = subprocess.run(
        ["bash", "-c", line.format(run=run).replace("creditmill", f"{sys.executable} {module}")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == code, done.stderr
    if code == 2:
        said = (
            "-OO" if "OPTIMIZE" in line else "the working folder is gone; go to one that is there"
        )
        assert said in done.stderr
    if code == 1:
        assert "No space left on device" in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    few_in_short([("status {home} > /dev/full 2>", 1), ("status {home} 2>", 1), ("x 2>", 2)]),
)
def test_messages_that_cannot_be_written_end_nothing(
    published: Path, words: str, code: int
) -> None:
    line = words.format(home=f"--home {published / 'home'}")
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m pipelines.cli {line} /dev/full"], cwd=ROOT
    )
    assert done.returncode == code


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["{run} >&- 2>&- <&-", "{run} | head -0", "PYTHONOPTIMIZE=1 {run}"]
)
def test_a_run_without_streams_publishes(workspace: Workspace, line: str) -> None:
    """No file of it takes the number of a stream that is closed."""
    workspace.log("a.parquet", row())
    words = " ".join(command(workspace))
    run = f"{sys.executable} -c 'from pipelines.cli.app import entry; entry()' {words}"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line.format(run=run)}"], env=env)
    assert done.returncode == 0
    assert workspace.sql("select sum(events) from usage") == [(1,)]


HOLDING = """
import sys, time
from pathlib import Path
from pricing_assets.home.home import Home
sys.argv = ["creditmill", "run", "--home", "x"]
with Home(Path({home!r})).lock():
    print("held", flush=True)
    time.sleep(50)
"""


@pytest.mark.parametrize("is_suspended", [False, True])
def test_who_waits_says_for_whom_and_not_for_ever(tmp_path: Path, is_suspended: bool) -> None:
    home = tmp_path / "home"
    said: list[str] = []
    with begun(["-c", HOLDING.format(home=str(home))], tmp_path / "t") as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            with Home(home).try_lock() as is_free:
                assert not is_free
            if is_suspended:
                process.send_signal(signal.SIGSTOP)
                time.sleep(0.1)
            with (
                pytest.raises(CreditmillError, match="is still locked by") as failed,
                Home(home, 0.3, said.append).lock(),
            ):
                pass
        finally:
            process.kill()
    assert f"a run is under way in this home: process {process.pid} on " in said[0]
    assert "(creditmill run), since 20" in said[0]
    assert said[0].endswith("waiting for it, up to 0 seconds")
    assert failed.value.exit_code == 1
    assert ("which is suspended" in str(failed.value)) is is_suspended
    advice = f"kill -CONT {process.pid}" if is_suspended else f"end it (kill {process.pid})"
    assert advice in str(failed.value)
    with Home(home).try_lock() as is_free, Home(home).lock():
        assert is_free


def test_a_lock_file_that_says_nothing_holds_as_well(tmp_path: Path) -> None:
    """Of an earlier release, or damaged; and a lock that is let go of is taken at once."""
    home = tmp_path / "home"
    handle = lock.open_lock(home)
    os.close(handle)
    with begun(["-c", HOLDING.format(home=str(home))], tmp_path / "t") as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            for nothing in (b"\xff{", b"[" * 5000):
                (home / ".lock").write_bytes(nothing)
                with (
                    pytest.raises(CreditmillError, match="a process that does not say which"),
                    Home(home, 0.1).lock(),
                ):
                    pass
        finally:
            process.kill()


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("close", "--through", "2026-02-01", "--reason", "x"), marks=pytest.mark.slow),
        ("refresh",),
    ],
)
def test_every_command_that_waits_says_so(published: Path, words: tuple[str, ...]) -> None:
    """And ends with exit 1 after `max_run_seconds`."""
    home = Home(published / "home")
    with home.lock():
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *words, "--home", str(home.path)],
            env=os.environ | {"PYTHONPATH": str(ROOT), "CREDITMILL_MAX_RUN_SECONDS": "1"},
            capture_output=True,
            text=True,
            timeout=50,
        )
    assert done.returncode == 1, done.stderr
    assert "a run is under way in this home: process" in done.stderr
    assert ", after 1 second (max_run_seconds): wait for it, or end it" in done.stderr
