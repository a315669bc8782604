"""What Dagster itself says is stale: exactly what is stale in creditmill, and green what is stored."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

from pipelines.definitions import defs
from pipelines.execution import SILENT
from pipelines.names import PUBLISHED
from pipelines.partitions import RANGE_END, RANGE_START
from tests.support.watch import Watch
from tests.support.workspace import NOON, Workspace, row, write_card

pytestmark = pytest.mark.slow  # recorded runs: some 5 CPU seconds each

DAYS = [f"2026-02-0{day}" for day in (3, 4, 5)]
STORED = ("intake", "rates", *PUBLISHED)


def log(workspace: Workspace, name: str, *days: int, **changes: object) -> Path:
    return workspace.log(
        f"{name}.parquet",
        *(
            row(event_id=f"{name} {number}", event_time=NOON.replace(day=day), **changes)
            for number, day in enumerate(days)
        ),
    )


def run(
    watch: Watch, *assets: str, first: str = DAYS[0], last: str = DAYS[-1]
) -> dg.ExecuteInProcessResult:
    """Run `daily`, or some of its assets, over dates of the home that settings name."""
    return daily().execute_in_process(
        asset_selection=[dg.AssetKey(asset) for asset in assets] or None,
        tags={RANGE_START: first, RANGE_END: last},
        run_config=SILENT,
        instance=watch.instance,
        raise_on_error=False,
    )


def shown(instance: dg.DagsterInstance, status: str, assets: tuple[str, ...] = STORED) -> set[str]:
    """The partitions that Dagster shows so, like `usage 2026-02-03`."""
    resolver = CachingStaleStatusResolver(
        instance, defs.resolve_asset_graph(), LoadingContextForTest(instance)
    )
    return {
        f"{asset} {day}"
        for asset in assets
        for day in DAYS
        if resolver.get_status(dg.AssetKey(asset), day).value == status
    }


@pytest.fixture
def published(watch: Watch) -> Watch:
    """Three dates that one run published."""
    log(watch.workspace, "a", 3, 4, 5)
    assert run(watch).success
    return watch


def test_just_the_dates_of_late_logs_and_of_new_prices_are_stale(published: Watch) -> None:
    instance, workspace = published.instance, published.workspace
    every = {f"{asset} {day}" for asset in STORED for day in DAYS}
    assert shown(instance, "FRESH") == every  # nothing is stale
    log(workspace, "late", 4)
    assert run(published, "intake", first=DAYS[2]).success  # a run about another date
    assert shown(instance, "STALE") == {f"usage {DAYS[1]}"}
    assert run(published, first=DAYS[1], last=DAYS[1]).success
    assert shown(instance, "FRESH") == every
    write_card(workspace.books[0], card_id="second", effective_from="2026-02-04T06:00:00Z")
    assert run(published, "rates", last=DAYS[0]).success
    assert shown(instance, "STALE") == {
        f"{asset} {day}" for asset in ("usage", "charges") for day in DAYS[1:]
    }
    assert run(published, first=DAYS[1]).success
    assert shown(instance, "FRESH") == every


def test_a_blocked_date_is_not_green_and_holds_no_other_up(published: Watch) -> None:
    log(published.workspace, "bad", *(4,) * 30, model="Nobody's")
    result = run(published)
    assert not result.success
    (failure,) = result.get_step_failure_events()
    said = failure.step_failure_data.user_failure_data
    assert said is not None
    assert f"Not published. {DAYS[1]} blocked: quarantine_within_limit" in str(said.description)
    # its last version stays in force
    assert shown(published.instance, "STALE") == {f"usage {DAYS[1]}"}
    stored = [event.partition for event in result.get_asset_materialization_events()]
    assert stored.count(DAYS[1]) == 2  # its logs and its prices
    assert stored.count(DAYS[0]) == len(STORED)


def daily() -> dg.JobDefinition:
    return defs.resolve_job_def("daily")


def test_a_run_that_is_executed_again_from_its_failure_stores_everything(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITMILL_QUARANTINE_FLOOR", "0")
    monkeypatch.setenv("CREDITMILL_QUARANTINE_LIMIT", "0")
    log(watch.workspace, "bad", 3, model="Nobody's")
    log(watch.workspace, "good", 4)
    dates = {RANGE_START: DAYS[0], RANGE_END: DAYS[1]}
    job, instance = dg.reconstructable(daily), watch.instance
    with dg.execute_job(job, instance, run_config=SILENT, tags=dates) as first:
        (failure,) = first.filter_events(lambda event: event.is_step_failure)
        assert f"{DAYS[0]} blocked: quarantine_within_limit" in str(failure.step_failure_data)
    assert shown(instance, "MISSING", PUBLISHED) == {
        f"{asset} {day}" for asset in PUBLISHED for day in (DAYS[0], DAYS[2])
    }
    monkeypatch.setenv("CREDITMILL_QUARANTINE_LIMIT", "1")
    again = dg.ReexecutionOptions.from_failure(first.run_id, instance)
    with dg.execute_job(
        job, instance, run_config=SILENT, tags=dates, reexecution_options=again
    ) as second:
        assert second.success
        steps = {event.step_key for event in second.all_events if event.is_step_success}
        assert steps == {"publish", "ledger"}
    assert shown(instance, "FRESH", STORED) == {
        f"{asset} {day}" for asset in STORED for day in DAYS[:2]
    }
