"""A sensor and a schedule over a workspace, as Dagster's daemon looks at them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.definitions import defs
from pipelines.execution import SILENT
from pipelines.ingesting import ingest_files
from pipelines.partitions import RANGE_END, RANGE_START, span
from pipelines.resources import CreditmillHome, look
from tests.support.workspace import (
    NOON,
    Workspace,
    row,
    write_log,
)


@dataclass
class Watch:
    """A sensor over a workspace; `state` is its cursor, to look at and to set back."""

    workspace: Workspace
    instance: dg.DagsterInstance
    state: dict[str, Any] | None = None
    skipped: str | None = None
    events: dict[dg.AssetCheckKey, dg.AssetCheckEvaluation] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)

    def look(self) -> list[dg.RunRequest]:
        """One look of the sensor; what it asks for."""
        cursor = None if self.state is None else json.dumps(self.state)
        with dg.build_sensor_context(
            instance=self.instance, cursor=cursor, repository_def=defs.get_repository_def()
        ) as context:
            found = defs.resolve_sensor_def("arrivals").evaluate_tick(context)
        self.state = json.loads(found.cursor) if found.cursor else self.state
        self.skipped = found.skip_message
        for event in found.asset_events:
            assert isinstance(event, dg.AssetCheckEvaluation)
            self.events[event.asset_check_key] = event
            self.shown.append(event.check_name)
        return [*(found.run_requests or [])]

    def tick(self) -> list[str]:
        """One look of the sensor; where it asks for logs to be ingested, they are, and it looks once
        more. The ranges of dates that it asks for, which are then under way."""
        requests = self.look()
        if not requests or requests[0].job_name != "ingest":
            return self.queue(requests)
        with look(CreditmillHome()) as found:
            assert not isinstance(found, str)
            ingest_files(found[1], found[0].inboxes, files_of(requests[0]))
        return self.tick()

    def night(self) -> list[str]:
        """One look of the schedule; the ranges of dates that it asks for, which are then under way."""
        return self.queue(self.look_at_night())

    def look_at_night(self) -> list[dg.RunRequest]:
        """One look of the schedule; what it asks for."""
        with dg.build_schedule_context(
            instance=self.instance,
            repository_def=defs.get_repository_def(),
            scheduled_execution_time=datetime(2026, 2, 10, 2, 15, tzinfo=UTC),
        ) as context:
            found = defs.resolve_schedule_def("nightly").evaluate_tick(context)
        self.skipped = found.skip_message
        return [*(found.run_requests or [])]

    def execute(self, request: dg.RunRequest) -> dg.DagsterRun:
        """Run what is asked for, as far as it comes; the run as it is recorded then."""
        result = defs.resolve_job_def("daily").execute_in_process(
            {**request.run_config, **SILENT},
            tags=request.tags,
            instance=self.instance,
            raise_on_error=False,
        )
        run = self.instance.get_run_by_id(result.run_id)
        assert run is not None
        return run

    def queue(self, requests: Sequence[dg.RunRequest]) -> list[str]:
        asked = []
        for request in requests:
            tags = {**request.tags, "dagster/run_key": str(request.run_key)}
            job = defs.resolve_job_def("daily")
            self.instance.create_run_for_job(
                job,
                tags=tags,
                status=dg.DagsterRunStatus.STARTED,
                asset_selection=frozenset(request.asset_selection or ()) or None,
            )
            first, last = (date.fromisoformat(tags[tag]) for tag in (RANGE_START, RANGE_END))
            asked.append(span(first, last))
        return asked

    def end(self) -> None:
        """Every run that was asked for fails, without having published anything."""
        for run in self.instance.get_runs():
            if not run.is_finished:
                self.instance.report_run_failed(run)

    def later(self) -> None:
        """An hour goes by since dates were asked for."""
        assert self.state is not None
        for asked in self.state["asked"].values():
            asked[2] -= 3600

    def run_keys(self) -> list[str]:
        return sorted(run.tags["dagster/run_key"] for run in self.instance.get_runs())


def files_of(request: dg.RunRequest) -> list[str]:
    """The files that a run is asked to ingest."""
    files: list[str] = request.run_config["ops"]["ingest_arrivals"]["config"]["files"]
    return files


def log_of_days(folder: Path, name: str, *days: int, **changes: object) -> Path:
    """A log of one event on each of these days of February."""
    rows = [
        row(event_id=f"{name} {day}", event_time=NOON.replace(day=day), **changes) for day in days
    ]
    return write_log(folder / f"{name}.parquet", rows)
