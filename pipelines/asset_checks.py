"""Checks beside the assets: each rule over the dates of a run, and whether any date is stale.

What a rule says is decided in `pricing_assets.checks`; checks over the whole home are in
`home_checks`.
"""

from collections.abc import Iterator, Mapping
from datetime import date

import dagster as dg

from pipelines import home_checks, metadata
from pipelines.names import Names
from pricing_assets.checks import BLOCKING_ON_INPUT, RULES, WARNINGS, Verdict
from pricing_assets.flow import Run


def rule_specs(names: Names) -> list[dg.AssetCheckSpec]:
    """Return one check per rule; none of them blocks, which would hold up the other dates."""
    return [
        dg.AssetCheckSpec(rule, asset=names.key("checks"), description=claim)
        for rule, claim in {**RULES, **WARNINGS}.items()
    ]


def rule_evaluations(
    names: Names, flow: Run, verdicts: Mapping[date, Verdict], *, recorded: bool
) -> Iterator[dg.AssetCheckEvaluation | dg.AssetCheckResult]:
    """Yield one result per rule over all dates of the run, and one evaluation of it per date;
    where the run is not recorded, only of the dates that break it."""
    others = home_checks.blocked_dates(flow.home, besides=verdicts)
    for rule in (*RULES, *WARNINGS):
        severity = dg.AssetCheckSeverity.ERROR if rule in RULES else dg.AssetCheckSeverity.WARN
        for day, verdict in verdicts.items():
            # Where no run is recorded, nobody sees those that hold; each takes 12 ms.
            if not recorded and not verdict.faults[rule]:
                continue
            yield dg.AssetCheckEvaluation(
                asset_key=names.key("checks"),
                check_name=rule,
                passed=not verdict.faults[rule],
                severity=severity,
                partition=day.isoformat(),
                metadata=metadata.of_rule(rule, {day: verdict}) if verdict.faults[rule] else {},
            )
        shown = metadata.of_rule(rule, verdicts)
        passed = not any(verdict.faults[rule] for verdict in verdicts.values())
        if rule == BLOCKING_ON_INPUT and others.faults:
            # This evaluation is of the home: it is not green while a date of no run is blocked.
            shown, passed = (
                {**shown, "other dates that are blocked": others.metadata["found"]},
                False,
            )
        yield dg.AssetCheckResult(
            asset_key=names.key("checks"),
            check_name=rule,
            passed=passed,
            severity=severity,
            metadata=shown,
        )


def no_date_is_stale(names: Names) -> dg.AssetChecksDefinition:
    """Return the check over all usage dates of the home; the sensor shows it too."""

    @dg.asset_check(
        asset=names.key("report"),
        name=home_checks.STALE.name,
        description=home_checks.STALE.text,
        pool=names.of("home"),
        required_resource_keys={names.of("flow")},
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        flow: Run = getattr(context.resources, names.of("flow"))
        return home_checks.stale_dates(flow.stale()).result(names)

    return check
