"""A cluster that shares no folder: tasks go to its workers, what they make comes by a scratch place.

What a task does belongs to `near_logs`, how a session is opened to `usage.spark.session`.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common import files
from pricing_assets.common.errors import (
    ConfigurationError,
    CreditmillError,
    EngineLost,
    RejectedLog,
    StoreFailed,
)
from pricing_assets.contract.usage_dates import Piece
from pricing_assets.db.connection import Limits
from pricing_assets.db.io import scan_parquet
from pricing_assets.home import Inputs, Receipt
from pricing_assets.home.receipt import receipt_of
from pricing_assets.intake.arrived import Rules
from pricing_assets.intake.door import Examined, ObjectRequest
from pricing_assets.objects import Address, Store
from pricing_assets.usage import making
from pricing_assets.usage.far.near_logs import Answer, Examining, Reducing, Task, Work, built
from pricing_assets.usage.spark.losses import OnCluster, lost

if TYPE_CHECKING:
    import duckdb

TASK_MEMORY = 2_000_000_000
"""What DuckDB may take in each task where no setting says otherwise."""
TASKS_AT_ONCE = 2_000
"""Tasks of one job of Spark."""


@dataclass
class ClusterReader(OnCluster):
    """A reader of logs where they lie: `scratch_uri` is where its workers leave what they make."""

    scratch_uri: Address
    limits: Limits = field(default_factory=Limits)
    _number: int = 0

    @property
    def door(self) -> "ClusterReader":
        """Itself: it examines new logs, too."""
        return self

    @cached_property
    def place(self) -> Address:
        """Where this run's workers leave files: a prefix of its own."""
        return self.scratch_uri.child(f"creditmill-{uuid.uuid4().hex}")

    @cached_property
    def store(self) -> Store:
        """The store of the scratch place."""
        return Store.open(self.scratch_uri)

    def close(self) -> None:
        """End the session, if there is one, and remove what is left in the scratch place."""
        is_open = self._session is not None
        super().close()
        if is_open:
            with suppress(CreditmillError):  # what is left, the bucket's own rule removes
                for one in [*self.store.listed(self.place.key)]:
                    self.store.delete(one.key)

    def examine(
        self, asked: Sequence[ObjectRequest], rules: Rules, received_at: datetime, scratch: Path
    ) -> Iterator[Examined]:
        """Yield what became of each object; rows of no usage date lie as Parquet in `scratch`."""
        tasks = [
            {
                "name": one.name,
                "size": one.object.size,
                "etag": one.object.etag,
                "is_stated": one.is_stated,
            }
            for one in asked
        ]
        work = Examining(self.place, built(), rules, received_at)
        for task, answer in self._done(work, tasks):
            sha256, version = answer.get("sha256", ""), answer.get("version", "")
            if "rejected" in answer:
                became: Receipt | RejectedLog = RejectedLog(answer["rejected"], answer["detail"])
            else:
                became = receipt_of(answer["receipt"])
                if answer["undated"]:
                    self._fetch(answer["undated"], scratch / f"{sha256}.quarantine.parquet")
            yield Examined(task["name"], sha256, version, became)

    def make_units(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        groups: Sequence[Sequence[Receipt]],
    ) -> Iterator[tuple[Sequence[Receipt], tuple[Path, ...]]]:
        """Make the files of each group on a worker; those with a log that is in the home are made here."""
        far = [logs for logs in groups if all(log.reference for log in logs)]
        near = [logs for logs in groups if not all(log.reference for log in logs)]
        yield from making.one_by_one(making.make_unit, con, inputs, near)
        tasks = [self._task(logs) for logs in far]
        by_place = {task["place"]: logs for task, logs in zip(tasks, far, strict=True)}
        work = Reducing(self.place, built(), inputs.rates, inputs.settings, self._limits)
        for task, answer in self._done(work, tasks):
            with files.scratch_folder(inputs.home.scratch, "rollups-") as folder:
                paths = tuple(folder / key.rpartition("/")[2] for key in answer["files"])
                for key, path in zip(answer["files"], paths, strict=True):
                    self._fetch(key, path)
                yield by_place[task["place"]], paths

    def fetch_rows(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        logs: Sequence[Receipt],
        pieces: Sequence[Piece],
        target: Path,
    ) -> None:
        """Write the rows of logs that must be looked at, and were not."""
        near = [log for log in logs if not log.reference]
        far = [log for log in logs if log.reference]
        with files.scratch_folder(inputs.home.scratch, "fetched-") as folder:
            parts = []
            if near or not far:
                parts.append(folder / "near.parquet")
                making.LocalDuckDB().fetch_rows(con, inputs, near or logs, pieces, parts[0])
            asked = tuple(
                (name, self._send(con, name, columns, folder))
                for name, columns in (
                    ("missing_ids", "id_hash"),
                    ("missing_lines", "line_hash"),
                    ("looked_at", "file, row_number"),
                )
            )
            work = Reducing(
                self.place,
                built(),
                inputs.rates,
                inputs.settings,
                self._limits,
                tuple(pieces),
                asked,
            )
            for task, answer in self._done(work, [self._task([log]) for log in far]):
                parts.append(folder / f"{task['place']}.parquet")
                self._fetch(answer["files"][0], parts[-1])
            scan_parquet(con, sorted(parts)).create_view("fetched_far")
            making.copy(con, "from fetched_far", target)

    @property
    def _limits(self) -> Limits:
        return Limits(self.limits.memory or TASK_MEMORY, 1)

    def _task(self, logs: Sequence[Receipt]) -> Task:
        self._number += 1
        return {"place": f"{self._number:06d}", "logs": [dict(log.__dict__) for log in logs]}

    def _send(self, con: "duckdb.DuckDBPyConnection", name: str, columns: str, folder: Path) -> str:
        self._number += 1
        file = folder / f"{name}.parquet"
        making.copy(con, f"select {columns} from {name}", file)
        key = self.place.child(f"{self._number:06d}/{name}.parquet").key
        self.store.put(key, file)
        return key

    def _fetch(self, key: str, target: Path) -> None:
        """Bring a file from the scratch place, and remove it there."""
        found = self.store.head(key)
        if found is None:
            raise EngineLost(
                f"{self.scratch_uri.of(key)} is gone from the scratch place; run again"
            )
        files.copy_with_digest(self.store.opened(found), target, found.size)
        self.store.delete(key)

    def _done(self, work: Work, tasks: Sequence[Task]) -> Iterator[tuple[Task, Answer]]:
        """Yield each task with its answer, as they come. ConfigurationError, StoreFailed or
        CreditmillError where a worker says so."""
        for begin in range(0, len(tasks), TASKS_AT_ONCE):
            yield from self._job(work, tasks[begin : begin + TASKS_AT_ONCE])

    def _job(self, work: Work, tasks: Sequence[Task]) -> Iterator[tuple[Task, Answer]]:
        with lost(self):
            if self._session is None:
                self._session = self.cluster.connected()
            rows = [(json.dumps({"number": n, **task}),) for n, task in enumerate(tasks)]
            frame = self._session.createDataFrame(rows, "task string").repartition(len(rows))
            answers = frame.mapInArrow(work, "answer string").toLocalIterator()
            found = [json.loads(answer) for (answer,) in answers]
        for answer in found:
            _raise(answer)
            yield tasks[answer["number"]], answer


def _raise(answer: dict[str, Any]) -> None:
    """Raise what a worker could not do."""
    match answer.get("failed"):
        case "store":
            raise StoreFailed(f"on the cluster: {answer['detail']}")
        case "configuration":
            raise ConfigurationError(f"on the cluster: {answer['detail']}")
        case "log":
            raise CreditmillError(f"on the cluster: {answer['detail']}")
