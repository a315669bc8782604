"""What a log may take of memory and time is the log's own doing: neither its neighbours', nor its
machine's. And a run that comes near its own limit ends by itself, with what it learnt.

Hostile logs, one by one, are in `test_reader_process`.
"""

import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli.app import main
from pipelines.settings import load
from pricing_assets.common import files, resources
from pricing_assets.common.errors import ConfigurationError, RejectedLog
from pricing_assets.db import connection as duck
from pricing_assets.home import Receipt
from pricing_assets.home.settings import HomeSettings
from pricing_assets.intake import inbox, reader, reader_watch, unread
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import Arrivals, IngestOptions
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.reader import Reader
from pricing_assets.logs.parquet_footer import LEAST_READ_MEMORY, FileLimits
from pricing_assets.report import DateOutcome, failures
from tests.support.inbox_logs import list_logs
from tests.support.workspace import LIMITS, READER, RECEIVED, SCHEMA, Workspace, row

RULES = Rules("UTC", ("agent_id",), LIMITS, FileLimits())


def arrived(path: Path) -> Arrived:
    sha256 = files.sha256_of(path)
    return Arrived(path.rename(path.with_name(f"{sha256}.parquet")), path.name, sha256, 1)


def good(folder: Path, name: str) -> Arrived:
    return arrived(Workspace(folder, inbox_name="").log(name, row(event_id=name)))


def of_images(path: Path) -> Path:
    """600 rows of 10,000 images in 6 kB: more than 500 MB where they are looked at together."""
    images = [{"width": 1, "height": 1}] * 10_000
    one = pa.Table.from_pylist([row(event_id=path.name, images=images)], SCHEMA)
    pq.write_table(pa.concat_tables([one] * 600).combine_chunks(), path, compression="zstd")
    return path


def reasons(found: Sequence[Receipt | RejectedLog]) -> list[str]:
    return ["" if isinstance(one, Receipt) else one.reason for one in found]


@pytest.mark.slow
def test_neighbours_that_take_all_memory_cost_a_good_log_nothing(tmp_path: Path) -> None:
    hostile = [arrived(of_images(tmp_path / name)) for name in ("b", "c")]
    little = RULES._replace(file_limits=replace(RULES.file_limits, read_memory=500_000_000))
    with Reader() as one:
        found = one.examine([good(tmp_path, "a"), *hostile], little, RECEIVED, tmp_path)
    assert reasons(found) == ["", "resource_limit", "resource_limit"]
    assert "memory" in str(found[1])


@pytest.mark.parametrize(("kills", "reason"), [(1, ""), (2, "resource_limit")])
def test_a_reader_that_the_system_kills_once_is_no_fault_of_the_log(
    tmp_path: Path, kills: int, reason: str
) -> None:
    """As the kernel does where memory is short: only what comes again, alone, is the log's."""

    class Killed(Reader):
        begun = 0

        def _begin(self) -> "subprocess.Popen[bytes]":
            child = super()._begin()
            self.begun += 1
            if self.begun <= kills:
                child.kill()
            return child

    with Killed() as one:
        found = one.examine([good(tmp_path, "a")], RULES, RECEIVED, tmp_path)
        assert one.begun == 2
    assert reasons(found) == [reason]


CRASHING = """
import os, signal, sys, json
from pricing_assets.common import json_files
head = sys.stdin.buffer.read(8)
asked = json_files.from_json(sys.stdin.buffer.read(int.from_bytes(head)))
if asked["data_bytes"] <= {least}:
    os.kill(os.getpid(), signal.SIGSEGV)
answer = json_files.to_json([{{"reason": "unreadable", "detail": "read to its end"}}])
sys.stdout.buffer.write(len(answer).to_bytes(8) + answer)
"""


@pytest.mark.parametrize(
    ("least", "reason", "said"),
    [
        (2_000_000_000, "resource_limit", "2,000,000,000 bytes of the setting max_read_memory"),
        (10**15, "unreadable", "crashed the reader (SIGSEGV)"),
    ],
)
def test_a_crash_for_want_of_memory_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: int, reason: str, said: str
) -> None:
    """Libraries that get no memory may crash: with room for more, this one does not, or does."""

    class Crashing(Reader):
        def _begin(self) -> "subprocess.Popen[bytes]":
            self._errors = (tmp_path / "errors").open("w+b")
            script = CRASHING.format(least=least)
            pipe = subprocess.PIPE
            self._child = subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe)
            return self._child

    monkeypatch.setattr(resources, "available_memory", lambda: 100_000_000_000)
    with Crashing() as one:
        (found,) = one.examine([good(tmp_path, "a")], RULES, RECEIVED, tmp_path)
    assert isinstance(found, RejectedLog)
    assert (found.reason, said in found.detail) == (reason, True), found.detail


