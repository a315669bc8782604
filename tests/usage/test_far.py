"""A cluster that shares no folder: its workers read and hash logs where they lie, and the bytes are the same.

Python on the workers of a Spark Connect server, with another key to the store than the machine of the
command: every request tells who asked.
"""

import pickle
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark import cloudpickle

from pricing_assets import flow
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home.opening import RequestedSettings, open_home
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.usage.far import cluster as far_cluster
from pricing_assets.usage.far import near_logs
from pricing_assets.usage.far.cluster import ClusterReader
from pricing_assets.usage.rollups import Rollups
from pricing_assets.usage.spark.session import Cluster
from tests.support import spark_cluster
from tests.support.command import ROOT
from tests.support.object_server import Bucket, Request
from tests.support.random_logs import BASE_DAY, random_books, random_rows, write_logs
from tests.support.workspace import LIMITS, NOON, READER, Workspace, bring_up_to_date, row

WORKERS = "AKIAWORKERSOFTESTS"


@dataclass(frozen=True)
class OneWorker:
    """A session that runs tasks in this process, handed over as they would be."""

    tasks: Sequence[tuple[str]] = ()
    work: bytes = b""

    def createDataFrame(self, rows: Sequence[tuple[str]], schema: str) -> "OneWorker":
        return replace(self, tasks=rows)

    def repartition(self, number: int) -> "OneWorker":
        return self

    def mapInArrow(self, work: object, schema: str) -> "OneWorker":
        return replace(self, work=cloudpickle.dumps(work))

    def toLocalIterator(self) -> Iterator[tuple[str]]:
        batch = pa.RecordBatch.from_pydict({"task": [task for (task,) in self.tasks]})
        for answers in pickle.loads(self.work)(iter([batch])):
            yield from ((text,) for text in answers.column(0).to_pylist())

    def stop(self) -> None:
        """Nothing was started."""


@dataclass(frozen=True)
class ThisProcess(Cluster):
    """A cluster of that session."""

    def connected(self) -> OneWorker:  # type: ignore[override]
        return OneWorker()


@pytest.fixture(autouse=True)
def one_reader_for_all_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks in this process begin no process of their own for each job."""
    monkeypatch.setattr(near_logs, "Reader", lambda: nullcontext(READER))


@pytest.fixture(scope="module")
def address(_object_server: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Connect server, whose workers have a key of their own."""
    with ExitStack() as started:
        with pytest.MonkeyPatch.context() as patch:  # of its process alone
            patch.setenv("AWS_ACCESS_KEY_ID", WORKERS)
            patch.setenv("PYSPARK_PYTHON", sys.executable)
            patch.setenv("PYTHONPATH", str(ROOT))
            patch.setenv("SPARK_CONF_DIR", str(ROOT / "tests" / "support" / "spark_conf"))
            folder = tmp_path_factory.mktemp("connect")
            found = started.enter_context(spark_cluster.connect(folder, "local[2]"))
        yield found


def run(workspace: Workspace, objects: Bucket, engine: Rollups | None = None) -> flow.Run:
    """One run over what lies in the bucket: on workers, or here with copies."""
    home = workspace.home
    with home.lock():
        given = RequestedSettings(books=tuple(map(str, workspace.books)), quarantine_limit="1")
        terms = open_home(home, given)
        made = flow.Run(home, terms, LIMITS, IngestOptions(reader=READER, stays=engine is not None))
        if engine is not None:
            made.engine = engine
        made.ingest(Inbox(objects.address("logs")))
        bring_up_to_date(made)
    return made


def random_workspace(folder: Path, rows: int) -> Workspace:
    """Random rows of every outcome in five logs."""
    rng = random.Random(11)
    books = tuple(random_books(rng, folder / "books", BASE_DAY))
    write_logs(rng, random_rows(rng, rows, "UTC", base=BASE_DAY), folder / "inbox", 5)
    return Workspace(folder, books)


def hold_against_copies(cluster: Cluster, objects: Bucket, workspace: Workspace) -> set[str]:
    """Hold what comes of logs by a cluster, in two runs, against what comes of copies here; returns who
    read logs for the first."""
    logs = sorted(workspace.inbox.rglob("*.parquet"))
    middle = (len(logs) + 1) // 2
    here = workspace.beside("here")
    readers: set[str] = set()

    def note(authorization: str) -> None:
        if "/logs/" in objects.server.requests[-1].path:
            readers.add("workers" if WORKERS in authorization else "command")

    engine = ClusterReader(cluster, objects.address("scratch"), LIMITS)
    for batch in (logs[:middle], logs[middle:]):  # the second has ids, and lines, of the first
        for log in batch:
            objects.put(f"logs/{log.name}", log)
        objects.server.watch(credentials=note)
        run(workspace, objects, Rollups(engine))
        objects.server.watch()
        run(here, objects)
        assert workspace.outputs() == here.outputs()
    assert [*workspace.home.logs.iterdir()] == []
    receipts = [records(one) for one in (workspace, here)]
    assert len(receipts[0]) == len(logs)
    assert receipts[0] == receipts[1]
    engine.close()
    assert not [key for key in objects.contents() if key.startswith("scratch/")]
    return readers


