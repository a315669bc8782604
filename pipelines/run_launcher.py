"""Launch runs as Dagster does where nothing else is said, and know which of them are no more.

A run is a child process of the server that holds the code. Dagster's own launcher is not asked about a
run whose server went down with it: it would count as under way, and hold up every other, until its time
limit. When such a run is asked for again belongs to `sensors`.
"""

import json
from typing import Any

from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import DefaultRunLauncher
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value


class CheckedRunLauncher(DefaultRunLauncher):
    """Dagster's default launcher, whose runs are marked as failed where their server knows them no
    longer."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Return True: Dagster's monitoring asks about every run that has begun."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Return whether the server that began a run still has its process; running, too, where
        nothing can be known: of a run of no server, or while a server elsewhere does not
        answer."""
        begun_by = run.tags.get(GRPC_INFO_TAG)
        if begun_by is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "it was begun by no server")
        place: dict[str, Any] = json.loads(begun_by)
        client = DagsterGrpcClient(
            port=place.get("port"),
            socket=place.get("socket"),
            host=place["host"],
            use_ssl=bool(place.get("use_ssl")),
        )
        try:
            answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id), 5)
        except DagsterUserCodeUnreachableError:
            if place.get("socket"):  # of this machine: no other server will ever answer there
                return CheckRunHealthResult(
                    WorkerStatus.NOT_FOUND, "the server that began it ended"
                )
            return CheckRunHealthResult(WorkerStatus.RUNNING, "its server does not answer")
        if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND,
            "the server that began it was restarted, or its process ended",
        )
