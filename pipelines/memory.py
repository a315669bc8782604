"""What the sensor remembers from one look to the next: its cursor.

What a look does with it is in `sensors`.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zlib import crc32

import dagster as dg

from pipelines.home_checks import HomeCheck
from pipelines.jobs import request
from pipelines.names import Names
from pipelines.partitions import span
from pipelines.waiting_logs import WaitingLog, not_met
from pricing_assets.common import kinds
from pricing_assets.common.batching import contiguous
from pricing_assets.flow import Run
from pricing_assets.home import Home
from pricing_assets.objects import is_address
from pricing_assets.report import Stale

PAUSES = (0, 60, 600)
"""Seconds from one try of a date to the next; then only another digest, or the schedule, asks."""
FILES_AT_ONCE = 10_000
"""Files that one run is asked to ingest; the rest waits for the next."""


@dataclass
class Memory:
    """The sensor's cursor: `arriving` is path -> stamp and since when it is so;
    `asked` is stale date -> digest, tries and when; `looked` is how the home was then; `shown` is
    check -> digest of what was last shown of it; `ingest` is the digest of the files that a run was asked
    to ingest, `ledger` that of the ledger that was asked for, each with tries and when; `refused` is
    why the ledger cannot go by the folder of grants."""

    arriving: dict[str, list[int]] = field(default_factory=dict)
    asked: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    looked: list[int] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)
    ingest: tuple[str, int, int] = ("", 0, 0)
    ledger: tuple[str, int, int] = ("", 0, 0)
    refused: str = ""

    @classmethod
    def read(cls, cursor: str | None) -> "Memory":
        """Return what a cursor says; empty, if there is no cursor or another version wrote it: then
        files settle once more, and dates are asked for once more."""
        try:
            record = json.loads(cursor or "{}")
            asked = {day: (*one,) for day, one in record.pop("asked", {}).items()}
            ingest = (*record.pop("ingest", cls.ingest),)
            ledger = (*record.pop("ledger", cls.ledger),)
            memory = cls(**record, asked=asked, ingest=ingest, ledger=ledger)
        except (ValueError, TypeError, AttributeError):
            return cls()
        return cls() if kinds.wrong_field(memory) else memory

    def settled(
        self, run: Run, logs: Mapping[str, WaitingLog], now: int, seconds: int
    ) -> list[str]:
        """Return logs not met before: files that were the same for so long, at two ticks or more, and
        objects, which come whole."""
        before, self.arriving = self.arriving, {}
        settled: list[str] = []
        for name, found in not_met(run.home, logs):
            stamp = [one if isinstance(one, int) else crc32(one.encode()) for one in found]
            *noted, since = before.get(name, [now])
            same = noted == stamp
            self.arriving[name] = [*stamp, since if same else now]
            if is_address(name) or (same and now - since >= seconds):
                settled.append(name)
        return settled

    def wanted(self, stale: Collection[Stale], busy: Collection[date], now: int) -> list[Stale]:
        """Return stale dates to ask for now: new to the sensor, or failed a while ago; note that
        they were. What was asked for stays noted as long as a run of it is queued or under way."""
        before = self.asked
        self.asked = {day: note for day, note in before.items() if date.fromisoformat(day) in busy}
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

    def wants_ingest(self, files: Sequence[str], more: str, now: int, *, busy: bool) -> bool:
        """Return whether to ask for these files, and `more` than files, to be ingested now."""
        stamps = [(name, self.arriving[name][:-1]) for name in files]
        digest = _digest((stamps, more)) if files or more else None
        wanted, self.ingest = _once(self.ingest, digest, now, busy=busy)
        return wanted

    def wants_ledger(self, digest: str | None, now: int, *, busy: bool) -> bool:
        """Return whether to ask for the ledger of this digest now (None: it is up to date)."""
        wanted, self.ledger = _once(self.ledger, digest, now, busy=busy)
        return wanted

    def changed(self, checks: Sequence[HomeCheck], names: Names) -> list[dg.AssetCheckEvaluation]:
        """Return the checks that find something else than when they were last shown, and note
        them."""
        found = []
        for check in checks:
            digest = _digest(check.faults)
            if self.shown.get(check.claim.name) != digest:
                found.append(check.evaluation(names))
                self.shown[check.claim.name] = digest
        return found

    def requests(
        self, names: Names, home: Home, wanted: Collection[Stale], now: int
    ) -> list[dg.RunRequest]:
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
                        names,
                        home,
                        first,
                        last,
                        f"{span(first, last)} {digest} try {tries} {instant}",
                    )
                )
        return requests


def _once(
    asked: tuple[str, int, int], digest: str | None, now: int, *, busy: bool
) -> tuple[bool, tuple[str, int, int]]:
    """Return whether to ask now for what has this digest, and the note of it: new to the sensor, or
    failed a while ago. While a run is under way (`busy`) it waits; None is up to date."""
    if digest is None:
        return False, ("", 0, 0)
    known, tries, at = asked
    if known != digest:
        tries, at = 0, 0
    wanted = not busy and tries < len(PAUSES) and now - at >= PAUSES[tries]
    return wanted, (digest, tries + 1, now) if wanted else (digest, tries, at)


def _digest(of: object) -> str:
    return hashlib.sha256(repr(of).encode("utf-8", "replace")).hexdigest()[:16]
