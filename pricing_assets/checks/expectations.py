"""Great Expectations judges fault counts by named rules; it sees integers and nothing else.

Which rules there are and how faults are counted belongs to `checks`.
"""

import importlib.util
import os
import sys
import threading
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date


def preload() -> threading.Thread:
    """Import Great Expectations beside the engine's work: it costs some 2 CPU seconds."""
    thread = threading.Thread(target=_import, name="great-expectations", daemon=True)
    thread.start()
    return thread


LAZY = ("altair", "scipy.stats")
"""What Great Expectations imports for expectations that are not used here: a third of its import.
They load when somebody first asks them for something."""


HIDDEN = "pyspark"
"""Where it is installed, Great Expectations would import it too, with its tests' helpers, which end
the process where warnings are errors."""


def _import() -> None:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in LAZY:
            _import_lazily(name)
        with _hidden(HIDDEN):
            import great_expectations  # noqa: F401


@contextmanager
def _hidden(name: str) -> Iterator[None]:
    """Hide this module meanwhile, unless it is imported already: an engine comes first."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


def _import_lazily(name: str) -> None:
    """Put a module where imports find it, which is executed at its first use."""
    if name in sys.modules:  # and not a look at its spec: that is a use
        return
    package, _, child = name.rpartition(".")
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    if package:
        setattr(sys.modules[package], child, module)


def judge(
    counts: Mapping[date, Mapping[str, int]], warnings_only: Collection[str]
) -> dict[date, dict[str, bool]]:
    """Return, for each date and rule, whether the rule holds: its fault count is 0.

    Raises ValueError where a count is no whole number, RuntimeError where an expectation crashed
    or gave no verdict: an empty or unjudged frame never passes.
    """
    rules = sorted({rule for by_rule in counts.values() for rule in by_rule})
    if not counts or not rules:
        raise ValueError("there is nothing to judge: no date or no rule was counted")
    for day, by_rule in counts.items():
        for rule in rules:
            faults = by_rule.get(rule)
            if type(faults) is not int or not 0 <= faults < 2**63:
                raise ValueError(f"{rule} of {day}: {faults!r} is not a count of faults")
    _import()
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.core.expect_column_values_to_be_between import (
        ExpectColumnValuesToBeBetween,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity

    days = sorted(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        frame = pd.DataFrame(
            {rule: [counts[day][rule] for day in days] for rule in rules},
            index=[day.isoformat() for day in days],
            dtype="int64",
        )
        batch = context.data_sources.pandas_default.read_dataframe(frame)
        suite = gx.ExpectationSuite(
            "fault_counts",
            expectations=[
                ExpectColumnValuesToBeBetween(
                    column=rule,
                    min_value=0,
                    max_value=0,
                    severity=(
                        FailureSeverity.WARNING
                        if rule in warnings_only
                        else FailureSeverity.CRITICAL
                    ),
                    meta={"rule": rule},
                )
                for rule in rules
            ],
        )
        results = batch.validate(suite, result_format="COMPLETE").results
    verdict: dict[date, dict[str, bool]] = {day: {} for day in days}
    for result in results:
        config = result.expectation_config
        rule = config.meta["rule"] if config and config.meta else ""
        # The shape of `exception_info` differs where one was raised: no key, no pass.
        if result.exception_info.get("raised_exception", True) or (
            result.result.get("element_count") != len(days)
        ):
            raise RuntimeError(f"the expectation on {rule} crashed: {result.exception_info}")
        failed = set(result.result.get("unexpected_index_list") or [])
        if result.success is not (not failed):
            raise RuntimeError(f"the expectation on {rule} contradicts itself: {result.result}")
        for day in days:
            verdict[day][rule] = day.isoformat() not in failed
    for day in days:
        if verdict[day].keys() != set(rules):
            raise RuntimeError(f"rules without a verdict: {set(rules) - verdict[day].keys()}")
    return verdict
