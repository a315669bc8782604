"""Sensor: new logs -> runs of just the dates they touch, new grants -> a run of the ledger. It waits
for files to settle.

What is stale is decided by `pricing_assets.report.staleness`; nothing is computed here but receipts.
"""

import hashlib
import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg

from pipelines.home_checks import HomeCheck, blocked_dates, rejected_logs, stale_dates
from pipelines.jobs import daily, request, request_ledger, under_way
from pipelines.partitions import span
from pipelines.resources import look
from pricing_assets.common import kinds
from pricing_assets.common.batching import contiguous
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.text import counted
from pricing_assets.flow import Run
from pricing_assets.home import Home
from pricing_assets.intake import inbox
from pricing_assets.report import Stale
from pricing_assets.sources.kept import KeptSource

PAUSES = (0, 60, 600)
"""Seconds from one try of a date to the next; then only another digest, or the schedule, asks."""
BYTES_AT_ONCE = 2_000_000_000
"""What one tick takes in, so that it ends within Dagster's minute; the rest waits for the next."""


@dataclass
class Memory:
    """The sensor's cursor: `arriving` is path -> stamp and since when it is so;
    `asked` is stale date -> digest, tries and when; `looked` is how the home was then; `shown` is
    check -> digest of what was last shown of it; `ledger` is the digest of the ledger that was asked
    for, tries and when, `refused` why it cannot go by the folder of grants."""

    arriving: dict[str, list[int]] = field(default_factory=dict)
    asked: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    looked: list[int] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)
    ledger: tuple[str, int, int] = ("", 0, 0)
    refused: str = ""

    @classmethod
    def read(cls, cursor: str | None) -> "Memory":
        """Return what a cursor says; nothing where another version wrote it, or nobody did: then
        files settle once more, and dates are asked for once more."""
        try:
            record = json.loads(cursor or "{}")
            asked = {day: (*one,) for day, one in record.pop("asked", {}).items()}
            ledger = (*record.pop("ledger", cls.ledger),)
            memory = cls(**record, asked=asked, ledger=ledger)
        except (ValueError, TypeError, AttributeError):
            return cls()
        return cls() if kinds.wrong_field(memory) else memory

    def settled(
        self, flow: Run, logs: Mapping[Path, KeptSource | None], now: int, seconds: int
    ) -> list[Path]:
        """Return files not met before that were the same for so long, at two ticks or more."""
        met = inbox.load_seen(flow.home)
        before, self.arriving = self.arriving, {}
        settled: list[Path] = []
        for path, source in logs.items():
            try:
                stamp = inbox.stamp_of(path)
            except FileNotFoundError:
                continue
            name = str(path)
            known = met.get(name)
            if known and inbox.is_met(name, stamp, known, source):
                continue
            *noted, since = before.get(name, [now])
            same = noted == stamp
            self.arriving[name] = [*stamp, since if same else now]
            if same and now - since >= seconds:
                settled.append(path)
        return settled

    def at_once(self, settled: Sequence[Path]) -> list[Path]:
        """Return as many of the files, from the first, as one tick ingests; they arrive no more."""
        batch: list[Path] = []
        size = 0
        for path in settled:
            size += self.arriving[str(path)][0]
            if batch and size > BYTES_AT_ONCE:
                break
            batch.append(path)
        for path in batch:
            del self.arriving[str(path)]
        return batch

    def wanted(self, stale: Collection[Stale], busy: Collection[date], now: int) -> list[Stale]:
        """Return stale dates to ask for now: new to the sensor, or failed a while ago; note that
        they were."""
        before, self.asked = self.asked, {}
        found: list[Stale] = []
        for one in stale:
            digest, tries, at = before.get(one.day.isoformat(), ("", 0, 0))
            if digest != one.digest:
                tries = 0
            if one.day not in busy and tries < len(PAUSES) and now - at >= PAUSES[tries]:
                found.append(one)
                tries, at = tries + 1, now
            self.asked[one.day.isoformat()] = (one.digest, tries, at)
        return found

    def wants_ledger(self, digest: str | None, now: int, *, busy: bool) -> bool:
        """Return whether to ask for the ledger of this digest now (None: it is up to date): new to
        the sensor, or failed a while ago. Notes the asking; while a run is under way it waits."""
        if digest is None:
            self.ledger = ("", 0, 0)
            return False
        known, tries, at = self.ledger
        if known != digest:
            tries, at = 0, 0
        wanted = not busy and tries < len(PAUSES) and now - at >= PAUSES[tries]
        self.ledger = (digest, tries + 1, now) if wanted else (digest, tries, at)
        return wanted

    def changed(self, checks: Sequence[HomeCheck]) -> list[dg.AssetCheckEvaluation]:
        """Return the checks that find something else than when they were last shown, and note
        them."""
        found = []
        for check in checks:
            digest = hashlib.sha256(repr(check.faults).encode("utf-8", "replace")).hexdigest()[:16]
            if self.shown.get(check.spec.name) != digest:
                found.append(check.evaluation())
                self.shown[check.spec.name] = digest
        return found

    def requests(self, home: Home, wanted: Collection[Stale], now: int) -> list[dg.RunRequest]:
        """Return runs over ranges of dates of as many tries; at the last try each date by itself,
        so that one which kills its process does not take others with it."""
        requests: list[dg.RunRequest] = []
        instant = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        for tries in range(1, len(PAUSES) + 1):
            digests = {
                one.day: one.digest for one in wanted if self.asked[one.day.isoformat()][1] == tries
            }
            alone = [(day, day) for day in sorted(digests)]
            for first, last in alone if tries == len(PAUSES) else contiguous(digests):
                inputs = "".join(digests[day] for day in sorted(digests) if first <= day <= last)
                digest = hashlib.sha256(inputs.encode()).hexdigest()[:16]
                requests.append(
                    request(
                        home, first, last, f"{span(first, last)} {digest} try {tries} {instant}"
                    )
                )
        return requests


@dg.sensor(
    job=daily,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Ingests logs that no longer change, and asks for just the dates that are stale.",
)
def arrivals(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Look once: ingest files that have settled, ask for stale dates once."""
    memory = Memory.read(context.cursor)
    now = int(time.time())
    with look() as found:
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
            busy = under_way(context.instance, flow.home, _location(context))
            requests = memory.requests(flow.home, memory.wanted(stale, busy, now), now)
            try:
                digest, memory.refused = flow.ledger_to_come(), ""
            except ConfigurationError as error:
                digest, memory.refused = None, str(error)
            # a run over dates takes the ledger along
            if memory.wants_ledger(digest, now, busy=bool(requests or busy)):
                key = f"ledger {str(digest)[:16]} try {memory.ledger[1]} {now}"
                requests = [request_ledger(flow.home, key)]
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
        asset_events=memory.changed(checks),
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
