"""A Dagster instance that other projects share, and checks over the whole home: what the sensor, the
schedule and a click on one asset make of them."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from pipelines.definitions import defs
from pipelines.execution import SILENT
from pipelines.jobs import HOME_TAG, under_way
from pipelines.names import PUBLISHED, Names
from pipelines.partitions import RANGE_END, RANGE_START
from pricing_assets import flow
from pricing_assets.home import Home
from pricing_assets.intake.inboxes import Inbox
from tests.support.cases import few_in_short
from tests.support.watch import Watch, log_of_days
from tests.support.workspace import LIMITS, NOON, Workspace, row

DAY = NOON.date()
ALL = frozenset(map(dg.AssetKey, ("intake", "rates", "usage", "charges", "checks", "report")))
OURS, THEIRS = "creditmill", "another_project"
ONE = {"dagster/partition": DAY.isoformat()}


def other_project(hourly: bool, names: tuple[str, ...]) -> dg.Definitions:
    """Another project's assets, which may have the names of ours."""
    parts = (
        dg.HourlyPartitionsDefinition("2026-02-01-00:00")
        if hourly
        else dg.DailyPartitionsDefinition("2026-02-01")
    )

    def made(name: str) -> dg.AssetsDefinition:
        @dg.asset(name=name, partitions_def=parts)
        def asset() -> None: ...

        return asset

    job = dg.define_asset_job("daily", dg.AssetSelection.all())
    return dg.Definitions([made(name) for name in names], jobs=[job])


HOURLY = other_project(True, ("orders",))
ORDERS = other_project(False, ("orders",))
SAME_NAMES = other_project(False, tuple(key.to_user_string() for key in ALL))
IMPLICIT = "__ASSET_JOB"
RUNS = [
    # whose, job, selection, code location, tags: is it ours?
    (
        HOURLY,
        "daily",
        None,
        None,
        {RANGE_START: "2026-02-03-05:00", RANGE_END: "2026-02-03-07:00"},
        False,
    ),
    (SAME_NAMES, "daily", None, THEIRS, ONE, False),
    (defs, "daily", None, None, ONE | {HOME_TAG: "/srv/another home"}, False),
    (defs, IMPLICIT, frozenset([dg.AssetKey("rates")]), OURS, ONE, False),  # it publishes nothing
    (defs, IMPLICIT, ALL, None, {RANGE_START: "2026-02-02", RANGE_END: "2026-02-04"}, True),
    (HOURLY, IMPLICIT, None, THEIRS, {"dagster/partition": "2026-02-03-05:00"}, False),
    (HOURLY, IMPLICIT, None, None, {"dagster/partition": "2026-02-03-05:00"}, False),
    (HOURLY, IMPLICIT, None, OURS, {"dagster/partition": "2026-02-03-09:00"}, False),
    (ORDERS, IMPLICIT, None, THEIRS, ONE, False),
    (ORDERS, "daily", None, None, ONE, False),
    (ORDERS, "daily", None, None, {RANGE_START: "2026-02-01", RANGE_END: "2026-02-28"}, False),
    (SAME_NAMES, IMPLICIT, ALL, THEIRS, ONE, False),
    (defs, "daily", None, OURS, {}, False),  # it has no date
    (defs, "daily", None, None, ONE, True),  # by hand
    (defs, "daily", None, OURS, ONE, True),
    (defs, IMPLICIT, ALL, OURS, ONE, True),
]


def origin(location: str | None, job: str) -> RemoteJobOrigin | None:
    if location is None:
        return None
    server = GrpcServerCodeLocationOrigin("localhost", 4000, location_name=location)
    return RemoteJobOrigin(RemoteRepositoryOrigin(server, "__repository__"), job)


@pytest.mark.parametrize("whose, job, selection, location, tags, ours", few_in_short(RUNS, 5))
def test_only_runs_of_this_home_are_under_way(
    whose: dg.Definitions,
    job: str,
    selection: frozenset[dg.AssetKey] | None,
    location: str | None,
    tags: dict[str, str],
    ours: bool,
    instance: dg.DagsterInstance,
    tmp_path: Path,
) -> None:
    repository = whose.get_repository_def()
    made = (
        repository.get_implicit_global_asset_job_def()
        if job == IMPLICIT
        else whose.resolve_job_def(job)
    )
    instance.create_run_for_job(
        made,
        asset_selection=selection,
        tags=tags,
        status=dg.DagsterRunStatus.QUEUED if location else dg.DagsterRunStatus.STARTED,
        remote_job_origin=origin(location, job),
    )
    try:
        found = under_way(instance, Names(), Home(tmp_path), OURS)
        assert (DAY in found) == ours
        assert ours or found == set()
    finally:
        instance.wipe()


@pytest.mark.slow
def test_runs_of_others_hold_no_date_up(watch: Watch) -> None:
    """Neither by the sensor nor by the schedule."""
    for tags in ({"dagster/partition": "2026-02-03-05:00"}, ONE):
        watch.instance.create_run_for_job(
            ORDERS.resolve_job_def("daily"), tags=tags, status=dg.DagsterRunStatus.STARTED
        )
    log_of_days(watch.workspace.inbox, "a", 3)
    watch.tick()
    assert watch.tick() == [DAY.isoformat()]
    for run in watch.instance.get_runs():
        if HOME_TAG in run.tags:
            watch.instance.report_run_failed(run)
    assert watch.night() == [DAY.isoformat()]


# --- the whole home ----------------------------------------------------------------------------


