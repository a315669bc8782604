"""The job over usage dates: how a run of it is asked for, what it is about, and which are under way.

What the steps do is in `assets`; when runs are asked for, in `schedules` and `sensors`.
"""

import warnings
from datetime import date
from typing import TYPE_CHECKING, Final

import dagster as dg

from pipelines.home_checks import STALE
from pipelines.names import PUBLISHED, Names
from pipelines.partitions import DATES, RANGE_END, RANGE_START, TO_BE_FOUND, dates_named
from pricing_assets.home import Home

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

# "Beta" in Dagster 1.13: one run for a range of dates, and what Dagster itself copies.
warnings.filterwarnings(
    "ignore", "Parameter `(backfill_policy|owners|execution_type)`", category=dg.BetaWarning
)

HOME_TAG: Final = "creditmill/home"
"""Which home a run is about: an instance may have several, and other projects."""
UNFINISHED: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def daily(names: Names) -> "UnresolvedAssetJobDefinition":
    """Return the job over usage dates: the seven assets of a home, with their checks."""
    return dg.define_asset_job(
        names.of("daily"),
        # The sensor and a click show what is stale; a range of many is stale until its last date.
        dg.AssetSelection.assets(*names.keys) - dg.AssetSelection.checks(STALE.key(names)),
        description="Bring usage dates up to date: all seven assets, from intake to ledger.",
    )


def request(names: Names, home: Home, first: date, last: date, run_key: str) -> dg.RunRequest:
    """Return the request of one run of `daily` over the range."""
    # Dagster checks a partition key against the dates that it knew when it loaded the definitions,
    # which a log of an older date may precede; of a range, the run checks the ends.
    tags = {
        HOME_TAG: tag_of(home),
        RANGE_START: first.isoformat(),
        RANGE_END: last.isoformat(),
    }
    return dg.RunRequest(run_key=run_key, job_name=names.of("daily"), tags=tags)


def request_found(names: Names, home: Home, first: date, last: date, run_key: str) -> dg.RunRequest:
    """Return the request of one run of `daily` that ingests what no longer changes, in its own
    process, and then publishes every date that is stale, and the range."""
    asked = request(names, home, first, last, run_key)
    return asked.with_replaced_attrs(tags={**asked.tags, DATES: TO_BE_FOUND})


def request_ledger(names: Names, home: Home, run_key: str) -> dg.RunRequest:
    """Return the request of one run of the ledger of credits alone, which takes every date of it
    along; its partition is the newest date of the home."""
    newest = home.dates()[-1].isoformat()
    return dg.RunRequest(
        run_key=run_key,
        job_name=names.of("daily"),
        asset_selection=[names.key("ledger")],
        tags={HOME_TAG: tag_of(home), RANGE_START: newest, RANGE_END: newest},
    )


def tag_of(home: Home) -> str:
    """Return a home's name among the tags of runs."""
    return str(home.path).encode("utf-8", "backslashreplace").decode()


def under_way(
    instance: dg.DagsterInstance, names: Names, home: Home, location: str | None = None
) -> set[date]:
    """Return the dates of this home that a run is queued or under way for. Runs of other homes and
    of other projects are left alone, whatever their partitions are called; `location` is the code
    location that asks, where it is known."""
    days: set[date] = set()
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)):
        if _is_of(instance, run, names, home, location):
            days |= dates_named(run.tags)
    return days


def is_ingesting(instance: dg.DagsterInstance, names: Names, home: Home) -> bool:
    """Return whether a run that was asked to ingest into this home is queued or under way."""
    asked = dg.RunsFilter(tags={HOME_TAG: tag_of(home)}, statuses=UNFINISHED)
    return any(
        run.job_name == names.of("ingest") or DATES in run.tags for run in instance.get_runs(asked)
    )


def _is_of(
    instance: dg.DagsterInstance, run: dg.DagsterRun, names: Names, home: Home, location: str | None
) -> bool:
    """Return whether a run publishes dates of this home: one that was asked for by hand bears no
    tag, and is known by its code location and by what it is about."""
    tagged = run.tags.get(HOME_TAG)
    if tagged is not None:
        return tagged == tag_of(home)
    origin = run.remote_job_origin
    if origin is not None and location not in (None, origin.location_name):
        return False
    return publishes(instance, run, names) and run.job_name in (names.of("daily"), "__ASSET_JOB")


def publishes(instance: dg.DagsterInstance, run: dg.DagsterRun, names: Names) -> bool:
    """Return whether a run is to publish its dates, by the assets or steps that it was asked for."""
    if run.asset_selection:  # empty where the run is of all that its job has
        return {names.key(asset) for asset in PUBLISHED} <= run.asset_selection
    steps = run.step_keys_to_execute
    if steps is None and run.job_snapshot_id is not None:
        steps = instance.get_job_snapshot(run.job_snapshot_id).node_names
    return names.of("publish") in (steps or ())
