"""Usage dates as partitions, the job over them, its schedule, and a run of it in this process.

What the assets do is in `definitions`; what new logs ask for is in `sensors`.
"""

import time
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import dagster as dg

from pipelines.execution import contiguous, is_recorded
from pipelines.home_checks import STALE, blocked_dates, rejected_logs
from pipelines.resources import look
from pricing_assets.contract.usage_dates import FIRST_DATE
from pricing_assets.flow import Flow
from pricing_assets.home import Home
from pricing_assets.intake import inbox
from pricing_assets.report.publish import DONE, Published

# One run for a range of dates, not one per date: "beta" in Dagster 1.13.
warnings.filterwarnings("ignore", "Parameter `backfill_policy`", category=dg.BetaWarning)

# To the day after tomorrow: an instant of tomorrow may be that date east of Greenwich.
usage_dates = dg.DailyPartitionsDefinition(FIRST_DATE.isoformat(), timezone="UTC", end_offset=3)
daily = dg.define_asset_job(
    "daily",
    # The sensor and a click show what is stale; a range of many is stale until its last date.
    dg.AssetSelection.all() - dg.AssetSelection.checks(STALE.key),
    description="Bring usage dates up to date: all six assets, from intake to report.",
)

RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"
PARTITION: Final = "dagster/partition"
SILENT: Final = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
HOME_TAG: Final = "creditmill/home"
"""Which home a run is about: an instance may have several, and other projects."""
PUBLISHING: Final = ("usage", "charges", "checks", "report")
"""The steps that hand over files within a run: none of them publishes without the others."""
UNFINISHED: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def span(first: date, last: date) -> str:
    """A range of dates in words."""
    return first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}"


def request(home: Home, first: date, last: date, run_key: str) -> dg.RunRequest:
    """One run of `daily` over the range."""
    tags = {HOME_TAG: _tag_of(home)}
    if first == last:
        return dg.RunRequest(run_key=run_key, partition_key=first.isoformat(), tags=tags)
    tags |= {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
    return dg.RunRequest(run_key=run_key, tags=tags)


def _tag_of(home: Home) -> str:
    return str(home.path).encode("utf-8", "backslashreplace").decode()


def selected(run: dg.DagsterRun) -> set[str] | None:
    """The names of the steps and assets that a run is about; None: all of its job."""
    if run.step_keys_to_execute is not None:
        return set(run.step_keys_to_execute)
    if run.asset_selection or run.asset_check_selection:
        return {key.to_user_string() for key in run.asset_selection or ()}
    return None


def under_way(instance: dg.DagsterInstance, home: Home, location: str | None = None) -> set[date]:
    """The dates of this home that a run is queued or under way for. Runs of other homes and of
    other projects are left alone, whatever their partitions are called; `location` is the code
    location that asks, where it is known."""
    days: set[date] = set()
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)):
        first = run.tags.get(RANGE_START, run.tags.get(PARTITION))
        last = run.tags.get(RANGE_END, first)
        if first and last and _is_of(instance, run, home, location):
            begin, end = date.fromisoformat(first), date.fromisoformat(last)
            days |= {begin + timedelta(days=step) for step in range((end - begin).days + 1)}
    return days


def _is_of(
    instance: dg.DagsterInstance, run: dg.DagsterRun, home: Home, location: str | None
) -> bool:
    """Whether a run publishes dates of this home: one that was asked for by hand bears no tag, and
    is known by its code location and by what it is about."""
    tagged = run.tags.get(HOME_TAG)
    if tagged is not None:
        return tagged == _tag_of(home)
    origin = run.remote_job_origin
    if origin is not None and location not in (None, origin.location_name):
        return False
    steps = selected(run)
    if steps is None and run.job_snapshot_id is not None:
        steps = set(instance.get_job_snapshot(run.job_snapshot_id).node_names)
    return run.job_name in (daily.name, "__ASSET_JOB") and set(PUBLISHING) <= (steps or set())


@dg.schedule(
    job=daily,
    cron_schedule="15 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Once a day whatever is stale, however it became so: logs, cards, limits.",
)
def nightly(
    context: dg.ScheduleEvaluationContext,
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """Take in logs that have settled, and ask for every stale date that no run is asked for."""
    with look() as found:
        if isinstance(found, str):
            return dg.SkipReason(found)
        settings, flow = found
        if settings.logs is not None:
            logs = inbox.list_logs(settings.logs, flow.home)
            settled = [log for log in logs if _is_older(log, settings.settle_seconds)]
            flow.intake(settled, settings.logs)
        home, stale = flow.home, {one.day for one in flow.stale()}
        wrong = [check.said() for check in (rejected_logs(home), blocked_dates(home))]
    tick = context.scheduled_execution_time.isoformat()
    ranges = contiguous(stale - under_way(context.instance, home))
    if not ranges:
        return dg.SkipReason(". ".join(["No date to ask for", *filter(None, wrong)]) + ".")
    return [request(home, first, last, f"{tick} {span(first, last)}") for first, last in ranges]


def _is_older(log: Path, seconds: int) -> bool:
    try:
        return log.stat().st_mtime <= time.time() - seconds
    except FileNotFoundError:
        return False


def materialize(flow: Flow, first: date, last: date) -> list[Published]:
    """Run the six assets over the range, in this process, and silently; the flow's home is locked.

    Dates that are blocked or failed are among what is returned; everything else that goes wrong
    raises as itself. The run is recorded where DAGSTER_HOME is set.
    """
    from pipelines.definitions import defs

    before = len(flow.published)
    with dg.DagsterInstance.get() if is_recorded() else nullcontext() as instance:
        try:
            defs.resolve_job_def(daily.name).execute_in_process(
                tags={
                    HOME_TAG: _tag_of(flow.home),
                    RANGE_START: first.isoformat(),
                    RANGE_END: last.isoformat(),
                },
                resources={"flow": flow},
                run_config=SILENT,
                instance=instance,
            )
        except dg.Failure:
            if all(made.state in DONE for made in flow.published[before:]):
                raise
    return flow.published[before:]