def latest(watch: Watch, name: str) -> tuple[bool, str] | None:
    """Whether a check passed when it was last shown, and what it showed."""
    asset = "intake" if name == "no_log_is_rejected" else "report"
    key = dg.AssetCheckKey(dg.AssetKey(asset), name)
    found = watch.events.get(key)
    return None if found is None else (found.passed, str(found.metadata["found"].value))


def test_a_rejected_file_is_said_until_it_is_fixed(watch: Watch) -> None:
    broken = watch.workspace.inbox / "broken.parquet"
    broken.write_bytes(b"PAR1 is not enough")
    for _ in range(4):
        watch.tick()
    assert watch.skipped is not None
    assert f"no_log_is_rejected: {broken}: unreadable: not a whole Parquet" in watch.skipped
    passed, shown = latest(watch, "no_log_is_rejected") or (True, "")
    assert not passed
    assert "broken.parquet" in shown
    assert watch.shown.count("no_log_is_rejected") == 2  # not at every tick
    assert watch.night() == []
    assert "broken.parquet" in (watch.skipped or "")
    broken.unlink()
    watch.tick()
    assert latest(watch, "no_log_is_rejected") == (
        True,
        shown.splitlines()[0] + "\n| --- | --- | --- |",
    )
    assert watch.skipped == "0 logs to ingest, 0 still arriving; nothing to ask for."


@pytest.mark.slow
def test_a_blocked_and_a_stale_date_are_said(
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CREDITMILL_QUARANTINE_FLOOR", "0")
    monkeypatch.setenv("CREDITMILL_QUARANTINE_LIMIT", "0")
    log_of_days(watch.workspace.inbox, "a", 3, model="Nobody's")
    watch.tick()
    assert watch.tick() == [DAY.isoformat()]
    passed, shown = latest(watch, "no_date_is_stale") or (True, "")
    assert not passed
    assert f"| {DAY} | new |" in shown
    watch.end()
    watch.workspace.under(quarantine_limit="0", quarantine_floor=0).run(logs=[])
    watch.tick()
    assert (latest(watch, "no_date_is_stale") or (False,))[0]
    passed, shown = latest(watch, "no_date_is_blocked") or (True, "")
    assert not passed
    assert f"| {DAY} | quarantine_within_limit: 1 of 1 row is" in shown
    assert f"no_date_is_blocked: {DAY}: quarantine_within_limit" in (watch.skipped or "")


@pytest.fixture
def blocked(workspace: Workspace) -> flow.Run:
    """A home with one blocked date, and a log of the next one that waits to be published."""
    strict = workspace.under(quarantine_limit="0", quarantine_floor=0)
    workspace.log("a.parquet", row(model="nobody"))
    strict.run()
    assert strict.home.blocked(DAY) is not None
    workspace.log("b.parquet", row(event_id="b", event_time=NOON.replace(day=4)))
    (workspace.inbox / "broken.parquet").write_bytes(b"PAR1 is not enough")
    return flow.Run(
        workspace.home, workspace.home.settings(), LIMITS, inboxes=(Inbox(workspace.inbox),)
    )


def materialize(
    steps: flow.Run, day: date, assets: list[str] | None = None
) -> dg.ExecuteInProcessResult:
    with steps.home.lock():
        if assets is None:
            job = defs.resolve_job_def("daily")
            return job.execute_in_process(
                partition_key=day.isoformat(), resources={"flow": steps}, run_config=SILENT
            )
        return dg.materialize(
            [one for one in defs.assets or () if isinstance(one, dg.AssetsDefinition)],
            selection=assets,
            partition_key=day.isoformat(),
            resources={"flow": steps},
            run_config=SILENT,
            raise_on_error=False,
        )


@pytest.mark.slow
def test_no_check_is_green_while_another_date_is_blocked(blocked: flow.Run) -> None:
    result = materialize(blocked, DAY.replace(day=4))
    assert result.success  # the run's own date is published
    found = {
        one.check_name: one for one in result.get_asset_check_evaluations() if one.partition is None
    }
    assert not found["quarantine_within_limit"].passed
    assert str(DAY) in str(
        found["quarantine_within_limit"].metadata["other dates that are blocked"]
    )
    assert not found["no_date_is_blocked"].passed
    assert not found["no_log_is_rejected"].passed
    assert "broken.parquet" in str(found["no_log_is_rejected"].metadata["found"])
    for rule in ("no_charge_is_negative", "every_row_has_one_outcome"):
        assert found[rule].passed


@pytest.mark.parametrize("asset", PUBLISHED)
def test_a_part_of_what_is_stored_together_cannot_be_chosen(asset: str) -> None:
    """Green would say that something was stored."""
    with pytest.raises(dg.DagsterInvalidSubsetError, match="does not support subsetting"):
        defs.resolve_job_def("daily").get_subset(asset_selection={dg.AssetKey(asset)})


@pytest.mark.parametrize("asset, table", [("intake", "logs"), ("rates", "rates")])
def test_what_stands_alone_is_stored(
    blocked: flow.Run, workspace: Workspace, asset: str, table: str
) -> None:
    """Logs are ingested and prices are shown without a date being published."""
    card = workspace.books[0] / "card first" / "rates.csv"
    card.write_text(card.read_text() + "tool,Acme,More,any,requests,1,1\n")
    before = workspace.sql(f"select count(*) from {table}")[0][0]
    assert materialize(blocked, DAY, [asset]).success
    assert workspace.sql(f"select count(*) from {table}")[0][0] == before + 1
