"""Sensor: new logs -> a run that ingests them -> runs of just the dates they touch; new grants -> a
run of the ledger. It waits for files to settle, and only looks.

What is stale is decided by `pricing_assets.report.staleness`; what runs do is in `assets`, `ingesting`.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.home_checks import blocked_dates, rejected_logs, stale_dates
from pipelines.ingesting import request_ingest
from pipelines.jobs import is_ingesting, request_ledger, under_way
from pipelines.memory import FILES_AT_ONCE, Memory
from pipelines.names import Names
from pipelines.resources import CreditmillHome, look
from pipelines.unfinished import last_failure, unfinished_dates
from pipelines.waiting_logs import listed
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.text import counted

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )


def arrivals(
    names: Names,
    resource: CreditmillHome,
    jobs: Sequence["UnresolvedAssetJobDefinition | dg.JobDefinition"],
) -> dg.SensorDefinition:
    """Return the sensor of a home, which asks for runs of these jobs."""

    @dg.sensor(
        name=names.of("arrivals"),
        jobs=jobs,
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Asks for a run that ingests logs which no longer change, and then for just the dates that"
            " are stale."
        ),
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        return _look(context, names, resource)

    return sensor


def _look(
    context: dg.SensorEvaluationContext, names: Names, resource: CreditmillHome
) -> dg.SensorResult | dg.SkipReason:
    """Look once: ask for files that have settled, then for stale dates, each once."""
    memory = Memory.read(context.cursor)
    now = int(time.time())
    with look(resource) as found:
        if isinstance(found, str):
            return dg.SkipReason(found)
        settings, run = found
        logs, others = listed(run)
        settled = memory.settled(run, logs, now, settings.settle_seconds)[:FILES_AT_ONCE]
        requests: list[dg.RunRequest] = []
        is_asked = is_ingesting(context.instance, names, run.home)
        if memory.wants_ingest(settled, others, now, busy=is_asked):
            key = f"ingest {memory.ingest[0]} try {memory.ingest[1]} {now}"
            requests = [request_ingest(names, run.home, settled, key)]
        # what may have made a date stale: logs, terms, a reopening; or the ledger: grants
        marks = (run.home.receipts, run.home.settings_file, run.home.closings)
        stands = [one.stat().st_mtime_ns for one in marks] + _stand_of(settings.credits)
        stands.append(last_failure(context.instance, run.home))  # or a run that left it
        checks = [rejected_logs(run.home), blocked_dates(run.home)]
        wrong = [check.sentence() for check in checks if check.faults]
        is_waiting = memory.asked or memory.ledger[0]
        if not requests and not is_asked and (is_waiting or memory.looked != stands):
            left = unfinished_dates(context.instance, names, run.home)
            stale = run.stale(unfinished=left)
            busy = under_way(context.instance, names, run.home, _location(context))
            requests = memory.requests(names, run.home, memory.wanted(stale, busy, now), now)
            try:
                digest, memory.refused = run.ledger.to_come(), ""
            except ConfigurationError as error:
                digest, memory.refused = None, str(error)
            # a run over dates takes the ledger along
            if memory.wants_ledger(digest, now, busy=bool(requests or busy)):
                key = f"ledger {str(digest)[:16]} try {memory.ledger[1]} {now}"
                requests = [request_ledger(names, run.home, key)]
            memory.looked = stands
            checks.append(stale_dates(stale))
    if memory.refused:
        wrong.append(f"the ledger stays as it is: {memory.refused}")
    why = (
        f"{counted(len(settled), 'log')} to ingest, {len(memory.arriving) - len(settled)} still"
        " arriving; nothing to ask for"
    )
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else ". ".join([why, *wrong]) + ".",
        asset_events=memory.changed(checks, names),
        cursor=json.dumps(asdict(memory)),
    )


def _stand_of(folder: Path | None) -> list[int]:
    """Return when each file of the folder of grants was written, in order of names."""
    if folder is None or not folder.is_dir():
        return []
    return [file.stat().st_mtime_ns for file in sorted(folder.glob("*.csv"))]


def _location(context: dg.SensorEvaluationContext) -> str | None:
    origin = context.code_location_origin
    return None if origin is None else origin.location_name
