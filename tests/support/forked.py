"""Logs examined in forks of the test's own process: a crash costs a fork, not a start of Python.

How the real reader begins anew belongs to `test_reader_process`.
"""

import json
import os
import resource
import signal
import warnings
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pricing_assets.common import resources
from pricing_assets.common.errors import RejectedLog
from pricing_assets.home import Receipt
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.examine import Examined, examine

CRASHED = "crashed"
"""The reason of a log that its reader does not survive."""
SECONDS = 300


def examined(
    logs: Sequence[Arrived], rules: Rules, received_at: datetime, scratch: Path
) -> Examined:
    """What becomes of each log: all together, and after a crash one by one."""
    found = _answers(logs, rules, received_at, scratch, together=True)
    if len(found) == len(logs):
        return found
    found = []
    while len(found) < len(logs):
        rest = logs[len(found) :]
        found += _answers(rest, rules, received_at, scratch, together=False)
        if len(found) < len(logs):
            found.append(RejectedLog(CRASHED, "reading it crashed the reader"))
    return found


def _answers(
    logs: Sequence[Arrived], rules: Rules, received_at: datetime, scratch: Path, together: bool
) -> Examined:
    """The answers of one fork, as far as it came."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():  # of threads that a fork does not have: it needs none of them
        warnings.simplefilter("ignore")
        pid = os.fork()
    if pid == 0:
        try:
            _answer(writing, logs, rules, received_at, scratch, together)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answers:
        lines = [line for line in answers if line.endswith("\n")]
    os.waitpid(pid, 0)
    told = [json.loads(line) for line in lines]
    return [Receipt(**one) if isinstance(one, dict) else RejectedLog(*one) for one in told]


def _answer(
    writing: int,
    logs: Sequence[Arrived],
    rules: Rules,
    received_at: datetime,
    scratch: Path,
    together: bool,
) -> None:
    signal.alarm(SECONDS)
    held, (_, hard) = resources.data_bytes(os.getpid()), resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (held + rules.file_limits.read_memory, hard))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries say when they abort
    with os.fdopen(writing, "w", encoding="utf-8") as answers:
        for part in [logs] if together else [[log] for log in logs]:
            for one in examine(part, rules, received_at, scratch):
                told = [one.reason, one.detail] if isinstance(one, RejectedLog) else one.__dict__
                answers.write(json.dumps(told) + "\n")
            answers.flush()
