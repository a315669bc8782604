"""The graph on one page, in flow order: what Dagster runs, and nothing of how.

Each asset calls one step of the flow and shows what came of it; when runs are asked for is in
`jobs` and `sensors`.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from pipelines import execution, home_checks, metadata, resources
from pipelines.jobs import PUBLISHING, daily, nightly, selected, usage_dates
from pipelines.sensors import arrivals
from pricing_assets.checks.run import BLOCKING_ON_INPUT, RULES, WARNINGS
from pricing_assets.common.errors import EngineLost
from pricing_assets.flow import Flow
from pricing_assets.home.home import now
from pricing_assets.intake.inbox import list_logs
from pricing_assets.report import staleness

Context = dg.AssetExecutionContext
Result = dg.MaterializeResult[None]
ONE_RUN = dg.BackfillPolicy.single_run()
WRITER = "home"
"""The pool that keeps writers of a home apart."""
FRESH = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=30), fail_window=timedelta(hours=54)
)
"""Usage comes every day: a report with no new version for a night and some hours is worth a look,
for two nights is stale. The daemon says so where no run does."""

NEWEST, DAYS_OLD = "newest_date_is_fresh", 2
"""New versions of old dates do not hide that no new date comes: yesterday is reported today, and the
day before it still is the newest in the first hours of a day."""


def dates_of(context: Context | dg.AssetCheckExecutionContext) -> list[date]:
    """The usage dates of the run."""
    if not context.partition_keys:
        raise dg.Failure("The range holds no date: it ends before it begins.", allow_retries=False)
    return [date.fromisoformat(key) for key in context.partition_keys]


def require_whole(context: Context | dg.AssetCheckExecutionContext, *steps: str) -> None:
    """Failure where the run leaves out one of these steps, so that nothing would be published."""
    chosen = selected(context.run)
    left_out = [step for step in steps if chosen is not None and step not in chosen]
    if left_out:
        raise dg.Failure(
            f"Nothing would be published or stored: this run leaves out {', '.join(left_out)}."
            " Materialize all six assets together: the job `daily`, or"
            " `dg launch --assets '*' --partition DATE`.",
            allow_retries=False,
        )


def store_what_came(context: Context, flow: Flow) -> None:
    """Bring `credits.duckdb` up to date where no `report` of this run does."""
    chosen = selected(context.run)
    if chosen is not None and "report" not in chosen:
        flow.refresh()


@dg.asset(pool=WRITER, backfill_policy=ONE_RUN, check_specs=[home_checks.REJECTED])
def intake(
    context: Context, flow: dg.ResourceParam[Flow]
) -> Iterator[Result | dg.AssetCheckResult]:
    """One row per usage log: its receipt, which names the usage dates it touches."""
    if flow.inbox is not None:
        flow.intake(list_logs(flow.inbox, flow.home), flow.inbox)
    store_what_came(context, flow)
    yield dg.MaterializeResult(metadata=metadata.of_arrivals(flow.arrivals))
    yield home_checks.rejected_logs(flow.home).result()


@dg.asset(pool=WRITER, backfill_policy=ONE_RUN)
def rates(context: Context, flow: dg.ResourceParam[Flow]) -> Result:
    """One row per price and the interval it is in force."""
    store_what_came(context, flow)
    return dg.MaterializeResult(metadata=metadata.of_rates(flow))


@dg.asset(pool=WRITER, backfill_policy=ONE_RUN, partitions_def=usage_dates, deps=[intake, rates])
def usage(context: Context, flow: dg.ResourceParam[Flow]) -> Result:
    """One row per usage date, organization, dimensions, service, model, key mode and card."""
    require_whole(context, *PUBLISHING)
    days = dates_of(context)
    try:
        outcomes, failed = flow.usage(days), flow.failed()
    except EngineLost as lost:
        if context.retry_number == execution.RETRIES:
            raise
        # Nothing is staged or published of this attempt; the next one opens a new session.
        raise dg.RetryRequested(execution.RETRIES, execution.RETRY_SECONDS) from lost
    for day in days:
        shown = metadata.of_outcomes(outcomes.get(day, {}), failed.get(day))
        shown = {**shown, **flow.engine.identity()}
        context.add_asset_metadata(shown, partition_key=day.isoformat())
    return dg.MaterializeResult()


@dg.asset(pool=WRITER, backfill_policy=ONE_RUN, partitions_def=usage_dates, deps=[usage, rates])
def charges(context: Context, flow: dg.ResourceParam[Flow]) -> Result:
    """One row per row of `usage` and meter: quantity x price = credits."""
    require_whole(context, *PUBLISHING)
    stages = flow.charges(dates_of(context))
    for day, shown in metadata.of_charges(flow, stages).items():
        context.add_asset_metadata(shown, partition_key=day.isoformat())
    return dg.MaterializeResult()


@dg.asset(pool=WRITER, backfill_policy=ONE_RUN, partitions_def=usage_dates, deps=[charges])
def checks(context: Context, flow: dg.ResourceParam[Flow]) -> Result:
    """One verdict per usage date. A broken rule is data here: `report` goes by it."""
    require_whole(context, *PUBLISHING)
    for day, verdict in flow.checks(dates_of(context)).items():
        context.add_asset_metadata(metadata.of_verdict(verdict), partition_key=day.isoformat())
    return dg.MaterializeResult()


@dg.multi_asset_check(
    name="rules",
    pool=WRITER,
    op_tags={"dagster/priority": "1"},  # before `report`, which also waits for `checks` only
    specs=[
        dg.AssetCheckSpec(rule, asset=checks, description=claim)
        for rule, claim in {**RULES, **WARNINGS}.items()
    ],
)
def rules(
    context: dg.AssetCheckExecutionContext, flow: dg.ResourceParam[Flow]
) -> Iterator[dg.AssetCheckResult]:
    """One check per rule over all dates of the run, and one evaluation of it per date.

    They show what `checks` decided per date; a check that blocked would hold up the other dates.
    """
    require_whole(context, "checks")
    others = home_checks.blocked_dates(flow.home, besides=dates_of(context))
    verdicts = flow.verdicts(dates_of(context))
    for rule in (*RULES, *WARNINGS):
        severity = dg.AssetCheckSeverity.ERROR if rule in RULES else dg.AssetCheckSeverity.WARN
        for day, verdict in verdicts.items():
            # Where no run is recorded, nobody sees those that hold; each takes 12 ms.
            if context.op_execution_context.instance.is_ephemeral and not verdict.faults[rule]:
                continue
            evaluation = dg.AssetCheckEvaluation(
                asset_key=checks.key,
                check_name=rule,
                passed=not verdict.faults[rule],
                severity=severity,
                partition=day.isoformat(),
                metadata=metadata.of_rule(rule, {day: verdict}) if verdict.faults[rule] else {},
            )
            # The event log takes these as any other; the annotation forgets them.
            context.op_execution_context.log_event(evaluation)  # type: ignore[arg-type]
        shown = metadata.of_rule(rule, verdicts)
        passed = not any(verdict.faults[rule] for verdict in verdicts.values())
        if rule == BLOCKING_ON_INPUT and others.faults:
            # This evaluation is of the home: it is not green while a date of no run is blocked.
            shown, passed = (
                {**shown, "other dates that are blocked": others.metadata["found"]},
                False,
            )
        yield dg.AssetCheckResult(
            asset_key=checks.key,
            check_name=rule,
            passed=passed,
            severity=severity,
            metadata=shown,
        )


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
    context: Context, flow: dg.ResourceParam[Flow]
) -> Iterator[dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckResult]:
    """One published version per usage date that passed; the others are named, and fail the run.

    A restatement is also an observation: what changed, by how much, and why.
    """
    require_whole(context, *PUBLISHING)
    days = dates_of(context)
    made = flow.report(days)
    # A run that nobody records is shown to nobody.
    pictured = not context.instance.is_ephemeral
    for day, shown in metadata.of_published(flow, made, pictured).items():
        yield dg.AssetMaterialization(context.asset_key, partition=day.isoformat(), metadata=shown)
    for day, shown in metadata.of_restated(flow, made).items():
        yield dg.AssetObservation(context.asset_key, partition=day.isoformat(), metadata=shown)
    newest = staleness.newest(flow.home, flow.terms, now())
    yield dg.AssetCheckResult(
        check_name=NEWEST,
        passed=newest is not None and newest[1] <= DAYS_OLD,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata.of_newest(newest),
    )
    yield home_checks.blocked_dates(flow.home).result()
    kept = [
        f"{one.day} {one.state}: {one.reason}" for one in made if one.state in ("blocked", "failed")
    ]
    if kept:
        raise dg.Failure(
            "Not published. " + ". ".join(kept),
            metadata=metadata.of_broken(flow.verdicts(days)),
            allow_retries=False,
        )


@dg.asset_check(
    asset=report,
    name=home_checks.STALE.name,
    description=home_checks.STALE.description,
    pool=WRITER,
)
def no_date_is_stale(
    context: dg.AssetCheckExecutionContext, flow: dg.ResourceParam[Flow]
) -> dg.AssetCheckResult:
    """One evaluation over all usage dates of the home; the sensor shows it too."""
    return home_checks.stale_dates(flow.stale()).result()


defs = dg.Definitions(
    assets=[intake, rates, usage, charges, checks, report],
    asset_checks=[rules, no_date_is_stale],
    jobs=[daily],
    schedules=[nightly],
    sensors=[arrivals],
    resources={"engine": resources.engine, "flow": resources.flow},
    executor=dg.in_process_executor,
)
