"""A process of its own in which logs are examined: what kills it costs one file, not the run.

`python -m pricing_assets.isolated` is that process: it answers requests until its input ends. How
logs are examined belongs to `examine`.
"""

import os
import resource
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from pricing_assets import files, zones
from pricing_assets.duck import Limits
from pricing_assets.errors import RejectedLog
from pricing_assets.examine import Examined, examine
from pricing_assets.footer import FileLimits
from pricing_assets.home import Receipt
from pricing_assets.receipts import Arrived, Rules

BYTES_A_SECOND = 5_000_000
"""What a slow machine reads, for the time limit: twenty times less than a common one."""
OUT_OF_MEMORY = 3
"""What the process ends with where the system gives it no more."""
_LENGTH = 8


class _Ended(Exception):
    """The process is gone, or was taking too long."""


class Reader:
    """Examines logs in a process of its own, begun when first needed; a context manager."""

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
                    stream.close()
            self._child.wait()
            self._child = None

    def examine(
        self, logs: Sequence[Arrived], rules: Rules, received_at: datetime, scratch: Path
    ) -> Examined:
        """What became of each log. Where the process dies of them, each is asked for alone, and
        the one that kills it again is rejected."""
        request = {
            "logs": [{**log._asdict(), "copy": str(log.copy)} for log in logs],
            "zones": str(zones.folder()),
            "timezone": rules.timezone,
            "dimensions": rules.dimensions,
            "limits": asdict(rules.limits),
            "file_limits": asdict(rules.file_limits),
            "received_at": received_at.isoformat(),
            "scratch": str(scratch),
        }
        most = rules.file_limits.read_seconds + sum(log.bytes for log in logs) / BYTES_A_SECOND
        try:
            answers = self._ask(files.to_json(request), most)
        except _Ended as ended:
            why = self._why(str(ended))
            if len(logs) == 1:
                return [why]
            return [
                became
                for log in logs
                for became in self.examine([log], rules, received_at, scratch)
            ]
        return [
            Receipt(**answer["receipt"])
            if "receipt" in answer
            else RejectedLog(answer["reason"], answer["detail"])
            for answer in answers
        ]

    def _ask(self, request: bytes, seconds: float) -> list[dict[str, Any]]:
        child = self._child or self._begin()
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(len(request).to_bytes(_LENGTH) + request)
            child.stdin.flush()
        except BrokenPipeError as error:
            raise _Ended("") from error
        until = time.monotonic() + seconds
        length = int.from_bytes(_receive(child.stdout, _LENGTH, until))
        answers: list[dict[str, Any]] = files.from_json(_receive(child.stdout, length, until))
        return answers

    def _begin(self) -> subprocess.Popen[bytes]:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # addresses that may hold a token: none of its business
            env={k: v for k, v in os.environ.items() if not k.startswith("CREDITMILL_SPARK_")},
        )
        return self._child

    def _why(self, ended: str) -> RejectedLog:
        """Why the process ended; a bug of ours is none of the log's, and raises."""
        assert self._child is not None
        assert self._errors is not None
        if ended:
            self._child.kill()
        code = self._child.wait()
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace").strip()
        self.close()
        if ended:
            return RejectedLog("resource_limit", ended)
        if code in (OUT_OF_MEMORY, -signal.SIGKILL):
            return RejectedLog(
                "resource_limit", "reading it takes more memory than the setting max_read_memory"
            )
        if code < 0:
            name = signal.Signals(-code).name
            return RejectedLog("unreadable", f"reading it crashed the reader ({name})")
        raise RuntimeError(f"the process that examines logs ended with {code}: {said}")


def _receive(stream: IO[bytes], size: int, until: float) -> bytes:
    """So many bytes, by the given time."""
    received = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(stream, selectors.EVENT_READ)
        while len(received) < size:
            if not waiting.select(max(0.0, until - time.monotonic())):
                raise _Ended("reading it takes longer than the setting max_read_seconds")
            part = os.read(stream.fileno(), size - len(received))
            if not part:
                raise _Ended("")
            received += part
    return received


def main() -> None:
    """Answer requests from standard input, one after the other, on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run that asks decides
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answering = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    while head := sys.stdin.buffer.read(_LENGTH):
        asked = files.from_json(sys.stdin.buffer.read(int.from_bytes(head)))
        try:
            answer = files.to_json(_answers(asked))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        answering.write(len(answer).to_bytes(_LENGTH) + answer)
        answering.flush()


def _answers(asked: dict[str, Any]) -> list[dict[str, Any]]:
    zones.use(Path(asked["zones"]))  # those of the run, whatever was installed meanwhile
    rules = Rules(
        asked["timezone"],
        tuple(asked["dimensions"]),
        Limits(**asked["limits"]),
        FileLimits(**asked["file_limits"]),
    )
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (rules.file_limits.read_memory, hard))
    logs = [Arrived(**{**log, "copy": Path(log["copy"])}) for log in asked["logs"]]
    received_at = datetime.fromisoformat(asked["received_at"])
    return [
        {"reason": became.reason, "detail": became.detail}
        if isinstance(became, RejectedLog)
        else {"receipt": became.__dict__}
        for became in examine(logs, rules, received_at, Path(asked["scratch"]))
    ]


if __name__ == "__main__":
    main()