def test_the_limit_that_was_exceeded_is_the_one_that_is_named(tmp_path: Path) -> None:
    """DuckDB keeps to the run's limit, however much the reader may take."""
    log = good(tmp_path, "a")
    with Reader() as one:
        limited = RULES._replace(limits=duck.Limits(1_000_000, 1))
        (found,) = one.examine([log], limited, RECEIVED, tmp_path)
    assert reasons([found]) == ["resource_limit"]
    assert str(found).endswith("than the 1,000,000 bytes of the setting memory_limit; raise it")


def test_a_memory_limit_that_no_run_gets_through_with_is_refused() -> None:
    for little in ("1MB", "10", "13MB"):
        with pytest.raises(ConfigurationError, match=f"memory_limit: {little} is too little"):
            load(memory_limit=little)
    assert load(memory_limit="14MB").limits().memory == duck.LEAST_MEMORY


def test_a_footer_that_no_reader_can_hold_is_called_so(tmp_path: Path) -> None:
    """Row groups of single rows: nothing of it is read, so nothing crashes."""
    table = pa.Table.from_pylist([row(event_id=f"{n}") for n in range(300)], SCHEMA)
    pq.write_table(table, tmp_path / "a", row_group_size=1)
    little = RULES._replace(file_limits=replace(RULES.file_limits, read_memory=10_000_000))
    with Reader() as one:
        (found,) = one.examine([arrived(tmp_path / "a")], little, RECEIVED, tmp_path)
    assert reasons([found]) == ["resource_limit"]
    assert "10,000,000 bytes of the setting max_read_memory; write fewer" in str(found)


def test_only_processor_time_and_idling_awake_count() -> None:
    """A process that is suspended takes none; one that idles awake takes some."""
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            process.send_signal(signal.SIGSTOP)
            while not resources.is_stopped(process.pid):
                time.sleep(0.01)
            watch = reader_watch.Watch(process.pid, 0.02, math.inf, None, is_shared=False)
            looked_until(watch, 0.4)
            process.send_signal(signal.SIGCONT)
            with pytest.raises(reader_watch.Failed, match="max_read_seconds"):
                looked_until(watch, 5)
        finally:
            process.kill()


