"""The sensor and the schedule: what new logs ask for, once, and when they ask again."""

import os
import shutil
import signal
import subprocess
import sys
import threading

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.execution import SILENT
from pipelines.names import PUBLISHED
from pipelines.partitions import DATES, RANGE_END, RANGE_START, TO_BE_FOUND
from pricing_assets.db.statements import data_folder
from tests.support.command import ROOT
from tests.support.object_server import Bucket
from tests.support.watch import Watch, files_of, log_of_days

SAMPLE = ["2026-01-31..2026-02-03"]
"""What the sample logs touch, in one range."""


@pytest.mark.slow
def test_the_sample_is_asked_for_once(watch: Watch) -> None:
    for file in (data_folder("sample_data") / "logs").iterdir():
        shutil.copy(file, watch.workspace.inbox)
    assert watch.tick() == []  # met
    assert watch.tick() == SAMPLE  # settled
    assert watch.tick() == []  # queued


def test_a_look_ingests_nothing_and_asks_once_for_a_run_that_does(watch: Watch) -> None:
    log_of_days(watch.workspace.inbox, "a", 3)
    assert watch.look() == []  # met
    (request,) = watch.look()
    assert files_of(request) == [str(watch.workspace.inbox / "a.parquet")]
    home = watch.workspace.home
    assert home.all_receipts() == []
    job = defs.resolve_job_def("ingest")
    watch.instance.create_run_for_job(
        job, run_config=request.run_config, tags=request.tags, status=dg.DagsterRunStatus.STARTED
    )
    assert watch.look() == []
    watch.end()
    assert watch.look() == []  # not at once
    assert watch.state is not None
    watch.state["ingest"][2] -= 3600
    (again,) = watch.look()
    assert again.run_key != request.run_key
    config = {**again.run_config, **SILENT}
    assert job.execute_in_process(config, tags=again.tags, instance=watch.instance).success
    assert [log.shown_name for log in home.all_receipts()] == ["a.parquet"]
    assert watch.tick() == ["2026-02-03"]


@pytest.mark.slow
def test_just_the_dates_that_logs_touch(watch: Watch) -> None:
    log_of_days(watch.workspace.inbox / "deep" / "down", "a", 3, 4, 9)
    watch.tick()
    assert watch.tick() == ["2026-02-03..2026-02-04", "2026-02-09"]


def test_a_file_that_grows_is_waited_for_and_the_others_are_not(watch: Watch) -> None:
    log_of_days(watch.workspace.inbox, "whole", 3)
    growing = watch.workspace.inbox / "growing.parquet"
    whole = log_of_days(watch.workspace.folder, "growing", 5).read_bytes()
    growing.write_bytes(whole[:100])
    assert watch.tick() == []
    growing.write_bytes(whole[:200])
    assert watch.tick() == ["2026-02-03"]
    growing.write_bytes(whole)
    assert watch.tick() == []
    assert watch.tick() == ["2026-02-05"]


