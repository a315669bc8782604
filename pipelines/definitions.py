"""The graph on one page, in flow order: what Dagster runs, and nothing of how."""

import dagster as dg

from pipelines.asset_checks import no_date_is_stale, rules
from pipelines.assets import charges, checks, intake, ledger, rates, report, usage
from pipelines.jobs import daily
from pipelines.resources import engine, flow
from pipelines.schedules import nightly
from pipelines.sensors import arrivals

defs = dg.Definitions(
    assets=[intake, rates, usage, charges, checks, report, ledger],
    asset_checks=[rules, no_date_is_stale],
    jobs=[daily],
    schedules=[nightly],
    sensors=[arrivals],
    resources={"engine": engine, "flow": flow},
    executor=dg.in_process_executor,
)
