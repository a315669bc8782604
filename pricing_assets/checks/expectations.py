"""Great Expectations judges fault counts by the suite, in a checkpoint; it sees integers and nothing
else.

Which rules there are and how faults are counted belongs to `checks`.
"""

import threading
import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from pricing_assets.checks.lean_import import import_great_expectations
from pricing_assets.checks.suite import NAME
from pricing_assets.home.check_rule import Rule

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult


def preload() -> threading.Thread:
    """Import Great Expectations beside the engine's work: it costs a CPU second."""
    thread = threading.Thread(
        target=import_great_expectations, name="great-expectations", daemon=True
    )
    thread.start()
    return thread


def judge(
    counts: Mapping[date, Mapping[str, int]], rules: Sequence[Rule]
) -> dict[date, dict[str, bool]]:
    """Return, for each date and rule, whether the rule holds: its fault count is 0.

    Raises ValueError where a count is missing or no whole number, RuntimeError where an expectation
    crashed or gave no verdict: an empty or unjudged frame never passes.
    """
    if not counts or not rules:
        raise ValueError("there is nothing to judge: no date or no rule was counted")
    for day, by_rule in counts.items():
        for rule in rules:
            faults = by_rule.get(rule.name)
            if type(faults) is not int or not 0 <= faults < 2**63:
                raise ValueError(f"{rule.name} of {day}: {faults!r} is not a count of faults")
        if more := by_rule.keys() - {rule.name for rule in rules}:
            raise ValueError(f"{', '.join(sorted(more))} of {day} is counted and no rule")
    import_great_expectations()
    days = sorted(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = _run_checkpoint({day: counts[day] for day in days}, rules)
    verdict: dict[date, dict[str, bool]] = {day: {} for day in days}
    for result in results:
        config = result.expectation_config
        name = config.meta["rule"] if config and config.meta else ""
        # The shape of `exception_info` differs where one was raised: no key, no pass.
        if result.exception_info.get("raised_exception", True) or (
            result.result.get("element_count") != len(days)
        ):
            raise RuntimeError(f"the expectation on {name} crashed: {result.exception_info}")
        failed = set(result.result.get("unexpected_index_list") or [])
        if result.success is not (not failed):
            raise RuntimeError(f"the expectation on {name} contradicts itself: {result.result}")
        for day in days:
            verdict[day][name] = day.isoformat() not in failed
    names = {rule.name for rule in rules}
    for day in days:
        if verdict[day].keys() != names:
            raise RuntimeError(f"rules without a verdict: {names - verdict[day].keys()}")
    return verdict


def _run_checkpoint(
    counts: Mapping[date, Mapping[str, int]], rules: Sequence[Rule]
) -> "list[ExpectationValidationResult]":
    """Return what the checkpoint says of each rule over all dates: the suite on a frame of one row
    per date and one column of fault counts per rule."""
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.core.expect_column_values_to_be_between import (
        ExpectColumnValuesToBeBetween,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    frame = pd.DataFrame(
        {rule.name: [counts[day][rule.name] for day in counts] for rule in rules},
        index=[day.isoformat() for day in counts],
        dtype="int64",
    )
    expectations = [
        ExpectColumnValuesToBeBetween(
            column=rule.name,
            min_value=0,
            max_value=0,
            severity=FailureSeverity(rule.severity),
            description=rule.description,
            meta={"rule": rule.name},
        )
        for rule in rules
    ]
    suite = context.suites.add(gx.ExpectationSuite(NAME, expectations=expectations))
    asset = context.data_sources.add_pandas("staged").add_dataframe_asset("fault_counts")
    dates = asset.add_batch_definition_whole_dataframe("dates")
    validation = gx.ValidationDefinition(name=NAME, data=dates, suite=suite)
    context.validation_definitions.add(validation)
    checkpoint = gx.Checkpoint(
        name=NAME,
        validation_definitions=[validation],
        result_format={"result_format": "COMPLETE"},
    )
    outcome = context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": frame})
    return [one for run in outcome.run_results.values() for one in run.results]
