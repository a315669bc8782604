"""The graph on one page, in flow order: what Dagster runs, and nothing of how."""

import os
from collections.abc import Sequence
from typing import Any

import dagster as dg

from pipelines.asset_checks import no_date_is_stale
from pipelines.assets import assets
from pipelines.ingesting import ingest
from pipelines.jobs import daily
from pipelines.names import Names
from pipelines.partitions import usage_dates
from pipelines.resources import PathLike, flow, foresee, given_home
from pipelines.schedules import nightly
from pipelines.sensors import arrivals
from pipelines.settings import PREFIX


def definitions(
    home: PathLike | None = None,
    logs: PathLike | None = None,
    prefix: str = "",
    group: str = "creditmill",
    owners: Sequence[str] = (),
    **settings: Any,
) -> dg.Definitions:
    """Return the assets, checks, jobs, schedule and sensor of one home, to merge with others'.

    `prefix` comes before every name, so that homes do not meet; `owners` are addresses or `team:…`.
    `settings` are those of `creditmill.toml` by name; what is not given is read from the environment
    and that file when something runs. ConfigurationError where the prefix or group is not a name, or a
    setting is none.
    """
    names = Names(prefix, group, tuple(owners))
    resource = given_home(home, logs, settings)
    foreseen = foresee(resource)
    job, ingesting = daily(names), ingest(names)
    return dg.Definitions(
        assets=assets(names, usage_dates(foreseen.first), foreseen),
        asset_checks=[no_date_is_stale(names)],
        jobs=[job, ingesting],
        schedules=[nightly(names, resource, job)],
        sensors=[arrivals(names, resource, [job, ingesting])],
        resources={names.of("creditmill"): resource, names.of("flow"): flow(names)},
        executor=dg.in_process_executor,
    )


defs = definitions(prefix=os.environ.get(PREFIX, ""))
