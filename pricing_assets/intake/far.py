"""Ingest objects that are examined where they are near: only what became of them comes here.

Who examines them belongs to `door`, how logs are read here to `take_in`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pricing_assets.common.errors import RejectedLog
from pricing_assets.common.text import counted
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.door import Door, Examined, ObjectRequest
from pricing_assets.intake.inbox import Met
from pricing_assets.intake.object_place import Bucket
from pricing_assets.intake.recorder import Candidate, Recorder, wrong_digest
from pricing_assets.intake.stated_digests import Stated

AT_ONCE = 10_000
"""Objects that are asked for together."""
NOWHERE = Path("/nonexistent")


@dataclass(frozen=True)
class BucketLook:
    """One look at a bucket whose objects are examined elsewhere."""

    recorder: Recorder
    rules: Rules
    received_at: datetime
    place: Bucket
    door: Door

    def take(self, names: Sequence[str], how: IngestOptions) -> list[str]:
        """Ingest the objects of these names; returns those that are to be read here: what is not an object, and
        all where a log was lost whose bytes may come again."""
        if self.recorder.lost:
            return [*names]
        logs = [name for name in names if name in self.place.logs]
        for begin in range(0, len(logs), AT_ONCE):
            batch = logs[begin : begin + AT_ONCE]
            if time.monotonic() > how.until:
                self.recorder.arrivals.waiting += batch
                continue
            how.progress(f"reading {counted(len(batch), 'new log')} where they lie")
            self._take(batch)
            self.recorder.save()
        return [name for name in names if name not in self.place.logs]

    def _take(self, names: Sequence[str]) -> None:
        stated: dict[str, Stated | None] = {}
        for name in names:
            stated[name], not_understood = self.place.stated(name)
            self.recorder.warn(not_understood)
        asked = [
            ObjectRequest(name, self.place.logs[name], stated[name] is not None) for name in names
        ]
        answers = {
            found.name: found
            for found in self.door.examine(
                asked, self.rules, self.received_at, self.recorder.scratch
            )
        }
        for name in names:  # in one order, whoever answered first
            self._note(answers[name], stated[name])

    def _note(self, found: Examined, stated: Stated | None) -> None:
        recorder, name, sha256 = self.recorder, found.name, found.sha256
        stamp, met = self.place.stamp_of(name), recorder.seen.get(name)
        file_name = name.rpartition("/")[2]
        became = found.became
        if sha256 and stated is not None and stated.sha256 != sha256:
            recorder.reject(name, stamp, wrong_digest(file_name, sha256, stated), stated)
            return
        if sha256 and met is not None and met.sha256 not in ("", sha256):
            recorder.warn([self.place.replaced(name, met.sha256)])
        if isinstance(became, RejectedLog):
            # what is not settled is tried again, whatever its stamp
            recorder.reject(name, [] if became.reason == "unsettled" else stamp, became)
        elif sha256 in recorder.known:
            try:
                recorder.meet_again(name, sha256, NOWHERE)
            except RejectedLog as error:
                recorder.reject(name, stamp, error)
            else:
                recorder.seen[name] = Met(stamp, sha256)
        else:
            recorder.known.add(sha256)
            folder = self.place.folder_of(name)
            log = Arrived(NOWHERE, file_name, sha256, became.bytes, "", folder or "/")
            reference = self.place.reference_of(name, found.version)
            recorder.keep(Candidate(name, stamp, log, reference), became)
