"""Schedule: once a day every stale date, whatever made it stale, and the ledger of credits where it is
behind.

What is stale is decided by `pricing_assets.report.staleness`; what new logs ask for is in `sensors`.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from pipelines.home_checks import blocked_dates, rejected_logs
from pipelines.jobs import daily, request, request_ledger, under_way
from pipelines.partitions import span
from pipelines.resources import look
from pricing_assets.common.batching import contiguous
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.intake import inbox


@dg.schedule(
    job=daily,
    cron_schedule="15 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Once a day whatever is stale, however it became so: logs, cards, limits.",
)
def nightly(
    context: dg.ScheduleEvaluationContext,
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """Take in logs that have settled, and ask for every stale date that no run is asked for; where
    none is, for the ledger where its grants changed."""
    with look() as found:
        if isinstance(found, str):
            return dg.SkipReason(found)
        settings, flow = found
        for one in flow.inboxes:
            source = flow.open_inbox(one)
            logs = inbox.list_logs(one.path, flow.home, source)
            settled = [log for log in logs if _is_older(log, settings.settle_seconds)]
            flow.take_in(settled, one.path, source)
        home, stale = flow.home, {one.day for one in flow.stale()}
        wrong = [check.sentence() for check in (rejected_logs(home), blocked_dates(home))]
        try:
            ledger = flow.ledger_to_come()
        except ConfigurationError as error:
            ledger = None
            wrong.append(f"the ledger stays as it is: {error}")
    tick = context.scheduled_execution_time.isoformat()
    busy = under_way(context.instance, home)
    ranges = contiguous(stale - busy)
    if ledger is not None and not ranges and not busy:
        return [request_ledger(home, f"{tick} ledger {ledger[:16]}")]
    if not ranges:
        return dg.SkipReason(". ".join(["No date to ask for", *filter(None, wrong)]) + ".")
    return [request(home, first, last, f"{tick} {span(first, last)}") for first, last in ranges]


def _is_older(log: Path, seconds: int) -> bool:
    try:
        return log.stat().st_mtime <= time.time() - seconds
    except FileNotFoundError:
        return False
