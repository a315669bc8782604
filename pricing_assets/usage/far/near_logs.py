"""What is done to logs on a worker, near where they lie: examine them, make units of them, fetch rows.

Each is what the machine of the command does, by the same code, in a temporary folder; answers are
text, and files go to the scratch place. How work is handed out belongs to `cluster`.
"""

import json
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common.errors import (
    ConfigurationError,
    CreditmillError,
    RejectedLog,
    StoreFailed,
)
from pricing_assets.contract import zones
from pricing_assets.contract.outcomes import RULES_VERSION
from pricing_assets.contract.usage_dates import Piece
from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Home, Inputs
from pricing_assets.home.receipt import receipt_of
from pricing_assets.home.settings import HomeSettings
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.object_place import Bucket
from pricing_assets.intake.reader import Reader
from pricing_assets.objects import Address, Object, Store, parse
from pricing_assets.rates import Rates
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.usage import making
from pricing_assets.usage.events import load_events
from pricing_assets.usage.units import FORMAT

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Task = dict[str, Any]
Answer = dict[str, Any]


def built() -> dict[str, str]:
    """Return the library versions that results depend on: a worker must have those of this machine."""
    packages = {name: version(name) for name in ("creditmill", "duckdb", "polars", "pyarrow")}
    packages["creditmill"] = (
        f"{packages['creditmill'].partition('+')[0]} rules {RULES_VERSION} format {FORMAT}"
    )
    return packages | {
        "tzdata": zones.release(),
        "python": platform.python_version().rpartition(".")[0],
    }


@dataclass(frozen=True)
class Work:
    """What every task goes by: the scratch place, and what this code is built of."""

    scratch: Address
    built: dict[str, str]

    def __call__(self, tasks: Iterator["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        """Do tasks, each a row of JSON, and answer each by one."""
        import pyarrow as pa

        with self._doing() as do:
            for batch in tasks:
                for text in batch.column(0).to_pylist():
                    task = json.loads(text)
                    answer = {"number": task["number"], **_answered(do, task)}
                    yield pa.RecordBatch.from_pydict({"answer": [json.dumps(answer)]})

    @contextmanager
    def _doing(self) -> Iterator[Callable[[Task], Answer]]:
        """Give what does one task, and what it holds for all."""
        raise NotImplementedError

    def _require_same(self) -> None:
        here = built()
        if here != self.built:
            differing = [
                f"{name} {here.get(name, '')}, here {wanted}"
                for name, wanted in self.built.items()
                if here.get(name) != wanted
            ]
            raise ConfigurationError(
                f"the workers have {'; '.join(differing)}: install the same there"
            )

    def _send(self, file: Path, place: str) -> str:
        """Bring a file to the scratch place; returns its key."""
        key = self.scratch.child(place).key
        Store.open(self.scratch).put(key, file)
        return key


def _answered(do: Callable[[Task], Answer], task: Task) -> Answer:
    """Return an answer, or what went wrong: nothing that Spark would try again."""
    try:
        return do(task)
    except RejectedLog as error:
        return {"rejected": error.reason, "detail": str(error)}
    except StoreFailed as error:
        return {"failed": "store", "detail": str(error)}
    except ConfigurationError as error:
        return {"failed": "configuration", "detail": str(error)}
    except CreditmillError as error:
        return {"failed": "log", "detail": str(error)}


@dataclass(frozen=True)
class Examining(Work):
    """Copy objects, hash them on the way, and examine them as they would be where they come to."""

    rules: Rules
    received_at: datetime

    @contextmanager
    def _doing(self) -> Iterator[Callable[[Task], Answer]]:
        with Reader() as reader:
            yield lambda task: self._examined(task, reader)

    def _examined(self, task: Task, reader: Reader) -> Answer:
        self._require_same()
        name = task["name"]
        address = parse(name)
        one = Object.of(address.key, task["size"], task["etag"], "")
        place = Bucket(Store.open(address), address, {name: one}, {}, {}, None, None, [])
        with tempfile.TemporaryDirectory(prefix="creditmill-") as folder:
            scratch = Path(folder)
            copy = scratch / "copy"
            sha256, size = place.set_aside(name, copy, self.rules.file_limits.file_bytes)
            kept = copy.rename(scratch / f"{sha256}.parquet")
            integrity = "digest" if task["is_stated"] else ""
            folder_of = name.rpartition("/")[0] or "/"
            log = Arrived(kept, name.rpartition("/")[2], sha256, size, integrity, folder_of)
            (became,) = reader.examine([log], self.rules, self.received_at, scratch)
            about = {"sha256": sha256, "version": place.reference_of(name).get("version", "")}
            if isinstance(became, RejectedLog):
                return about | {"rejected": became.reason, "detail": str(became)}
            undated = scratch / f"{sha256}.quarantine.parquet"
            sent = self._send(undated, undated.name) if became.undated else ""
            return about | {"receipt": asdict(became), "undated": sent}


@dataclass(frozen=True)
class Reducing(Work):
    """Make the files of some logs together, or fetch rows of them (`asked`: keys of the relations that
    say which)."""

    rates: Rates
    settings: HomeSettings
    limits: duck.Limits
    pieces: Sequence[Piece] = ()
    asked: tuple[tuple[str, str], ...] = ()

    @contextmanager
    def _doing(self) -> Iterator[Callable[[Task], Answer]]:
        yield self._made

    def _made(self, task: Task) -> Answer:
        self._require_same()
        logs = [receipt_of(record) for record in task["logs"]]
        with tempfile.TemporaryDirectory(prefix="creditmill-") as folder:
            home, made = Home(Path(folder, "home")), Path(folder, "made")
            made.mkdir()
            inputs = Inputs(home, logs, self.rates, self.settings)
            within = [home.path, Path(folder)]
            with duck.connection(self.limits, made, within) as con:
                if self.pieces:
                    paths: Sequence[Path] = [self._rows(con, inputs, Path(folder), made)]
                else:
                    load_contract(con)
                    load_prices(con, self.rates)
                    paths = making.make_unit(con, inputs, logs, made)
                keys = [self._send(path, f"{task['place']}/{path.name}") for path in paths]
        return {"files": keys}

    def _rows(
        self, con: "duckdb.DuckDBPyConnection", inputs: Inputs, folder: Path, made: Path
    ) -> Path:
        store = Store.open(self.scratch)
        for relation, key in self.asked:
            read = store.read(key)
            if read is None:
                raise ConfigurationError(f"{self.scratch.of(key)} is gone from the scratch place")
            file = folder / f"{relation}.parquet"
            file.write_bytes(read[0])
            scan_parquet(con, [file]).create_view(relation)
        load_pieces(con, list(self.pieces))
        load_events(con, inputs.home, inputs.receipts, self.pieces, self.settings)
        target = made / "rows.parquet"
        making.copy(con, statement("usage/units/rows_to_fetch"), target)
        return target
