"""Runs that ended before they were done, and the usage dates that they leave.

Such a date may be published in the home; but Dagster knows nothing of it, its balances are behind, or what
was published is not in object storage. When it is asked for again is decided in `sensors`, `schedules`.
"""

from datetime import date
from typing import Final

import dagster as dg

from pipelines.jobs import HOME_TAG, publishes, tag_of
from pipelines.names import Names
from pipelines.partitions import DATES, dates_named, spans
from pricing_assets.flow import Run
from pricing_assets.home import Home

DONE_TAG: Final = "creditmill/done"
"""Of a run that failed, since dates are blocked or failed, and that did all the rest: its id, which one
that is retried with the same tags does not have."""
LOOKED_AT: Final = 100
"""So many of the home's last runs are looked at."""
_FAILED = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_ENDED = [*_FAILED, dg.DagsterRunStatus.SUCCESS]


def last_failure(instance: dg.DagsterInstance, home: Home) -> int:
    """Return when the last run of this home failed, in whole seconds; 0 where none did."""
    of_home = dg.RunsFilter(statuses=_FAILED, tags={HOME_TAG: tag_of(home)})
    records = instance.get_run_records(of_home, limit=1, order_by="update_timestamp")
    return int(records[0].update_timestamp.timestamp()) if records else 0


def unfinished_dates(instance: dg.DagsterInstance, names: Names, home: Home) -> set[date]:
    """Return the dates whose last run ended before it was done: it was killed, ended by somebody, or
    failed by something else than the dates themselves."""
    of_home = dg.RunsFilter(statuses=_ENDED, tags={HOME_TAG: tag_of(home)})
    left: set[date] = set()
    known: set[date] = set()
    for run in instance.get_runs(of_home, limit=LOOKED_AT):  # the newest first
        has_done = run.tags.get(DONE_TAG) == run.run_id
        is_done = run.status == dg.DagsterRunStatus.SUCCESS or has_done
        # one that goes on with another's failure does what that one left
        if publishes(instance, run, names) or (is_done and run.parent_run_id):
            days = dates_named(run.tags) - known
            known |= days
            left |= set() if is_done else days
    return left


def note_found(context: dg.AssetExecutionContext, names: Names, run: Run) -> None:
    """Note in a run's tag the dates that it is to publish, besides those that it was asked for: whatever
    is stale, now that it has ingested."""
    left = unfinished_dates(context.instance, names, run.home)
    found = {one.day for one in run.stale(unfinished=left)}
    context.instance.add_run_tags(context.run.run_id, {DATES: spans(found)})
