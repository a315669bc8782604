"""Checks beside the assets: each rule over the dates of a run, a team's own ones too, and whether any
date is stale.

What a rule says is decided in `pricing_assets.checks`; checks over the whole home are in
`home_checks`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

import dagster as dg

from pipelines import home_checks, metadata
from pipelines.names import Names
from pipelines.unfinished import unfinished_dates
from pricing_assets.checks import Verdict, suite
from pricing_assets.flow import Run
from pricing_assets.home.check_rule import BLOCKS, Rule


def rule_specs(names: Names, own_rules: Iterable[Rule] = ()) -> list[dg.AssetCheckSpec]:
    """Return one check per rule; none of them blocks, which would hold up the other dates."""
    return [
        dg.AssetCheckSpec(
            rule.name,
            asset=names.key("checks"),
            description=rule.description,
            metadata={"severity": rule.severity}
            | ({"own rule": rule.sha256} if rule.sha256 else {}),
        )
        for rule in (*suite.rules(), *own_rules)
    ]


def rules_of(verdicts: Mapping[date, Verdict]) -> tuple[Rule, ...]:
    """Return the rules that dates were checked by, a team's own ones last."""
    own = {rule.name: rule for verdict in verdicts.values() for rule in verdict.own_rules}
    return (*suite.rules(), *own.values())


def rule_evaluations(
    names: Names,
    run: Run,
    verdicts: Mapping[date, Verdict],
    shown: Collection[str],
    *,
    recorded: bool,
) -> Iterator[dg.AssetCheckEvaluation | dg.AssetCheckResult]:
    """Yield one result per rule over all dates of the run, and one evaluation of it per date;
    where the run is not recorded, only of the dates that break it. `shown` are the checks that Dagster
    knows: of a rule that came since there is none, and one that is gone since is not green."""
    blocked = home_checks.blocked_attempts(run.home, besides=verdicts)
    rules = {rule.name: rule for rule in rules_of(verdicts) if rule.name in shown}
    for rule in rules.values():
        name, severity = rule.name, _severity(rule)
        of_rule = {day: one for day, one in verdicts.items() if name in one.faults}
        for day, verdict in of_rule.items():
            # Where no run is recorded, nobody sees those that hold; each takes 12 ms.
            if not recorded and not verdict.faults[name]:
                continue
            yield dg.AssetCheckEvaluation(
                asset_key=names.key("checks"),
                check_name=name,
                passed=not verdict.faults[name],
                severity=severity,
                partition=day.isoformat(),
                metadata=metadata.of_rule(name, {day: verdict}) if verdict.faults[name] else {},
            )
        found = metadata.of_rule(name, of_rule)
        passed = not any(verdict.faults[name] for verdict in of_rule.values())
        others = home_checks.dates_blocked_by(name, blocked)
        if rule.severity == BLOCKS and others.faults:
            # This evaluation is of the home: it is not green while a date of no run is blocked by it.
            found = {**found, "other dates that are blocked": others.metadata["found"]}
            passed = False
        yield dg.AssetCheckResult(
            asset_key=names.key("checks"),
            check_name=name,
            passed=passed,
            severity=severity,
            metadata=found,
        )
    for name in sorted(set(shown) - rules.keys()):
        gone = {"gone": "the rule is in the folder no more; reload the code location"}
        yield dg.AssetCheckResult(
            asset_key=names.key("checks"),
            check_name=name,
            passed=not verdicts,  # where no date was checked at all, nothing is known of it
            severity=dg.AssetCheckSeverity.WARN,
            metadata=gone if verdicts else metadata.of_rule(name, {}),
        )


def _severity(rule: Rule) -> dg.AssetCheckSeverity:
    is_error = rule.severity == BLOCKS
    return dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN


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
        run: Run = getattr(context.resources, names.of("flow"))
        unfinished = unfinished_dates(context.instance, names, run.home)
        return home_checks.stale_dates(run.stale(unfinished=unfinished)).result(names)

    return check