@pytest.mark.slow
def test_a_file_settles_by_our_own_clock(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITMILL_SETTLE_SECONDS", "600")
    log_of_days(watch.workspace.inbox, "a", 3)
    watch.tick()
    assert watch.tick() == []
    assert watch.state is not None
    (noted,) = watch.state["arriving"].values()
    noted[-1] -= 600
    assert watch.tick() == ["2026-02-03"]


@pytest.mark.slow
def test_objects_are_asked_for_at_once_and_ingested_by_sensor_and_schedule(
    watch: Watch, objects: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITMILL_LOGS", f"s3://{objects.name}/logs")
    objects.put("logs/a.parquet", log_of_days(watch.workspace.folder, "a", 3))
    assert watch.tick() == ["2026-02-03"]
    assert watch.tick() == []
    objects.put("logs/b.parquet", log_of_days(watch.workspace.folder, "b", 5))
    (request,) = watch.look_at_night()
    assert watch.execute(request).tags[DATES] == "2026-02-03, 2026-02-05"
    assert watch.workspace.versions() == {"2026-02-03": [1], "2026-02-05": [1]}


@pytest.mark.slow
def test_a_run_brings_reports_to_object_storage_or_fails(
    watch: Watch, objects: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITMILL_PUBLISH_TO", f"s3://{objects.name}/out")
    monkeypatch.setenv("CREDITMILL_PAGES", "false")
    log_of_days(watch.workspace.inbox, "a", 3)
    job = defs.resolve_job_def("daily")
    tags = {RANGE_START: "2026-02-03", RANGE_END: "2026-02-03"}

    def run() -> dg.ExecuteInProcessResult:
        return job.execute_in_process(SILENT, tags=tags, raise_on_error=False)

    assert run().success
    first = objects.contents()
    assert "out/reports/usage_date=2026-02-03/0001/manifest.json" in first
    log_of_days(watch.workspace.inbox, "b", 3)
    busy = ("503 Slow Down", b"")
    objects.server.watch(before=lambda one: busy if one.method == "PUT" else None)
    assert not run().success
    objects.server.watch()
    assert watch.workspace.versions() == {"2026-02-03": [1, 2]}
    assert objects.contents() == first


@pytest.mark.slow
def test_the_same_bytes_under_another_name_ask_for_nothing(watch: Watch) -> None:
    file = log_of_days(watch.workspace.inbox, "a", 3)
    watch.tick()
    watch.tick()
    watch.end()
    shutil.copy(file, watch.workspace.inbox / "again.parquet")
    watch.workspace.run(logs=[])  # publishes what was asked for
    for _ in range(3):
        assert watch.tick() == []


@pytest.mark.slow
def test_late_usage_asks_for_its_date_again(watch: Watch) -> None:
    log_of_days(watch.workspace.inbox, "a", 3, 4)
    watch.tick()
    watch.tick()
    watch.end()
    watch.workspace.run(logs=[])
    log_of_days(watch.workspace.inbox, "late", 4)
    watch.tick()
    assert watch.tick() == ["2026-02-04"]


@pytest.mark.slow
def test_a_broken_file_is_rejected_and_holds_nothing_up(watch: Watch) -> None:
    (watch.workspace.inbox / "broken.parquet").write_bytes(b"PAR1 is not enough")
    log_of_days(watch.workspace.inbox, "a", 3)
    watch.tick()
    assert watch.tick() == ["2026-02-03"]


@pytest.mark.slow
def test_a_failed_date_is_asked_for_again_after_a_growing_pause(watch: Watch) -> None:
    log_of_days(watch.workspace.inbox, "a", 3, 4)
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
    log_of_days(watch.workspace.inbox, "late", 4)
    watch.tick()
    assert watch.tick() == ["2026-02-04"]  # its inputs are others now


def test_no_request_for_a_date_that_is_queued_or_under_way(watch: Watch) -> None:
    log_of_days(watch.workspace.inbox, "a", 3)
    watch.tick()
    watch.tick()
    log_of_days(watch.workspace.inbox, "late", 3)
    for _ in range(3):
        watch.later()
        assert watch.tick() == []  # the queued run takes it along
    watch.end()
    assert watch.tick() == ["2026-02-03"]


@pytest.mark.slow
def test_a_blocked_date_is_not_asked_for_again(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITMILL_QUARANTINE_FLOOR", "0")
    monkeypatch.setenv("CREDITMILL_QUARANTINE_LIMIT", "0")
    log_of_days(watch.workspace.inbox, "a", 3, model="Nobody's")
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
    log_of_days(watch.workspace.inbox, "a", 3)
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
        (request,) = watch.look_at_night()  # a night is not lost: the run waits, and looks then
        assert request.tags[DATES] == TO_BE_FOUND
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


def test_the_schedule_only_looks_and_asks_once_for_a_run_that_ingests(watch: Watch) -> None:
    log_of_days(watch.workspace.inbox, "a", 3)
    assert watch.look() == []  # met
    assert watch.night() == ["2026-02-10"]  # shown under the date of the tick
    (run,) = watch.instance.get_runs()
    assert run.tags[DATES] == TO_BE_FOUND
    assert watch.workspace.home.all_receipts() == []
    assert watch.night() == []  # queued
    assert watch.look() == []  # it ingests what the sensor would ask for
    watch.end()
    assert [one.job_name for one in watch.look()] == ["ingest"]


@pytest.mark.slow
def test_a_run_of_the_schedule_publishes_the_dates_of_what_it_ingests(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITMILL_SETTLE_SECONDS", "600")
    growing = log_of_days(watch.workspace.inbox, "growing", 5)
    for_hours = log_of_days(watch.workspace.inbox, "whole", 3, 4, 9)
    os.utime(for_hours, (0, 0))
    (request,) = watch.look_at_night()
    run = watch.execute(request)
    assert run.status == dg.DagsterRunStatus.SUCCESS
    assert run.tags[DATES] == "2026-02-03..2026-02-04, 2026-02-09"
    dates = {"2026-02-03", "2026-02-04", "2026-02-09"}
    assert watch.workspace.versions().keys() == dates
    for asset in ("intake", "rates", *PUBLISHED):
        assert watch.instance.get_materialized_partitions(dg.AssetKey(asset)) == dates
    assert watch.look_at_night() == []
    os.utime(growing, (0, 0))
    assert len(watch.look_at_night()) == 1


@pytest.mark.slow
def test_the_schedule_asks_for_whatever_is_stale(watch: Watch) -> None:
    log_of_days(watch.workspace.inbox, "a", 3, 4, 9)
    watch.tick()
    expected = ["2026-02-03..2026-02-04", "2026-02-09"]
    assert watch.tick() == expected
    assert watch.night() == []  # queued
    watch.end()
    assert watch.night() == expected


# --- runs that end before they are done ----------------------------------------------------------

KILLED = """
import os, signal
import dagster as dg
from pipelines.definitions import defs
from pipelines.execution import SILENT
from pricing_assets.flow import Run

Run.refresh = lambda self: os.kill(os.getpid(), signal.SIGKILL)
instance = dg.DagsterInstance.get()
defs.resolve_job_def("daily").execute_in_process(SILENT, partition_key="2026-02-03", instance=instance)
"""
"""A run by hand that is killed when its date is in force, before anybody is told."""


@pytest.mark.slow
def test_a_run_that_is_killed_as_it_publishes_leaves_its_dates_stale(watch: Watch) -> None:
    log_of_days(watch.workspace.inbox, "a", 3)
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert watch.workspace.versions() == {"2026-02-03": [1]}
    assert watch.tick() == []  # Dagster does not know yet
    watch.end()
    assert watch.night() == ["2026-02-03"]
    watch.end()
    (again,) = watch.look()
    shown = watch.events[dg.AssetCheckKey(dg.AssetKey("report"), "no_date_is_stale")]
    assert "2026-02-03 | its last run ended before it was done" in str(shown.metadata["found"])
    assert watch.execute(again).status == dg.DagsterRunStatus.SUCCESS
    assert watch.workspace.versions() == {"2026-02-03": [1]}
    assert watch.instance.get_materialized_partitions(dg.AssetKey("report")) == {"2026-02-03"}
    watch.later()
    assert watch.tick() == watch.night() == []


@pytest.mark.slow
def test_a_date_whose_runs_end_too_early_is_asked_for_three_times(watch: Watch) -> None:
    log_of_days(watch.workspace.inbox, "a", 3)
    watch.tick()
    asked = watch.tick()
    watch.workspace.run(logs=[])
    for _ in range(2):
        assert asked == ["2026-02-03"]
        assert watch.tick() == []  # under way
        watch.end()
        assert watch.tick() == []  # not at once
        watch.later()
        asked = watch.tick()
    watch.end()
    watch.later()
    assert watch.tick() == []
    assert watch.night() == ["2026-02-03"]
