"""Sensor: new logs -> runs of just the dates they touch, new grants -> a run of the ledger. It waits
for files to settle.

What is stale is decided by `pricing_assets.report.staleness`; nothing is computed here but receipts.
"""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.home_checks import blocked_dates, rejected_logs, stale_dates
from pipelines.jobs import request_ledger, under_way
from pipelines.memory import Memory
from pipelines.names import Names
from pipelines.resources import CreditmillHome, look
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.text import counted
from pricing_assets.flow import Run
from pricing_assets.intake import inbox
from pricing_assets.sources.kept import KeptSource

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )


def arrivals(
    names: Names, given: CreditmillHome, job: "UnresolvedAssetJobDefinition"
) -> dg.SensorDefinition:
    """Return the sensor of a home."""

    @dg.sensor(
        name=names.of("arrivals"),
        job=job,
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Ingests logs that no longer change, and asks for just the dates that are stale."
        ),
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        return _look(context, names, given)

    return sensor


def _look(
    context: dg.SensorEvaluationContext, names: Names, given: CreditmillHome
) -> dg.SensorResult | dg.SkipReason:
    """Look once: ingest files that have settled, ask for stale dates once."""
    memory = Memory.read(context.cursor)
    now = int(time.time())
    with look(given) as found:
        if isinstance(found, str):
            return dg.SkipReason(found)
        settings, flow = found
        found_in = _listed(flow)
        logs = {log: source for _, source, listed in found_in for log in listed}
        settled = memory.settled(flow, logs, now, settings.settle_seconds)
        batch = memory.at_once(settled)
        for folder, source, listed in found_in:
            of_folder = sorted({*batch} & {*listed})
            for one in flow.take_in(of_folder, folder, source).rejected:
                context.log.warning(f"rejected {one.path}: {one.detail}")
        # what may have made a date stale: logs, terms, a reopening; or the ledger: grants
        marks = (flow.home.receipts, flow.home.settings_file, flow.home.closings)
        stands = [one.stat().st_mtime_ns for one in marks] + _stand_of(settings.credits)
        checks = [rejected_logs(flow.home), blocked_dates(flow.home)]
        wrong = [check.sentence() for check in checks if check.faults]
        requests: list[dg.RunRequest] = []
        is_waiting = memory.asked or memory.ledger[0]
        if len(batch) == len(settled) and (is_waiting or memory.looked != stands):
            stale = flow.stale()
            busy = under_way(context.instance, names, flow.home, _location(context))
            requests = memory.requests(flow.home, memory.wanted(stale, busy, now), now)
            try:
                digest, memory.refused = flow.ledger_to_come(), ""
            except ConfigurationError as error:
                digest, memory.refused = None, str(error)
            # a run over dates takes the ledger along
            if memory.wants_ledger(digest, now, busy=bool(requests or busy)):
                key = f"ledger {str(digest)[:16]} try {memory.ledger[1]} {now}"
                requests = [request_ledger(names, flow.home, key)]
            memory.looked = stands
            checks.append(stale_dates(stale))
    if memory.refused:
        wrong.append(f"the ledger stays as it is: {memory.refused}")
    why = (
        f"{counted(len(batch), 'log')} ingested, {len(memory.arriving)} still arriving; no date to"
        " ask for"
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


def _listed(flow: Run) -> list[tuple[Path, KeptSource | None, list[Path]]]:
    """Return each inbox, its source, and the logs in it."""
    found = []
    for one in flow.inboxes:
        source = flow.open_inbox(one)
        found.append((one.path, source, inbox.list_logs(one.path, flow.home, source)))
    return found


def _location(context: dg.SensorEvaluationContext) -> str | None:
    origin = context.code_location_origin
    return None if origin is None else origin.location_name
