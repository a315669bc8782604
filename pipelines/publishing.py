"""The step that stores `usage`, `charges`, `checks` and `report`: all four of a date, or none.

They hand over files within a run, so they are one step: no run can leave one out, and a run that is
tried again makes all of them again. What they compute belongs to `pricing_assets`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import dagster as dg

from pipelines import home_checks, metadata
from pipelines.asset_checks import rule_evaluations, rules_of
from pipelines.balances import balances
from pipelines.delivering import chosen_steps, deliver
from pipelines.names import PUBLISHED, Names
from pipelines.partitions import dates_of
from pipelines.recorded import RunRecord, done
from pipelines.unfinished import DONE_TAG
from pricing_assets.checks import Verdict
from pricing_assets.common.clock import now
from pricing_assets.common.errors import CreditmillError, EngineLost
from pricing_assets.flow import Run
from pricing_assets.report import DONE, DateOutcome, staleness
from pricing_assets.usage import retries

NEWEST, DAYS_OLD = "newest_date_is_fresh", 2
"""New versions of old dates do not hide that no new date comes: yesterday is reported today, and the
day before it still is the newest in the first hours of a day."""

Events = Iterator[
    dg.AssetMaterialization
    | dg.AssetObservation
    | dg.AssetCheckEvaluation
    | dg.AssetCheckResult
    | dg.MaterializeResult[None]
]


@dataclass
class DateRecords:
    """What is shown of each date by asset, what became of it, and what the rules say of it."""

    by_asset: dict[str, dict[date, Mapping[str, Any]]] = field(default_factory=dict)
    outcomes: Sequence[DateOutcome] = ()
    verdicts: Mapping[date, Verdict] = field(default_factory=dict)


def publish(context: dg.AssetExecutionContext, names: Names, run: Run) -> Events:
    """Store every date that passes, as usage, charges, verdict and report; the others are named, and
    fail the run. A restatement is also an observation: what changed, by how much, and why."""
    days = dates_of(context)
    record = RunRecord(names, context.instance, run)
    shown = _run_steps(context, run, days)
    yield from record.changed_inputs()
    for asset in PUBLISHED:
        yield from record.stored(asset, shown.by_asset[asset])
    for day, restated in metadata.of_restated(run, shown.outcomes).items():
        yield dg.AssetObservation(names.key("report"), partition=day.isoformat(), metadata=restated)
    yield from _evaluations(context, names, run, shown)
    kept = [
        f"{one.day} {one.state}: {one.reason}" for one in shown.outcomes if one.state not in DONE
    ]
    if kept:
        missed: list[str] = []
        try:
            # A step that follows one that failed does not run: the other dates' balances do not wait.
            yield from balances(context, names, run)
        except CreditmillError as error:
            missed.append(f"The ledger: {error}")
        try:
            run.deliver()
        except CreditmillError as error:
            missed.append(f"Object storage: {error}")
        if not missed:
            context.instance.add_run_tags(context.run.run_id, {DONE_TAG: context.run.run_id})
        raise dg.Failure(
            "Not published. " + ". ".join([*kept, *missed]),
            metadata=metadata.of_broken(run.run_dir.verdicts(days)),
            allow_retries=False,
        )
    if names.of("ledger") not in chosen_steps(context):  # which would do it
        deliver(context, run)
    for asset in PUBLISHED:
        yield done(names.key(asset))


def _run_steps(context: dg.AssetExecutionContext, run: Run, days: Sequence[date]) -> DateRecords:
    """Run the four steps over the dates, and return what to show of those that were stored."""
    try:
        rows = run.reduce(days)
    except EngineLost as lost:
        if context.retry_number == retries.RETRIES:
            raise
        # Nothing is staged or published of this attempt; the next one opens a new session.
        raise dg.RetryRequested(retries.RETRIES, retries.RETRY_SECONDS) from lost
    charges = metadata.of_charges(run, run.price(days))
    verdicts = run.check(days)
    outcomes = run.publish(days)
    # A run that nobody records is shown to nobody.
    pictured = not context.instance.is_ephemeral
    reports = metadata.of_published(run, outcomes, pictured=pictured)
    engine = run.engine.identity()
    by_asset: dict[str, dict[date, Mapping[str, Any]]] = {
        "usage": {day: {**metadata.of_outcomes(rows.get(day, {})), **engine} for day in reports},
        "charges": {day: charges[day] for day in reports},
        "checks": {day: metadata.of_verdict(verdicts[day]) for day in reports},
        "report": {**reports},
    }
    counted = metadata.row_counts(run.home, reports)
    for asset, counts in counted.items():
        by_asset[asset] = {day: {**counts[day], **shown} for day, shown in by_asset[asset].items()}
    return DateRecords(by_asset, outcomes, verdicts)


def _evaluations(
    context: dg.AssetExecutionContext, names: Names, run: Run, shown: DateRecords
) -> Iterator[dg.AssetCheckEvaluation | dg.AssetCheckResult]:
    """Yield the rules over the dates of the run, and the checks over the whole home."""
    recorded = not context.instance.is_ephemeral
    declared = context.selected_asset_check_keys
    checks = {key.name for key in declared if key.asset_key == names.key("checks")}
    for rule in rules_of(shown.verdicts):
        if rule.name not in checks:
            context.log.warning(
                f"{rule.name} is new; reload the code location to make it an asset check"
            )
    yield from rule_evaluations(names, run, shown.verdicts, checks, recorded=recorded)
    newest = staleness.newest(run.home, run.settings, now())
    yield dg.AssetCheckResult(
        asset_key=names.key("report"),
        check_name=NEWEST,
        passed=newest is not None and newest[1] <= DAYS_OLD,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata.of_newest(newest),
    )
    yield home_checks.blocked_dates(run.home).result(names)
