"""The seven assets, in flow order, and what is shown of them before anything runs.

Each step calls the flow and shows what came of it; what it computes belongs to `pricing_assets`,
when runs are asked for to `schedules` and `sensors`.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import dagster as dg

from pipelines import home_checks, metadata
from pipelines.asset_checks import rule_specs
from pipelines.balances import balances
from pipelines.delivering import chosen_steps, deliver
from pipelines.names import PUBLISHED, Names
from pipelines.partitions import DATES, dates_of
from pipelines.publishing import DAYS_OLD, NEWEST, publish
from pipelines.recorded import CODE_VERSION, PARENTS, RunRecord, done
from pipelines.resources import Foreseen
from pipelines.unfinished import note_found
from pricing_assets.contract.ledger_tables import all_tables
from pricing_assets.flow import Run
from pricing_assets.ledger.checks import RULES as LEDGER_RULES

FRESH = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=30), fail_window=timedelta(hours=54)
)
"""Usage comes every day: a report with no new version for a night and some hours is worth a look,
for two nights is stale. The daemon says so where no run does."""


class Described(NamedTuple):
    """What an asset is: one row of it, what it is kept in, and the table that analysts see."""

    text: str
    kinds: frozenset[str]
    table: str | None


_FILES: Final = frozenset({"duckdb", "parquet"})
DESCRIBED: Final = {
    "intake": Described(
        "One row per usage log: its receipt, which names the usage dates it touches.",
        frozenset({"parquet"}),
        "logs",
    ),
    "rates": Described(
        "One row per price and the interval it is in force.", frozenset({"csv"}), "rates"
    ),
    "usage": Described(
        "One row per usage date, organization, dimensions, service, model, key mode and card.",
        _FILES,
        "usage",
    ),
    "charges": Described(
        "One row per row of `usage` and meter: quantity x price = credits.", _FILES, "charges"
    ),
    "checks": Described(
        "One verdict per usage date: whether every rule holds. A date that breaks one is not"
        " stored.",
        frozenset({"duckdb"}),
        None,
    ),
    "report": Described(
        "One published version per usage date that passed: immutable, numbered, with a manifest.",
        _FILES,
        "daily_usage",
    ),
    "ledger": Described(
        "One row per change of a grant or of an overdraft, for all organizations.",
        _FILES,
        "ledger",
    ),
}


def assets(
    names: Names, usage_dates: dg.PartitionsDefinition[str], foreseen: Foreseen
) -> list[dg.AssetsDefinition]:
    """Return the seven assets of a home, as four steps."""
    tables = all_tables(foreseen.dimensions)

    def spec(asset: str) -> dg.AssetSpec:
        described = DESCRIBED[asset]
        table = tables[described.table] if described.table else None
        return dg.AssetSpec(
            names.key(asset),
            deps=[names.key(parent) for parent in PARENTS[asset]],
            description=described.text,
            kinds={*described.kinds},
            group_name=names.group,
            owners=names.owners,
            metadata=metadata.of_table(table) if table else {},
            partitions_def=usage_dates,
            code_version=CODE_VERSION if asset == "usage" else None,
            freshness_policy=FRESH if asset == "report" else None,
        )

    def step(
        name: str,
        compute: Callable[..., Iterator[Any]],
        stored: Sequence[str],
        checks: Sequence[dg.AssetCheckSpec] = (),
    ) -> dg.AssetsDefinition:
        @dg.multi_asset(
            name=names.of(name),
            specs=[spec(asset) for asset in stored],
            check_specs=checks,
            backfill_policy=dg.BackfillPolicy.single_run(),
            pool=names.of("home"),
            required_resource_keys={names.of("flow")},
            can_subset=False,
        )
        def compute_step(context: dg.AssetExecutionContext) -> Iterator[Any]:
            yield from compute(context, names, getattr(context.resources, names.of("flow")))

        return compute_step

    of_report = [
        dg.AssetCheckSpec(
            NEWEST,
            asset=names.key("report"),
            description=f"the newest usage date in force is at most {DAYS_OLD} days old",
        ),
        home_checks.BLOCKED.spec(names),
    ]
    of_ledger = [
        dg.AssetCheckSpec(rule, asset=names.key("ledger"), description=claim)
        for rule, claim in LEDGER_RULES.items()
    ]
    return [
        step("intake", intake, ["intake"], [home_checks.REJECTED.spec(names)]),
        step("rates", rates, ["rates"]),
        step("publish", publish, PUBLISHED, [*rule_specs(names, foreseen.own_rules), *of_report]),
        step("ledger", ledger, ["ledger"], of_ledger),
    ]


def intake(context: dg.AssetExecutionContext, names: Names, run: Run) -> Iterator[Any]:
    """Ingest what is new in the inboxes, and record the dates of the run that have logs."""
    dates_of(context)  # of none, nothing is done
    for inbox in run.inboxes:
        run.ingest(inbox)
    if DATES in context.run.tags:
        note_found(context, names, run)
    _refresh(context, names, run)
    yield from _record(context, names, run, "intake", metadata.of_arrivals(run.arrivals))
    yield home_checks.rejected_logs(run.home).result(names)
    yield done(names.key("intake"))


def rates(context: dg.AssetExecutionContext, names: Names, run: Run) -> Iterator[Any]:
    """Read the rate books, and record the prices of the run's dates that have logs."""
    dates_of(context)  # of none, nothing is done
    _refresh(context, names, run)
    yield from _record(context, names, run, "rates", metadata.of_rates(run))
    yield done(names.key("rates"))


def ledger(context: dg.AssetExecutionContext, names: Names, run: Run) -> Iterator[Any]:
    """Bring the ledger of credits up to date."""
    for event in balances(context, names, run):
        if isinstance(event, dg.AssetCheckEvaluation):
            key, name, shown = event.asset_key, event.check_name, event.metadata
            yield dg.AssetCheckResult(
                asset_key=key, check_name=name, passed=event.passed, metadata=shown
            )
        else:
            yield event
    deliver(context, run)
    yield done(names.key("ledger"))


def _record(
    context: dg.AssetExecutionContext,
    names: Names,
    run: Run,
    asset: str,
    shown: metadata.Metadata,
) -> Iterator[dg.AssetMaterialization]:
    """Yield the dates of the run that have logs, and others where logs or prices changed."""
    record = RunRecord(names, context.instance, run)
    days: list[date] = sorted(run.logs_of(dates_of(context)))
    yield from record.stored(asset, dict.fromkeys(days, shown))
    yield from record.changed_inputs()


def _refresh(context: dg.AssetExecutionContext, names: Names, run: Run) -> None:
    """Bring `credits.duckdb` up to date where no `publish` of this run does."""
    if names.of("publish") not in chosen_steps(context):
        run.refresh()
