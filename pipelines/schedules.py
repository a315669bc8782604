"""Schedule: once a day every stale date, whatever made it stale, and the ledger of credits where it is
behind.

What is stale is decided by `pricing_assets.report.staleness`; what new logs ask for is in `sensors`.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.home_checks import blocked_dates, rejected_logs
from pipelines.jobs import is_ingesting, request, request_found, request_ledger, under_way
from pipelines.names import Names
from pipelines.partitions import span
from pipelines.resources import BUSY, CreditmillHome, look
from pipelines.unfinished import unfinished_dates
from pipelines.waiting_logs import listed, not_met
from pricing_assets.common.batching import contiguous
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home
from pricing_assets.intake.inbox_scan import is_settled

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )


def nightly(
    names: Names, resource: CreditmillHome, job: "UnresolvedAssetJobDefinition"
) -> dg.ScheduleDefinition:
    """Return the schedule of a home."""

    @dg.schedule(
        name=names.of("nightly"),
        job=job,
        cron_schedule="15 2 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Once a day whatever is stale, however it became so: logs, cards, limits.",
    )
    def schedule(
        context: dg.ScheduleEvaluationContext,
    ) -> Sequence[dg.RunRequest] | dg.SkipReason:
        return _look(context, names, resource)

    return schedule


def _look(
    context: dg.ScheduleEvaluationContext, names: Names, resource: CreditmillHome
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """Ask for one run that ingests logs that have settled, and publishes what is stale then; where no log
    is new, for every stale date that no run is asked for; where none is, for the ledger where its grants
    changed. Nothing is read or written here."""
    tick = context.scheduled_execution_time
    with look(resource) as found:
        if found == BUSY:  # what is stale is known when the run under way is over
            return _found(context, names, resource.settings().open_home(), [])
        if isinstance(found, str):
            return dg.SkipReason(found)
        settings, run = found
        home, instance = run.home, context.instance
        left = unfinished_dates(instance, names, home)
        stale = {one.day for one in run.stale(unfinished=left)}
        busy = under_way(instance, names, home)
        ranges = contiguous(stale - busy)
        logs, others = listed(run)
        settled = (is_settled(name, settings.settle_seconds) for name, _ in not_met(home, logs))
        if others or any(settled):
            return _found(context, names, home, ranges)
        wrong = [check.sentence() for check in (rejected_logs(home), blocked_dates(home))]
        try:
            ledger = run.ledger.to_come()
        except ConfigurationError as error:
            ledger = None
            wrong.append(f"the ledger stays as it is: {error}")
    if ledger is not None and not ranges and not busy:
        return [request_ledger(names, home, f"{tick.isoformat()} ledger {ledger[:16]}")]
    if not ranges:
        return dg.SkipReason(". ".join(["No date to ask for", *filter(None, wrong)]) + ".")
    return [
        request(names, home, first, last, f"{tick.isoformat()} {span(first, last)}")
        for first, last in ranges
    ]


def _found(
    context: dg.ScheduleEvaluationContext,
    names: Names,
    home: Home,
    ranges: Sequence[tuple[date, date]],
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """Ask for one run that publishes what it finds; Dagster shows it under the first dates that are known to
    be stale, or under that of the tick."""
    if is_ingesting(context.instance, names, home):
        return dg.SkipReason("A run that ingests is queued or under way.")
    tick = context.scheduled_execution_time
    first, last = ranges[0] if ranges else (tick.date(), tick.date())
    return [request_found(names, home, first, last, f"{tick.isoformat()} what is found")]
