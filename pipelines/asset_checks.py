"""Checks beside the assets: each rule over the dates of a run, and whether any date is stale.

What a rule says is decided in `pricing_assets.checks`; checks over the whole home are in
`home_checks`.
"""

from collections.abc import Iterator

import dagster as dg

from pipelines import home_checks, metadata
from pipelines.assets import checks, report
from pipelines.jobs import WRITER, require_whole
from pipelines.partitions import dates_of
from pricing_assets.checks import RULES, WARNINGS
from pricing_assets.checks.run import BLOCKING_ON_INPUT
from pricing_assets.flow import Run


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
    context: dg.AssetCheckExecutionContext, flow: dg.ResourceParam[Run]
) -> Iterator[dg.AssetCheckResult]:
    """One check per rule over all dates of the run, and one evaluation of it per date.

    They show what `checks` decided per date; a check that blocked would hold up the other dates.
    """
    require_whole(context, "checks")
    others = home_checks.blocked_dates(flow.home, besides=dates_of(context))
    verdicts = flow.run_dir.verdicts(dates_of(context))
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


@dg.asset_check(
    asset=report,
    name=home_checks.STALE.name,
    description=home_checks.STALE.description,
    pool=WRITER,
)
def no_date_is_stale(
    context: dg.AssetCheckExecutionContext, flow: dg.ResourceParam[Run]
) -> dg.AssetCheckResult:
    """One evaluation over all usage dates of the home; the sensor shows it too."""
    return home_checks.stale_dates(flow.stale()).result()
