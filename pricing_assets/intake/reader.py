"""The reader of new logs, seen from the run: which logs it is asked for together, how much time and
memory it may take, and whose fault it is where it fails.

What it does with them is in `reader_process` and `examine`, how it is watched in `reader_watch`.
"""

import math
import os
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import IO

from pricing_assets.common import json_files, resources
from pricing_assets.common.errors import RejectedLog
from pricing_assets.contract import zones
from pricing_assets.home import Receipt
from pricing_assets.intake import reader_process
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.examine import Examined
from pricing_assets.intake.reader_watch import Failed, NoTimeLeft, Watch, exchange
from pricing_assets.logs.parquet_footer import LEAST_READ_MEMORY

BYTES_A_SECOND = 5_000_000
"""What a slow machine reads, for the time limit: twenty times less than a common one."""
_ROOM = 4
"""How many times its memory a crashed process gets to show whether it crashed for want of it."""


class Reader:
    """A process in which logs are examined, begun when first needed; a context manager."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.kill()
            for stream in (self._child.stdin, self._child.stdout, self._errors):
                if stream is not None:
                    with suppress(BrokenPipeError):  # what it was to read, it will not
                        stream.close()
            self._child.wait()
            self._child = None

    def examine(
        self, logs: Sequence[Arrived], rules: Rules, received_at: datetime, scratch: Path
    ) -> Examined:
        """Return what became of each log, in their order."""
        found = {
            log.sha256: became for log, became in self.examined(logs, rules, received_at, scratch)
        }
        return [found[log.sha256] for log in logs]

    def examined(
        self,
        logs: Sequence[Arrived],
        rules: Rules,
        received_at: datetime,
        scratch: Path,
        until: float = math.inf,
    ) -> Iterator[tuple[Arrived, Receipt | RejectedLog]]:
        """Yield each log with what became of it, as soon as it is known; those that there is no
        time for until `until` (`time.monotonic`) are not among them.

        Where the process fails of several logs, they are read in halves, each in a fresh process,
        down to single ones: only what a log does alone counts against it.
        """
        parts = deque([list(logs)])
        while parts:
            part = parts.popleft()
            try:
                if len(part) == 1:
                    answers = [self._alone(part[0], rules, received_at, scratch, until)]
                else:
                    answers = self._ask(part, rules, received_at, scratch, until)
            except Failed:
                middle = len(part) // 2
                parts += part[:middle], part[middle:]
            except NoTimeLeft:
                return
            else:
                yield from zip(part, answers, strict=True)

    def _alone(
        self, log: Arrived, rules: Rules, received_at: datetime, scratch: Path, until: float
    ) -> Receipt | RejectedLog:
        """Return what became of one log: what it does to a fresh process counts, and a kill by the
        system only where it comes again."""
        failures: list[Failed] = []
        while True:
            is_fresh = self._child is None
            try:
                return self._ask([log], rules, received_at, scratch, until)[0]
            except Failed as failed:
                if not is_fresh:
                    continue
                failures.append(failed)
            if failures[-1].code != -signal.SIGKILL or len(failures) == 2:
                break
        code = failures[-1].code
        if code is None:
            return RejectedLog("resource_limit", failures[-1].detail)
        if code == -signal.SIGKILL:
            return RejectedLog(
                "resource_limit",
                "the system killed its reader twice, as it does where memory is short; free some,"
                " or lower the setting max_read_memory",
            )
        if code == reader_process.OUT_OF_LIMIT:
            return RejectedLog("resource_limit", _beyond_limit(rules))
        if code == reader_process.OUT_OF_MEMORY or self._takes_more_memory(
            log, rules, received_at, scratch, until
        ):
            return RejectedLog("resource_limit", _too_much_memory(rules))
        name = signal.Signals(-code).name
        return RejectedLog("unreadable", f"reading it crashed the reader ({name})")

    def _takes_more_memory(
        self, log: Arrived, rules: Rules, received_at: datetime, scratch: Path, until: float
    ) -> bool:
        """Return whether a crash was for want of memory: libraries that get none may crash. With
        room for more, the process either takes more than it may, and is ended, or gets through."""
        try:
            self._ask([log], rules, received_at, scratch, until, room=_ROOM)
        except Failed as failed:
            return failed.code is None
        self.close()
        return True

    def _ask(
        self,
        logs: Sequence[Arrived],
        rules: Rules,
        received_at: datetime,
        scratch: Path,
        until: float,
        room: int = 1,
    ) -> Examined:
        """Return the answers of the process; where it fails it is ended. `room` is how many times
        the memory that it may take the system would give it."""
        memory = _memory(rules)
        request = json_files.to_json(
            {
                "logs": [{**log._asdict(), "copy": str(log.copy)} for log in logs],
                "zones": str(zones.folder()),
                "timezone": rules.timezone,
                "dimensions": rules.dimensions,
                "sources": {
                    digest: rules.sources[digest].record()
                    for digest in {log.source for log in logs if log.source}
                },
                "limits": asdict(rules.limits),
                "file_limits": asdict(replace(rules.file_limits, read_memory=memory)),
                "data_bytes": room * memory,
                "received_at": received_at.isoformat(),
                "scratch": str(scratch),
            }
        )
        seconds = rules.file_limits.read_seconds + sum(log.bytes for log in logs) / BYTES_A_SECOND
        child = self._child or self._begin()
        watch = Watch(
            child.pid, seconds, until, memory if room > 1 else None, is_shared=len(logs) > 1
        )
        try:
            answers = exchange(child, request, watch)
        except NoTimeLeft:
            self.close()
            raise
        except Failed as failed:
            raise self._ended(failed) from None
        return [
            Receipt(**answer["receipt"])
            if "receipt" in answer
            else RejectedLog(answer["reason"], answer["detail"])
            for answer in answers
        ]

    def _begin(self) -> subprocess.Popen[bytes]:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", reader_process.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # addresses that may hold a token: none of its business
            env={k: v for k, v in os.environ.items() if not k.startswith("CREDITMILL_SPARK_")},
        )
        return self._child

    def _ended(self, failed: Failed) -> Failed:
        """Return how the process ended; a bug of ours is none of the log's, and raises."""
        child, errors = self._child, self._errors
        if failed.detail or child is None or errors is None:
            self.close()
            return failed
        code = child.wait()
        errors.seek(0)
        message = errors.read().decode("utf-8", "replace").strip()
        self.close()
        if code < 0 or code in (reader_process.OUT_OF_MEMORY, reader_process.OUT_OF_LIMIT):
            return Failed(code=code)
        raise RuntimeError(f"the process that examines logs ended with {code}: {message}")


def _memory(rules: Rules) -> int:
    """Return the bytes that the process may take: the setting, or less where there are not as
    many."""
    most = max(LEAST_READ_MEMORY, resources.available_memory() * 6 // 10)
    return min(rules.file_limits.read_memory, most)


def _too_much_memory(rules: Rules) -> str:
    memory = _memory(rules)
    if memory < rules.file_limits.read_memory:
        return (
            f"reading it takes more than the {memory:,} bytes of memory that there are here for a"
            " reader; read it where there is more"
        )
    return f"reading it takes more memory than the {memory:,} bytes of the setting max_read_memory"


def _beyond_limit(rules: Rules) -> str:
    """Return that a log takes more than DuckDB may take in this run, and which limit that is."""
    most = f"reading it takes more memory than the {rules.limits.memory_bytes():,} bytes"
    if rules.limits.memory is not None:
        return f"{most} of the setting memory_limit; raise it"
    return f"{most} that a run takes of those that there are here; read it where there is more"
