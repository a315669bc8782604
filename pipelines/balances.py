"""The ledger of credits as a step: the dates whose balances are up to date, and its rules as checks."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from pipelines.names import Names
from pipelines.partitions import dates_of
from pipelines.recorded import RunRecord
from pricing_assets.flow import Run
from pricing_assets.home.entries import LEDGER
from pricing_assets.ledger import stored
from pricing_assets.ledger.checks import RULES


def balances(
    context: dg.AssetExecutionContext, names: Names, run: Run
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Bring balances up to date: each date whose reports or grants changed, and every date after it.

    Nothing of them is published unless every check holds (CreditmillError); without the setting
    `credits` there are none.
    """
    outcome = run.bring_ledger_up_to_date()
    days = {*outcome.published}
    if outcome.through is not None:
        days |= {day for day in dates_of(context) if stored.current(run.home, LEDGER, day)}
    shown: dict[date, Mapping[str, Any]] = {day: {} for day in sorted(days)}
    yield from RunRecord(names, context.instance, run).stored("ledger", shown)
    for rule in RULES:
        rows = outcome.faults.get(rule, [])
        yield dg.AssetCheckEvaluation(
            asset_key=names.key("ledger"),
            check_name=rule,
            passed=not rows,
            metadata={"broken by": rows} if rows else {},
        )
