"""The seven assets, in flow order.

Each calls one step of the flow and shows what came of it; what a step computes belongs to
`pricing_assets`, when runs are asked for to `schedules` and `sensors`.
"""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from pipelines import home_checks, metadata, retries
from pipelines.jobs import PUBLISHING, WRITER, require_whole, selected
from pipelines.partitions import dates_of, usage_dates
from pricing_assets.common.clock import now
from pricing_assets.common.errors import EngineLost
from pricing_assets.flow import Run
from pricing_assets.ledger.checks import RULES as LEDGER_RULES
from pricing_assets.report import staleness

Context = dg.AssetExecutionContext
Result = dg.MaterializeResult[None]
ONE_RUN = dg.BackfillPolicy.single_run()
FRESH = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=30), fail_window=timedelta(hours=54)
)
"""Usage comes every day: a report with no new version for a night and some hours is worth a look,
for two nights is stale. The daemon says so where no run does."""

NEWEST, DAYS_OLD = "newest_date_is_fresh", 2
"""New versions of old dates do not hide that no new date comes: yesterday is reported today, and the
day before it still is the newest in the first hours of a day."""


def store_what_came(context: Context, flow: Run) -> None:
    """Bring `credits.duckdb` up to date where no `report` of this run does."""
    chosen = selected(context.run)
    if chosen is not None and "report" not in chosen:
        flow.refresh()


@dg.asset(pool=WRITER, backfill_policy=ONE_RUN, check_specs=[home_checks.REJECTED])
def intake(context: Context, flow: dg.ResourceParam[Run]) -> Iterator[Result | dg.AssetCheckResult]:
    """One row per usage log: its receipt, which names the usage dates it touches."""
    for inbox in flow.inboxes:
        flow.ingest(inbox)
    store_what_came(context, flow)
    yield dg.MaterializeResult(metadata=metadata.of_arrivals(flow.arrivals))
    yield home_checks.rejected_logs(flow.home).result()


@dg.asset(pool=WRITER, backfill_policy=ONE_RUN)
def rates(context: Context, flow: dg.ResourceParam[Run]) -> Result:
    """One row per price and the interval it is in force."""
    store_what_came(context, flow)
    return dg.MaterializeResult(metadata=metadata.of_rates(flow))


@dg.asset(pool=WRITER, backfill_policy=ONE_RUN, partitions_def=usage_dates, deps=[intake, rates])
def usage(context: Context, flow: dg.ResourceParam[Run]) -> Result:
    """One row per usage date, organization, dimensions, service, model, key mode and card."""
    require_whole(context, *PUBLISHING)
    days = dates_of(context)
    try:
        outcomes, failed = flow.reduce(days), flow.run_dir.failed()
    except EngineLost as lost:
        if context.retry_number == retries.RETRIES:
            raise
        # Nothing is staged or published of this attempt; the next one opens a new session.
        raise dg.RetryRequested(retries.RETRIES, retries.RETRY_SECONDS) from lost
    for day in days:
        shown = metadata.of_outcomes(outcomes.get(day, {}), failed.get(day))
        shown = {**shown, **flow.engine.identity()}
        context.add_asset_metadata(shown, partition_key=day.isoformat())
    return dg.MaterializeResult()


@dg.asset(pool=WRITER, backfill_policy=ONE_RUN, partitions_def=usage_dates, deps=[usage, rates])
def charges(context: Context, flow: dg.ResourceParam[Run]) -> Result:
    """One row per row of `usage` and meter: quantity x price = credits."""
    require_whole(context, *PUBLISHING)
    stages = flow.price(dates_of(context))
    for day, shown in metadata.of_charges(flow, stages).items():
        context.add_asset_metadata(shown, partition_key=day.isoformat())
    return dg.MaterializeResult()


@dg.asset(pool=WRITER, backfill_policy=ONE_RUN, partitions_def=usage_dates, deps=[charges])
def checks(context: Context, flow: dg.ResourceParam[Run]) -> Result:
    """One verdict per usage date. A broken rule is data here: `report` goes by it."""
    require_whole(context, *PUBLISHING)
    for day, verdict in flow.check(dates_of(context)).items():
        context.add_asset_metadata(metadata.of_verdict(verdict), partition_key=day.isoformat())
    return dg.MaterializeResult()


@dg.asset(
    pool=WRITER,
    backfill_policy=ONE_RUN,
    partitions_def=usage_dates,
    deps=[checks],
    output_required=False,
    freshness_policy=FRESH,
    check_specs=[
        dg.AssetCheckSpec(
            NEWEST,
            asset="report",
            description=f"the newest usage date in force is at most {DAYS_OLD} days old",
        ),
        home_checks.BLOCKED,
    ],
)
def report(
    context: Context, flow: dg.ResourceParam[Run]
) -> Iterator[dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckResult]:
    """One published version per usage date that passed; the others are named, and fail the run.

    A restatement is also an observation: what changed, by how much, and why.
    """
    require_whole(context, *PUBLISHING)
    days = dates_of(context)
    outcomes = flow.publish(days)
    # A run that nobody records is shown to nobody.
    pictured = not context.instance.is_ephemeral
    for day, shown in metadata.of_published(flow, outcomes, pictured=pictured).items():
        yield dg.AssetMaterialization(context.asset_key, partition=day.isoformat(), metadata=shown)
    for day, shown in metadata.of_restated(flow, outcomes).items():
        yield dg.AssetObservation(context.asset_key, partition=day.isoformat(), metadata=shown)
    newest = staleness.newest(flow.home, flow.settings, now())
    yield dg.AssetCheckResult(
        check_name=NEWEST,
        passed=newest is not None and newest[1] <= DAYS_OLD,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata.of_newest(newest),
    )
    yield home_checks.blocked_dates(flow.home).result()
    kept = [
        f"{one.day} {one.state}: {one.reason}"
        for one in outcomes
        if one.state in ("blocked", "failed")
    ]
    if kept:
        raise dg.Failure(
            "Not published. " + ". ".join(kept),
            metadata=metadata.of_broken(flow.run_dir.verdicts(days)),
            allow_retries=False,
        )


@dg.asset(
    pool=WRITER,
    backfill_policy=ONE_RUN,
    partitions_def=usage_dates,
    # `report` has no output that a step could wait for, and fails where a date is blocked, which
    # holds up no balance of the others.
    deps=[checks],
    op_tags={"dagster/priority": "-1"},  # after `report`
    output_required=False,
    check_specs=[
        dg.AssetCheckSpec(rule, asset="ledger", description=claim)
        for rule, claim in LEDGER_RULES.items()
    ],
)
def ledger(
    flow: dg.ResourceParam[Run],
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckResult]:
    """One row per change of a grant or of an overdraft, for all organizations: each date whose
    reports or grants changed, and every date after it.

    Nothing of it is published unless every check holds; without the setting `credits` it is empty.
    """
    outcome = flow.bring_ledger_up_to_date()
    for day in outcome.published:
        yield dg.AssetMaterialization("ledger", partition=day.isoformat())
    for rule in LEDGER_RULES:
        rows = outcome.faults.get(rule, [])
        shown = {"broken by": rows} if rows else {}
        yield dg.AssetCheckResult(check_name=rule, passed=not rows, metadata=shown)
