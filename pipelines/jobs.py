"""The job over usage dates: how a run of it is asked for, what it is about, and which are under way.

What the steps do is in `assets`; when runs are asked for, in `schedules` and `sensors`.
"""

import warnings
from datetime import date, timedelta
from typing import Final

import dagster as dg

from pipelines.home_checks import STALE
from pipelines.partitions import PARTITION, RANGE_END, RANGE_START
from pricing_assets.home import Home

# One run for a range of dates, not one per date: "beta" in Dagster 1.13.
warnings.filterwarnings("ignore", "Parameter `backfill_policy`", category=dg.BetaWarning)

daily = dg.define_asset_job(
    "daily",
    # The sensor and a click show what is stale; a range of many is stale until its last date.
    dg.AssetSelection.all() - dg.AssetSelection.checks(STALE.key),
    description="Bring usage dates up to date: all seven assets, from intake to ledger.",
)

WRITER: Final = "home"
"""The pool that keeps writers of a home apart."""
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


def request(home: Home, first: date, last: date, run_key: str) -> dg.RunRequest:
    """Return the request of one run of `daily` over the range."""
    tags = {HOME_TAG: tag_of(home)}
    if first == last:
        return dg.RunRequest(run_key=run_key, partition_key=first.isoformat(), tags=tags)
    tags |= {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
    return dg.RunRequest(run_key=run_key, tags=tags)


def request_ledger(home: Home, run_key: str) -> dg.RunRequest:
    """Return the request of one run of the ledger of credits alone, which takes every date of it
    along; its partition is the newest date of the home."""
    return dg.RunRequest(
        run_key=run_key,
        partition_key=home.dates()[-1].isoformat(),
        asset_selection=[dg.AssetKey("ledger")],
        tags={HOME_TAG: tag_of(home)},
    )


def tag_of(home: Home) -> str:
    """Return a home's name among the tags of runs."""
    return str(home.path).encode("utf-8", "backslashreplace").decode()


def selected(run: dg.DagsterRun) -> set[str] | None:
    """Return the names of the steps and assets that a run is about; None: all of its job."""
    if run.step_keys_to_execute is not None:
        return set(run.step_keys_to_execute)
    if run.asset_selection or run.asset_check_selection:
        return {key.to_user_string() for key in run.asset_selection or ()}
    return None


def require_whole(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, *steps: str
) -> None:
    """Raise Failure where the run leaves out one of these steps, so that nothing would be
    published."""
    chosen = selected(context.run)
    left_out = [step for step in steps if chosen is not None and step not in chosen]
    if left_out:
        raise dg.Failure(
            f"Nothing would be published or stored: this run leaves out {', '.join(left_out)}."
            " Materialize all assets together: the job `daily`, or"
            " `dg launch --assets '*' --partition DATE`.",
            allow_retries=False,
        )


def under_way(instance: dg.DagsterInstance, home: Home, location: str | None = None) -> set[date]:
    """Return the dates of this home that a run is queued or under way for. Runs of other homes and
    of other projects are left alone, whatever their partitions are called; `location` is the code
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
    """Return whether a run publishes dates of this home: one that was asked for by hand bears no
    tag, and is known by its code location and by what it is about."""
    tagged = run.tags.get(HOME_TAG)
    if tagged is not None:
        return tagged == tag_of(home)
    origin = run.remote_job_origin
    if origin is not None and location not in (None, origin.location_name):
        return False
    steps = selected(run)
    if steps is None and run.job_snapshot_id is not None:
        steps = set(instance.get_job_snapshot(run.job_snapshot_id).node_names)
    return run.job_name in (daily.name, "__ASSET_JOB") and set(PUBLISHING) <= (steps or set())
