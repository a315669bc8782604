"""Schedule: once a day every stale date, whatever made it stale, and the ledger of credits where it is
behind.

What is stale is decided by `pricing_assets.report.staleness`; what new logs ask for is in `sensors`.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.home_checks import blocked_dates, rejected_logs
from pipelines.jobs import request, request_ledger, under_way
from pipelines.names import Names
from pipelines.partitions import span
from pipelines.resources import CreditmillHome, look
from pricing_assets.common.batching import contiguous
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.intake import inbox_scan
from pricing_assets.objects import Address

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )


def nightly(
    names: Names, given: CreditmillHome, job: "UnresolvedAssetJobDefinition"
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
        return _look(context, names, given)

    return schedule


def _look(
    context: dg.ScheduleEvaluationContext, names: Names, given: CreditmillHome
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """Take in logs that have settled, and ask for every stale date that no run is asked for; where
    none is, for the ledger where its grants changed."""
    with look(given) as found:
        if isinstance(found, str):
            return dg.SkipReason(found)
        settings, flow = found
        for one in flow.inboxes:
            source = flow.open_inbox(one)
            lying = inbox_scan.scan(one.path, flow.home, source)
            is_whole = isinstance(lying.root, Address)  # as every object is
            settled = [
                name for name in lying.names if is_whole or _is_older(name, settings.settle_seconds)
            ]
            flow.take_in(settled, inbox_scan.place_of(lying), source)
        home, stale = flow.home, {one.day for one in flow.stale()}
        wrong = [check.sentence() for check in (rejected_logs(home), blocked_dates(home))]
        try:
            ledger = flow.ledger.to_come()
        except ConfigurationError as error:
            ledger = None
            wrong.append(f"the ledger stays as it is: {error}")
    tick = context.scheduled_execution_time.isoformat()
    busy = under_way(context.instance, names, home)
    ranges = contiguous(stale - busy)
    if ledger is not None and not ranges and not busy:
        return [request_ledger(names, home, f"{tick} ledger {ledger[:16]}")]
    if not ranges:
        return dg.SkipReason(". ".join(["No date to ask for", *filter(None, wrong)]) + ".")
    return [
        request(names, home, first, last, f"{tick} {span(first, last)}") for first, last in ranges
    ]


def _is_older(log: str, seconds: int) -> bool:
    try:
        return Path(log).stat().st_mtime <= time.time() - seconds
    except FileNotFoundError:
        return False
