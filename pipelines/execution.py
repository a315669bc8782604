"""How a command publishes dates in its own process: by Dagster where that records runs, else by the
steps themselves.

What the steps do belongs to `pricing_assets.flow`; runs that the daemon starts are in `jobs`.
"""

import os
import time
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pipelines import retries
from pricing_assets.common.batching import batches, contiguous
from pricing_assets.common.errors import EngineLost
from pricing_assets.common.progress import Progress
from pricing_assets.flow import ROWS_AT_ONCE, Run
from pricing_assets.report import DONE, DateOutcome, Stale

if TYPE_CHECKING:
    import dagster as dg

SILENT: Final = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def publish_stale(
    run: Run, stale: Sequence[Stale], until: float
) -> tuple[list[DateOutcome], list[date]]:
    """Bring stale dates up to date, batch by batch: a year does not wait for its last date. Return
    what became of them, and those that were left for the next run, since this instant
    (`time.monotonic`) had passed."""
    outcomes: list[DateOutcome] = []
    waiting: list[date] = []
    rows = {found.day: found.rows for found in stale}
    ranges = [of for batch in batches(rows, ROWS_AT_ONCE) for of in contiguous(batch)]
    whole = Progress(sum(rows.values()), "row")
    show = run.progress
    if len(ranges) > 1:
        run.progress = lambda step, detail: show(step, f"{detail} ({whole})")
    try:
        for first, last in ranges:
            days = [day for day in rows if first <= day <= last]
            if time.monotonic() > until:
                waiting += days
            else:
                outcomes += publish(run, first, last)
                whole.done += sum(rows[day] for day in days)
    finally:
        run.progress = show
    return outcomes, waiting


def publish(run: Run, first: date, last: date) -> list[DateOutcome]:
    """Bring a range of dates up to date, the last one included; the home is locked.

    Dates that are blocked or failed are among what is returned; EngineLost where the engine stays
    lost. Importing Dagster costs some 2 CPU seconds: that is paid where it records the run.
    """
    return materialize(run, first, last) if is_recorded() else _run_steps(run, first, last)


def is_recorded() -> bool:
    """Return whether runs of this process are recorded in Dagster."""
    return bool(os.environ.get("DAGSTER_HOME"))


def _run_steps(run: Run, first: date, last: date) -> list[DateOutcome]:
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    _reduce(run, days)
    run.price(days)
    run.check(days)
    outcomes = run.publish(days)
    run.bring_ledger_up_to_date()
    return outcomes


def _reduce(run: Run, days: Sequence[date]) -> None:
    """Reduce the dates; where the engine is lost, try again as Dagster does."""
    for attempt in range(retries.RETRIES + 1):
        try:
            run.reduce(days)
        except EngineLost:
            if attempt == retries.RETRIES:
                raise
            time.sleep(retries.RETRY_SECONDS)
        else:
            return


def materialize(run: Run, first: date, last: date) -> list[DateOutcome]:
    """Run the seven assets over a range of dates, silently; the home is locked.

    Dates that are blocked or failed are among what is returned; everything else that goes wrong
    raises as itself. The run is recorded where DAGSTER_HOME is set.
    """
    import dagster as dg

    from pipelines.jobs import HOME_TAG, tag_of
    from pipelines.partitions import RANGE_END, RANGE_START
    from pipelines.resources import first_date

    before = len(run.outcomes)
    publish_to, run.publish_to = run.publish_to, None  # the command brings it there at its end
    with dg.DagsterInstance.get() if is_recorded() else nullcontext() as instance:
        try:
            _daily_of(os.fspath(run.home.path), first_date(run.home)).execute_in_process(
                tags={
                    HOME_TAG: tag_of(run.home),
                    RANGE_START: first.isoformat(),
                    RANGE_END: last.isoformat(),
                },
                resources={"flow": run},
                run_config=SILENT,
                instance=instance,
            )
        except dg.Failure:
            if all(outcome.state in DONE for outcome in run.outcomes[before:]):
                raise
        finally:
            run.publish_to = publish_to
    return run.outcomes[before:]


@lru_cache(maxsize=1)
def _daily_of(home: str, first: date) -> "dg.JobDefinition":
    """Return the job of a home whose logs begin on this date, which the settings need not name."""
    from pipelines.definitions import definitions

    return definitions(home).resolve_job_def("daily")
