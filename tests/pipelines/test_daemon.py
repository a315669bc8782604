"""Dagster for real: a log that arrives in the inbox is published by one run of the daemon."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pricing_assets.home import Home
from tests.support import graphql
from tests.support.workspace import NOON, Workspace, row, write_card, write_log

ROOT = Path(__file__).parents[2]
ASSETS = {"intake", "rates", "usage", "charges", "checks", "report", "ledger"}
SENSOR = """{ sensorOrError(sensorSelector: {repositoryLocationName: "creditmill",
    repositoryName: "__repository__", sensorName: "arrivals"}) { ... on Sensor {
    sensorState { status ticks(limit: 100) { timestamp status runIds } } } } }"""
SCHEDULE = """{ scheduleOrError(scheduleSelector: {repositoryLocationName: "creditmill",
    repositoryName: "__repository__", scheduleName: "nightly"}) { ... on Schedule {
    scheduleState { status } } } }"""
RUNS = "{ runsOrError { ... on Runs { results { runId status jobName } } } }"
NODES = "{ assetNodes { assetKey { path } } }"


@dataclass
class Dagster:
    """A webserver and daemon of our own."""

    url: str
    process: subprocess.Popen[bytes]
    output: Path

    def ask(self, query: str) -> dict[str, Any]:
        return graphql.ask(self.url, query)

    def ticks(self, since: float) -> list[dict[str, Any]]:
        """The sensor's ticks that began since then and are over, in order."""
        found = self.ask(SENSOR)["sensorOrError"]["sensorState"]["ticks"]
        over = [tick for tick in found if tick["timestamp"] > since and tick["status"] != "STARTED"]
        return sorted(over, key=lambda tick: tick["timestamp"])

    def runs(self) -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = self.ask(RUNS)["runsOrError"]["results"]
        return runs

    def wait(self, what: str, seconds: float, is_so: Callable[[], object]) -> None:
        until = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > until or self.process.poll() is not None:
                pytest.fail(f"{what}: not so after {seconds} s\n{self.output.read_text()[-4000:]}")
            time.sleep(0.5)

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/server_info", timeout=5):
                return True
        except OSError:
            return False


def interruptible() -> None:
    """A shell's background job ignores these; Dagster's children would too, and never end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def dagster(tmp_path: Path) -> Iterator[Dagster]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    (tmp_path / "inbox").mkdir()
    (tmp_path / "dagster").mkdir()
    settings = (ROOT / "pipelines" / "instance" / "dagster.yaml").read_text()
    settings = settings.replace("poll_interval_seconds: 30", "poll_interval_seconds: 5")
    (tmp_path / "dagster" / "dagster.yaml").write_text(settings)
    commands = Path(sys.executable).parent
    env = {name: value for name, value in os.environ.items() if "CREDITMILL" not in name}
    env |= {
        "CREDITMILL_HOME": str(tmp_path / "home"),
        "CREDITMILL_LOGS": str(tmp_path / "inbox"),
        "CREDITMILL_RATES": str(write_card(tmp_path / "book")),
        "CREDITMILL_SETTLE_SECONDS": "1",
        "DAGSTER_HOME": str(tmp_path / "dagster"),
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
    }
    output = tmp_path / "dagster.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [commands / "dg", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", port],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=interruptible,
            start_new_session=True,
        )
    try:
        yield Dagster(f"http://127.0.0.1:{port}", process, output)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its own session: only what it started
            process.wait(60)


@pytest.mark.slow
def test_a_log_in_the_inbox_is_ingested_and_published_once(
    dagster: Dagster, tmp_path: Path
) -> None:
    home, inbox = Home(tmp_path / "home"), tmp_path / "inbox"
    dagster.wait("the webserver answers", 90, dagster.is_up)
    paths = [node["assetKey"]["path"] for node in dagster.ask(NODES)["assetNodes"]]
    assert {name for (name,) in paths} == ASSETS
    with urllib.request.urlopen(f"{dagster.url}/assets", timeout=30) as page:
        assert page.status == 200
    state = dagster.ask(SENSOR)["sensorOrError"]["sensorState"]
    assert state["status"] == "RUNNING"
    assert dagster.ask(SCHEDULE)["scheduleOrError"]["scheduleState"]["status"] == "RUNNING"

    whole = write_log(tmp_path / "a.parquet", [row()])
    arrived = time.time()
    shutil.copy(whole, inbox / "a.parquet")
    dagster.wait("the date is published", 120, lambda: home.current(NOON.date()))
    asked = next(n for n, tick in enumerate(dagster.ticks(arrived)) if tick["runIds"])
    assert asked <= 2  # one tick meets the file, the next but one at the latest asks

    dagster.wait("both runs are over", 60, lambda: statuses(dagster) == ["SUCCESS"] * 2)
    shutil.copy(whole, inbox / "again.parquet")
    again = time.time()
    dagster.wait("three more looks", 120, lambda: len(dagster.ticks(again)) >= 3)
    dagster.wait("the copy is ingested", 60, lambda: statuses(dagster) == ["SUCCESS"] * 3)
    assert sorted(job for _, job in runs(dagster)) == ["daily", "ingest", "ingest"]
    assert [version.number for version in home.versions(NOON.date())] == [1]


def holder(lock: Path) -> int | None:
    """The process that holds a lock."""
    inode = lock.stat().st_ino if lock.exists() else None
    for line in Path("/proc/locks").read_text().splitlines():
        _, kind, _, _, pid, place, *_ = line.replace("-> ", "").split()
        if kind == "FLOCK" and int(place.rpartition(":")[2]) == inode:
            return int(pid)
    return None


@pytest.mark.slow
def test_a_killed_worker_is_noticed_and_its_date_asked_for_again(
    dagster: Dagster, tmp_path: Path
) -> None:
    """The second run ends in the bytes of an undisturbed one."""
    home, inbox = Home(tmp_path / "home"), tmp_path / "inbox"
    dagster.wait("the webserver answers", 90, dagster.is_up)
    write_log(inbox / "a.parquet", [row(event_id=f"{n}") for n in range(1000)])
    dagster.wait("a run is under way", 180, lambda: ("STARTED", "daily") in runs(dagster))
    dagster.wait("it holds the home", 60, lambda: holder(home.path / ".lock"))
    worker = holder(home.path / ".lock")
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    assert home.current(NOON.date()) is None
    dagster.wait("it is marked as failed", 120, lambda: "FAILURE" in statuses(dagster))
    dagster.wait("the date is published", 300, lambda: home.current(NOON.date()))
    dagster.wait("it is over", 60, lambda: ("SUCCESS", "daily") in runs(dagster))
    assert sorted(runs(dagster)) == [
        ("FAILURE", "daily"),
        ("SUCCESS", "daily"),
        ("SUCCESS", "ingest"),
    ]
    undisturbed = Workspace(tmp_path, (tmp_path / "book",), name="undisturbed")
    undisturbed.run()
    assert Workspace(tmp_path, (tmp_path / "book",)).outputs() == undisturbed.outputs()


def statuses(dagster: Dagster) -> list[str]:
    return [run["status"] for run in dagster.runs()]


def runs(dagster: Dagster) -> list[tuple[str, str]]:
    return [(run["status"], run["jobName"]) for run in dagster.runs()]
