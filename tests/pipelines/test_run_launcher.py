"""Which runs are no more: as the server that began them says."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import WorkerStatus
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.client import DagsterGrpcClient

from pipelines.run_launcher import CheckedRunLauncher
from tests.support.command import ROOT
from tests.support.deployment import free_port, wait

EMPTY = "import dagster as dg\ndefs = dg.Definitions()\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a server listens that began no run."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "nothing.py").write_text(EMPTY, encoding="utf-8")
    port = free_port()
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "dagster", "api", "grpc", "-p", str(port), "-f", "nothing.py"],
            cwd=folder,
            stdout=log,
            stderr=log,
        )

    def answers() -> bool:
        try:
            return bool(DagsterGrpcClient(port=port, host="127.0.0.1").ping("x"))
        except DagsterUserCodeUnreachableError:
            return False

    try:
        wait("the server answers", answers, folder / "log", 60)
        yield port
    finally:
        server.terminate()
        server.wait(60)


def health(**begun_by: object) -> WorkerStatus:
    tags = {GRPC_INFO_TAG: json.dumps(begun_by)} if begun_by else {}
    return CheckedRunLauncher().check_run_worker_health(DagsterRun("daily", tags=tags)).status


def test_a_run_that_its_server_does_not_know_is_no_more(port: int) -> None:
    assert health(host="127.0.0.1", port=port) is WorkerStatus.NOT_FOUND


def test_a_run_whose_server_on_this_machine_ended_is_no_more(tmp_path: Path) -> None:
    assert health(host="localhost", socket=str(tmp_path / "gone")) is WorkerStatus.NOT_FOUND


def test_of_a_server_elsewhere_that_does_not_answer_nothing_is_known() -> None:
    assert health(host="127.0.0.1", port=free_port()) is WorkerStatus.RUNNING


def test_of_a_run_of_no_server_nothing_is_known() -> None:
    assert health() is WorkerStatus.RUNNING


def test_instances_launch_by_it(tmp_path: Path) -> None:
    given = (ROOT / "pipelines" / "instance" / "dagster.yaml").read_text(encoding="utf-8")
    (tmp_path / "dagster.yaml").write_text(given, encoding="utf-8")
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        assert isinstance(instance.run_launcher, CheckedRunLauncher)
        assert instance.run_launcher.supports_check_run_worker_health