def looked_until(watch: reader_watch.Watch, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        watch.look()
        time.sleep(0.02)


def test_time_of_others_is_not_counted() -> None:
    """Processor time is what counts: waiting does not add to it, and working does."""
    script = "import time\ntime.sleep(0.3)\nprint(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            watch = reader_watch.Watch(process.pid, 0.2, math.inf, None, is_shared=False)
            with pytest.raises(reader_watch.Failed, match="max_read_seconds"):
                looked_until(watch, 60)
            assert resources.processor_seconds(process.pid) >= 0.2
        finally:
            process.kill()


class Played(Reader):
    """A reader that plays: what becomes of files by their names, in the order they are asked for;
    `slow` ends the time that the run has."""

    def __init__(self, **played: RejectedLog | None) -> None:
        super().__init__()
        self.played, self.asked = played, list[str]()

    def examined(
        self,
        logs: Sequence[Arrived],
        rules: Rules,
        received_at: Any,
        scratch: Path,
        until: float = math.inf,
    ) -> Iterator[tuple[Arrived, Receipt | RejectedLog]]:
        for log in logs:
            name = log.file_name.removesuffix(".parquet")
            self.asked.append(name)
            if name == "slow":
                return
            at = received_at.isoformat()
            made = Receipt(log.sha256, log.file_name, at, 1, log.bytes, {}, {}, [])
            yield log, self.played.get(name) or made


class OnTime(Played):
    """The same where there is time, and nothing where there is none."""

    def examined(
        self, logs: Sequence[Arrived], *how: Any
    ) -> Iterator[tuple[Arrived, Receipt | RejectedLog]]:
        return iter(()) if time.monotonic() > how[-1] else super().examined(logs, *how)


def taken(workspace: Workspace, played: Reader, **options: Any) -> Arrivals:
    with workspace.home.lock():
        found = list_logs(workspace.inbox, workspace.home)
        return intake.take_in(
            workspace.home,
            found,
            HomeSettings(),
            IngestOptions(limits=LIMITS, reader=played, **options),
        )


LITTLE = RejectedLog("resource_limit", "too little")
BROKEN = RejectedLog("unreadable", "broken")


def test_small_logs_come_first_and_what_failed_of_resources_last(workspace: Workspace) -> None:
    """Tried again in every run, where what is broken is not."""
    for name, rows in (("large", 900), ("hungry", 1), ("broken", 100), ("small", 300)):
        workspace.log(f"{name}.parquet", *(row(event_id=f"{name}{n}") for n in range(rows)))
    first = Played(hungry=LITTLE, broken=BROKEN)
    found = taken(workspace, first)
    assert first.asked == ["hungry", "broken", "small", "large"]
    assert [Path(one.path).stem for one in found.rejected] == ["hungry", "broken"]
    workspace.log("next.parquet", *(row(event_id=f"n{n}") for n in range(1900)))
    second = Played(hungry=LITTLE)
    assert len(taken(workspace, second).rejected) == 1
    assert second.asked == ["next", "hungry"]
    third = Played()
    assert [one.file_name for one in taken(workspace, third).taken] == ["hungry.parquet"]
    assert taken(workspace, third).known == 5


def test_what_there_was_no_time_for_waits_and_the_rest_is_kept(workspace: Workspace) -> None:
    """The slow log is cut short, with its twin, and what is behind it not begun."""
    workspace.log("good.parquet", row(event_id="1"))
    for name in ("slow", "twin of slow"):
        workspace.log(f"{name}.parquet", *(row(event_id=f"{n}") for n in range(10)))
    found = taken(workspace, Played())
    assert [one.file_name for one in found.taken] == ["good.parquet"]
    assert sorted(Path(one).stem for one in found.waiting) == ["slow", "twin of slow"]
    assert (found.redelivered, found.rejected) == ([], [])
    assert sorted(Path(one).stem for one in unread.waiting(workspace.home)) == [
        "slow",
        "twin of slow",
    ]
    (workspace.inbox / "twin of slow.parquet").rename(workspace.inbox / "moved.parquet")
    assert [Path(one).stem for one in unread.waiting(workspace.home)] == ["slow"]
    (workspace.inbox / "moved.parquet").rename(workspace.inbox / "twin of slow.parquet")
    late = taken(workspace, Played(), until=time.monotonic() - 1)
    assert (late.known, len(late.waiting), late.taken) == (1, 2, [])


def test_what_an_ended_run_left_unread_is_named_until_it_is_read(workspace: Workspace) -> None:
    """New or changed, whatever ended the run."""
    workspace.log("changed.parquet", row(event_id="1"))
    assert taken(workspace, Played()).waiting == []
    workspace.log("changed.parquet", row(event_id="1"), row(event_id="2"))
    workspace.log("new.parquet", row(event_id="3"))

    class Ended(Played):
        def examined(self, *given: Any) -> Iterator[tuple[Arrived, Receipt | RejectedLog]]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        taken(workspace, Ended())
    left = [Path(one).stem for one in unread.waiting(workspace.home)]
    assert left == ["changed", "new"]
    assert len(taken(workspace, OnTime()).taken) == 2
    assert unread.waiting(workspace.home) == []


@pytest.mark.slow
def test_status_names_what_a_run_left_unread_and_why_dates_failed(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """And exits 1, as the run did: neither is over when the run is."""
    status = ["status", "--home", str(workspace.home.path)]
    made = replace(workspace, catalog=True).begin(row())
    assert main(status) == 0
    waiting = workspace.log("slow.parquet", *(row(event_id=f"{n}") for n in range(10)))
    taken(workspace, Played(), until=time.monotonic() - 1)
    capsys.readouterr()
    assert main(status) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"1 log waits to be read, from {waiting}: the run that found" in said
    assert main([*status, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["waiting"] == [str(waiting)]
    with workspace.home.lock():
        options = IngestOptions(limits=LIMITS, received_at=RECEIVED, reader=READER)
        intake.take_in(workspace.home, [waiting], workspace.home.settings(), options)
    assert main(status) == 0  # the next run brings it up to date
    capsys.readouterr()
    with workspace.home.lock():
        (day,) = workspace.home.dates()
        failed = DateOutcome(day, "failed", version=1, reason="no memory")
        failures.note(workspace.home, [failed])
    assert main([*status, "--json"]) == 1
    (shown,) = json.loads(capsys.readouterr().out)["dates"]
    assert shown["why"].endswith("; its last run failed: no memory")
    made.run()
    assert (main(status), failures.load(workspace.home)) == (0, {})


def test_a_run_reads_the_first_log_though_its_time_is_over(workspace: Workspace) -> None:
    """Or a run that begins late would read none, and no run after it either."""
    for name, rows in (("large", 900), ("small", 1)):
        workspace.log(f"{name}.parquet", *(row(event_id=f"{name}{n}") for n in range(rows)))
    found = taken(workspace, OnTime(), until=time.monotonic() - 1)
    assert [one.file_name for one in found.taken] == ["small.parquet"]
    assert [Path(one).stem for one in found.waiting] == ["large"]
    found = taken(workspace, OnTime(), until=time.monotonic() - 1)
    assert [one.file_name for one in found.taken] == ["large.parquet"]
    assert found.waiting == []


def test_what_is_learnt_is_written_as_it_comes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is killed after its first log knows of it in the next."""
    monkeypatch.setattr(intake, "SAVE_SECONDS", -1)
    for name in ("a", "b"):
        workspace.log(f"{name}.parquet", row(event_id=name))
    noted = []

    class Looking(Played):
        def examined(self, *given: Any) -> Iterator[tuple[Arrived, Receipt | RejectedLog]]:
            for one in super().examined(*given):
                noted.append([Path(name).stem for name in inbox.load_seen(workspace.home)])
                yield one

    taken(workspace, Looking(a=BROKEN))
    assert noted == [[], ["a"]]


GROUPS: list[tuple[str, dict[str, str], int | None]] = [
    ("0::/a/b\n", {"a/b/memory.max": "3000", "memory.max": "max"}, 3000),
    ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": "2000"}, 2000),
    ("0::/a\n", {"a/memory.max": "3000", "a/memory.high": "1000"}, 1000),
    ("0::/\n", {"memory.max": "4000"}, 4000),  # a container's own group
    ("0::/../b\n", {"memory.max": "4000"}, 4000),  # a group beside it, seen from inside
    ("0::/a\n", {}, None),
    ("0::/a\n", {"a/memory.max": "max"}, None),
    ("0::/a\n", {"a/memory.max": ""}, None),
    (
        "5:cpu,cpuacct:/c\n4:memory:/docker/c\n0::/\n",
        {"memory/docker/c/memory.limit_in_bytes": "5000", "cpu/c/memory.limit_in_bytes": "1"},
        5000,
    ),
    (
        "4:memory:/docker/c\n",
        {
            "memory/docker/c/memory.limit_in_bytes": "9223372036854771712",
            "memory/docker/memory.limit_in_bytes": "6000",
        },
        6000,
    ),
    ("4:memory:/docker/c\n", {"memory/memory.limit_in_bytes": "7000"}, 7000),
    ("4:memory:/a\n0::/a\n", {"unified/a/memory.max": "800"}, 800),
    ("garbage\n\n", {"memory.max": "1"}, 1),
]
"""`/proc/self/cgroup`, files under `/sys/fs/cgroup`, and the limit (None: the machine's)."""


@pytest.mark.parametrize(("group", "limits", "most"), GROUPS)
def test_memory_is_what_the_control_group_gives(
    tmp_path: Path, group: str, limits: dict[str, str], most: int | None
) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(group)
    for name, limit in limits.items():
        file = tmp_path / "sys/fs/cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{limit}\n")
    machine = resources.available_memory(tmp_path / "nowhere")
    assert machine > 100_000_000
    assert resources.available_memory(tmp_path) == (machine if most is None else most)


def test_limits_follow_the_control_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB's and the reader's, unless a reader could then not begin."""
    monkeypatch.setattr(resources, "available_memory", lambda: 1_000_000_000)
    assert replace(LIMITS, memory=None).memory_bytes() == 600_000_000
    assert reader._memory(RULES) == 600_000_000
    monkeypatch.setattr(resources, "available_memory", lambda: 300_000_000)
    assert reader._memory(RULES) == LEAST_READ_MEMORY
    monkeypatch.setattr(resources, "available_memory", lambda: 100_000_000_000)
    assert replace(LIMITS, memory=None).memory_bytes() == 8_000_000_000
    assert reader._memory(RULES) == RULES.file_limits.read_memory
