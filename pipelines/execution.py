"""How a command publishes dates in its own process by Dagster, where that records runs.

What the steps do, and how they run without Dagster, belongs to `pricing_assets.flow`; runs that the
daemon starts are in `assets` and `publishing`.
"""

import os
from contextlib import nullcontext
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pricing_assets.flow import Publisher, Run
from pricing_assets.report import DONE, DateOutcome

if TYPE_CHECKING:
    import dagster as dg

SILENT: Final = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def is_recorded() -> bool:
    """Return whether runs of this process are recorded in Dagster."""
    return bool(os.environ.get("DAGSTER_HOME"))


def recorder() -> Publisher | None:
    """Return what brings a range of dates up to date and records it in Dagster; None where runs of this
    process are not recorded. Importing Dagster costs some 2 CPU seconds: that is paid where it records."""
    return materialize if is_recorded() else None


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
    destination, run.destination = run.destination, None  # the command brings it there at its end
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
            run.destination = destination
    return run.outcomes[before:]


@lru_cache(maxsize=1)
def _daily_of(home: str, first: date) -> "dg.JobDefinition":
    """Return the job of a home whose logs begin on this date, which the settings need not name."""
    from pipelines.definitions import definitions

    return definitions(home).resolve_job_def("daily")