def records(workspace: Workspace) -> list[dict[str, object]]:
    """What receipts say, but for when logs came and where they stay."""
    of_run = ("received_at", "digest", "reference")
    return [
        {key: value for key, value in log.record().items() if key not in of_run}
        for log in workspace.home.all_receipts()
    ]


@pytest.mark.slow
def test_workers_make_the_same_bytes(
    workspace: Workspace, objects: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = NOON + timedelta(days=400)
    odd = row(event_id="e3", model="Nobody")
    workspace.log("a.parquet", row(), row(), odd, row(event_id="e4", event_time=later))
    workspace.log("b.parquet", row(), row(event_id="e9"))
    fetched: list[object] = []
    fetch = near_logs.Reducing._rows

    def counted(work: near_logs.Reducing, *given: Any) -> Path:
        fetched.append(work)
        return fetch(work, *given)

    monkeypatch.setattr(near_logs.Reducing, "_rows", counted)
    hold_against_copies(ThisProcess(), objects, workspace)
    assert fetched  # rows of the first log were looked at for those of the second


@pytest.mark.slow
def test_logs_that_were_copied_before_are_read_here(workspace: Workspace, objects: Bucket) -> None:
    objects.put("logs/a.parquet", workspace.log("a.parquet", row(), row(event_id="e2")))
    run(workspace, objects)
    objects.put("logs/b.parquet", workspace.log("b.parquet", row(), row(event_id="e9")))
    run(
        workspace,
        objects,
        Rollups(ClusterReader(ThisProcess(), objects.address("scratch"), LIMITS)),
    )
    here = workspace.beside("here")
    run(here, objects)
    assert workspace.outputs() == here.outputs()
    assert sorted(bool(log.reference) for log in workspace.home.all_receipts()) == [False, True]


@pytest.mark.slow
def test_workers_make_the_same_bytes_of_random_logs(objects: Bucket, tmp_path: Path) -> None:
    hold_against_copies(ThisProcess(), objects, random_workspace(tmp_path, 300))


@pytest.mark.slow
def test_the_machine_of_the_command_reads_no_log(
    address: str, objects: Bucket, tmp_path: Path
) -> None:
    readers = hold_against_copies(
        Cluster(remote=address), objects, random_workspace(tmp_path, 1500)
    )
    assert readers == {"workers"}


def test_workers_of_another_version_are_refused(
    workspace: Workspace, objects: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects.put("logs/a.parquet", workspace.log("a.parquet", row()))
    monkeypatch.setattr(far_cluster, "built", lambda: near_logs.built() | {"duckdb": "9.9"})
    engine = ClusterReader(ThisProcess(), objects.address("scratch"), LIMITS)
    with pytest.raises(ConfigurationError, match=r"the workers have duckdb .*, here 9\.9: install"):
        run(workspace, objects, Rollups(engine))


@pytest.mark.slow
def test_what_a_worker_rejects_is_rejected(workspace: Workspace, objects: Bucket) -> None:
    objects.put("logs/a.parquet", workspace.log("a.parquet", row()))
    objects.put("logs/b.parquet", b"no parquet")
    objects.put("logs/c.parquet", workspace.log("c.parquet", row(event_id="e2")))
    objects.put("logs/c.parquet.sha256", b"0" * 64)
    objects.put("logs/again/a.parquet", workspace.inbox / "a.parquet")
    engine = ClusterReader(ThisProcess(), objects.address("scratch"), LIMITS)
    found = run(workspace, objects, Rollups(engine)).arrivals
    assert [(one.path.rpartition("/")[2], one.reason) for one in found.rejected] == [
        ("b.parquet", "unreadable"),
        ("c.parquet", "wrong_digest"),
    ]
    assert len(found.taken) == len(found.redelivered) == 1
    again = run(workspace, objects, Rollups(engine)).arrivals
    assert (again.known, len(again.rejected)) == (4, 0)
    objects.put("logs/d.parquet", workspace.log("d.parquet", row(event_id="e3")))

    def overwrite(request: Request) -> None:
        if request.method == "GET" and request.path.endswith("/logs/d.parquet"):
            objects.put("logs/d.parquet", b"other bytes")

    objects.server.watch(before=overwrite)
    found = run(workspace, objects, Rollups(engine)).arrivals
    assert [one.reason for one in found.rejected] == ["unsettled"]


def test_a_store_that_does_not_answer_workers_ends_the_run(
    workspace: Workspace, objects: Bucket
) -> None:
    objects.put("logs/a.parquet", workspace.log("a.parquet", row()))

    def refuse(request: Request) -> tuple[str, bytes] | None:
        is_scratch = "/scratch/" in request.path and request.method == "PUT"
        return (
            ("403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>") if is_scratch else None
        )

    objects.server.watch(before=refuse)
    engine = ClusterReader(ThisProcess(), objects.address("scratch"), LIMITS)
    with pytest.raises(ConfigurationError, match="on the cluster: "):
        run(workspace, objects, Rollups(engine))
