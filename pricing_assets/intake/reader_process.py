"""A process of its own in which logs are examined: what kills it costs one file, not the run.

`python -m pricing_assets.intake.reader_process` is that process: it answers requests until its input ends. How
logs are examined belongs to `examine`.
"""

import ctypes
import os
import re
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from pricing_assets.common import json_files, resources
from pricing_assets.common.errors import RejectedLog
from pricing_assets.common.instants import parse_instant
from pricing_assets.contract import zones
from pricing_assets.db.connection import Limits
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.examine import examine
from pricing_assets.intake.table_state import Columns
from pricing_assets.logs.parquet_footer import FileLimits
from pricing_assets.sources.kept import kept_of

OUT_OF_MEMORY = 3
"""What the process ends with where the system gives it no more."""
OUT_OF_LIMIT = 4
"""What it ends with where DuckDB keeps to its own limit, which is the run's and less than a reader's."""
LENGTH = 8
"""The bytes before each request and answer that say how long it is."""
_USED_UP = re.compile(r"\([\d.]+ \w+/[\d.]+ \w+ used\)")
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def main() -> None:
    """Answer requests from standard input, one after the other, on standard output."""
    for signum in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(signum, signal.SIG_IGN)  # the run that asks decides
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answering = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is not an answer
    # What reads is there before memory is limited: it is not the logs'.
    import duckdb  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    while head := sys.stdin.buffer.read(LENGTH):
        request = json_files.from_json(sys.stdin.buffer.read(int.from_bytes(head)))
        try:
            answer = json_files.to_json(_answers(request))
        except Exception as error:
            if resources.is_out_of_memory(error):
                os._exit(OUT_OF_LIMIT if _is_of_limit(error, request) else OUT_OF_MEMORY)
            raise
        answering.write(len(answer).to_bytes(LENGTH) + answer)
        answering.flush()


def _is_of_limit(error: BaseException, request: dict[str, Any]) -> bool:
    """Return whether DuckDB said that it has used up its limit, and that is the run's."""
    limit, memory = Limits(**request["limits"]), request["file_limits"]["read_memory"]
    return limit.memory_bytes() < memory // 2 and _USED_UP.search(str(error)) is not None


def _answers(request: dict[str, Any]) -> list[dict[str, Any]]:
    zones.use(Path(request["zones"]))  # those of the run, whatever was installed meanwhile
    rules = Rules(
        request["timezone"],
        tuple(request["dimensions"]),
        Limits(**request["limits"]),
        FileLimits(**request["file_limits"]),
        {digest: kept_of(record) for digest, record in request["sources"].items()},
    )
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (request["data_bytes"], hard))
    logs = [
        Arrived(**{**log, "copy": Path(log["copy"]), "columns": _columns(log["columns"])})
        for log in request["logs"]
    ]
    received_at = parse_instant(request["received_at"])
    return [
        {"reason": became.reason, "detail": became.detail}
        if isinstance(became, RejectedLog)
        else {"receipt": became.__dict__}
        for became in examine(logs, rules, received_at, Path(request["scratch"]))
    ]


def _columns(record: list[Any] | None) -> Columns | None:
    return None if record is None else Columns(*record)


if __name__ == "__main__":
    main()
