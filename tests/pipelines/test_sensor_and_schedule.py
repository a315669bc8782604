"""The sensor and the schedule: what new logs ask for, once, and when they ask again."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.jobs import RANGE_END, RANGE_START, nightly
from pipelines.sensors import arrivals
from pricing_assets.db import connection as duck
from tests.support.workspace import NOON, Workspace, row, write_log

SAMPLE = ["2026-01-31..2026-02-03"]
"""What the sample logs touch, in one range."""


@dataclass
class Watch:
    """A sensor over a workspace; `state` is its cursor, to look at and to set back."""

    workspace: Workspace
    instance: dg.DagsterInstance
    state: dict[str, Any] | None = None
    skipped: str | None = None
    events: dict[dg.AssetCheckKey, dg.AssetCheckEvaluation] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)

    def tick(self) -> list[str]:
        """One look of the sensor; the ranges it asks for, which are then under way."""
        cursor = None if self.state is None else json.dumps(self.state)
        with dg.build_sensor_context(
            instance=self.instance, cursor=cursor, repository_def=defs.get_repository_def()
        ) as context:
            found = arrivals.evaluate_tick(context)
        self.state = json.loads(found.cursor) if found.cursor else self.state
        self.skipped = found.skip_message
        for event in found.asset_events:
            assert isinstance(event, dg.AssetCheckEvaluation)
            self.events[event.asset_check_key] = event
            self.shown.append(event.check_name)
        return self.queue(found.run_requests or [])

    def night(self) -> list[str]:
        """One look of the schedule."""
        with dg.build_schedule_context(
            instance=self.instance,
            repository_def=defs.get_repository_def(),
            scheduled_execution_time=datetime(2026, 2, 10, 2, 15, tzinfo=UTC),
        ) as context:
            found = nightly.evaluate_tick(context)
        self.skipped = found.skip_message
        return self.queue(found.run_requests or [])

    def queue(self, requests: list[dg.RunRequest]) -> list[str]:
        asked = []
        for request in requests:
            day = (
                {}
                if request.partition_key is None
                else {"dagster/partition": request.partition_key}
            )
            tags = {**request.tags, **day, "dagster/run_key": str(request.run_key)}
            job = defs.resolve_job_def("daily")
            self.instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
            asked.append(request.partition_key or f"{tags[RANGE_START]}..{tags[RANGE_END]}")
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


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


@pytest.fixture
def watch(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> Iterator[Watch]:
    workspace.inbox.mkdir()
    monkeypatch.chdir(workspace.folder)  # no creditmill.toml of a developer is read
    monkeypatch.setenv("CREDITMILL_HOME", str(workspace.home.path))
    monkeypatch.setenv("CREDITMILL_LOGS", str(workspace.inbox))
    monkeypatch.setenv("CREDITMILL_RATES", str(workspace.books[0]))
    monkeypatch.setenv("CREDITMILL_SETTLE_SECONDS", "0")
    yield Watch(workspace, instance)
    instance.wipe()


def log(folder: Path, name: str, *days: int, **changes: object) -> Path:
    """A log of one event on each of these days of February."""
    rows = [
        row(event_id=f"{name} {day}", event_time=NOON.replace(day=day), **changes) for day in days
    ]
    return write_log(folder / f"{name}.parquet", rows)


def test_the_sample_is_asked_for_once(watch: Watch) -> None:
    for file in (duck.data_folder("sample_data") / "logs").iterdir():
        shutil.copy(file, watch.workspace.inbox)
    assert watch.tick() == []  # met
    assert watch.tick() == SAMPLE  # settled
    assert watch.tick() == []  # queued


def test_just_the_dates_that_logs_touch(watch: Watch) -> None:
    log(watch.workspace.inbox / "deep" / "down", "a", 3, 4, 9)
    watch.tick()
    assert watch.tick() == ["2026-02-03..2026-02-04", "2026-02-09"]


def test_a_file_that_grows_is_waited_for_and_the_others_are_not(watch: Watch) -> None:
    log(watch.workspace.inbox, "whole", 3)
    growing = watch.workspace.inbox / "growing.parquet"
    whole = log(watch.workspace.folder, "growing", 5).read_bytes()
    growing.write_bytes(whole[:100])
    assert watch.tick() == []
    growing.write_bytes(whole[:200])
    assert watch.tick() == ["2026-02-03"]
    growing.write_bytes(whole)
    assert watch.tick() == []
    assert watch.tick() == ["2026-02-05"]


def test_a_file_settles_by_our_own_clock(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITMILL_SETTLE_SECONDS", "600")
    log(watch.workspace.inbox, "a", 3)
    watch.tick()
    assert watch.tick() == []
    assert watch.state is not None
    (noted,) = watch.state["arriving"].values()
    noted[-1] -= 600
    assert watch.tick() == ["2026-02-03"]


def test_the_same_bytes_under_another_name_ask_for_nothing(watch: Watch) -> None:
    file = log(watch.workspace.inbox, "a", 3)
    watch.tick()
    watch.tick()
    watch.end()
    shutil.copy(file, watch.workspace.inbox / "again.parquet")
    watch.workspace.run(logs=[])  # publishes what was asked for
    for _ in range(3):
        assert watch.tick() == []


def test_late_usage_asks_for_its_date_again(watch: Watch) -> None:
    log(watch.workspace.inbox, "a", 3, 4)
    watch.tick()
    watch.tick()
    watch.end()
    watch.workspace.run(logs=[])
    log(watch.workspace.inbox, "late", 4)
    watch.tick()
    assert watch.tick() == ["2026-02-04"]


def test_a_broken_file_is_rejected_and_holds_nothing_up(watch: Watch) -> None:
    (watch.workspace.inbox / "broken.parquet").write_bytes(b"PAR1 is not enough")
    log(watch.workspace.inbox, "a", 3)
    watch.tick()
    assert watch.tick() == ["2026-02-03"]


def test_a_failed_date_is_asked_for_again_after_a_growing_pause(watch: Watch) -> None:
    log(watch.workspace.inbox, "a", 3, 4)
    watch.tick()
    both, alone = ["2026-02-03..2026-02-04"], ["2026-02-03", "2026-02-04"]
    for expected in (both, both, alone):  # at the last try each by itself
        assert watch.tick() == expected
        watch.end()
        assert watch.tick() == []  # not at once
        watch.later()
    for _ in range(2):
        assert watch.tick() == []  # no more
        watch.later()
    tries = [key.split()[3] for key in watch.run_keys()]
    assert sorted(tries) == ["1", "2", "3", "3"]
    log(watch.workspace.inbox, "late", 4)
    watch.tick()
    assert watch.tick() == ["2026-02-04"]  # its inputs are others now


def test_no_request_for_a_date_that_is_queued_or_under_way(watch: Watch) -> None:
    log(watch.workspace.inbox, "a", 3)
    watch.tick()
    watch.tick()
    log(watch.workspace.inbox, "late", 3)
    for _ in range(3):
        watch.later()
        assert watch.tick() == []  # the queued run takes it along
    watch.end()
    assert watch.tick() == ["2026-02-03"]


def test_a_blocked_date_is_not_asked_for_again(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITMILL_QUARANTINE_FLOOR", "0")
    monkeypatch.setenv("CREDITMILL_QUARANTINE_LIMIT", "0")
    log(watch.workspace.inbox, "a", 3, model="Nobody's")
    watch.tick()
    assert watch.tick() == ["2026-02-03"]
    watch.end()
    strict = watch.workspace.under(quarantine_limit="0", quarantine_floor=0)
    assert strict.run(logs=[]).states() == {"2026-02-03": ("blocked", None)}
    for _ in range(2):
        assert watch.tick() == []
    monkeypatch.setenv("CREDITMILL_QUARANTINE_LIMIT", "1")
    assert watch.night() == ["2026-02-03"]  # it may be published now


def test_a_look_waits_for_the_run_under_way(watch: Watch) -> None:
    log(watch.workspace.inbox, "a", 3)
    watch.tick()
    held, done = threading.Event(), threading.Event()

    def run() -> None:
        with watch.workspace.home.lock():
            held.set()
            done.wait(60)

    thread = threading.Thread(target=run)
    thread.start()
    held.wait(60)
    try:
        assert watch.tick() == []
        assert watch.skipped is not None
        assert "under way" in watch.skipped
        assert watch.night() == []
    finally:
        done.set()
        thread.join()
    assert watch.tick() == ["2026-02-03"]


def test_nothing_configured_says_how_to(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDITMILL_LOGS")
    assert watch.tick() == []
    assert watch.skipped is not None
    assert "CREDITMILL_LOGS" in watch.skipped
    assert not watch.workspace.home.path.exists()


def test_the_schedule_asks_for_whatever_is_stale(watch: Watch) -> None:
    log(watch.workspace.inbox, "a", 3, 4, 9)
    expected = ["2026-02-03..2026-02-04", "2026-02-09"]
    assert watch.night() == expected
    assert watch.night() == []  # queued
    watch.end()
    assert watch.night() == expected
