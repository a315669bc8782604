"""Spark as an engine: the events of dates to `rollups`, `read_rows` and `candidate_rows`.

The workers write what they sum as Parquet into the home's scratch folder, so the driver's memory
does not grow with events; DuckDB takes it from there, and every rule and price with it.
"""

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import addresses
from pricing_assets.common.errors import ConfigurationError, EngineLost
from pricing_assets.contract.usage_dates import Piece
from pricing_assets.db.io import scan_parquet
from pricing_assets.home import Inputs, Receipt, derived
from pricing_assets.usage.spark import log_reader, session
from pricing_assets.usage.spark.translate import for_spark

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import DataFrame, SparkSession


@dataclass
class Spark:
    """An engine on a cluster. `root` is the home, or a folder around it, that every worker sees;
    `root_uri` is how they name it (None: by the same path)."""

    cluster: session.Cluster
    root: Path
    root_uri: str | None = field(default=None, repr=False)
    name: str = "spark"
    _session: "SparkSession | None" = field(default=None, repr=False)
    _scratch: Path = field(default=Path(), repr=False)

    def require(self) -> None:
        """Raise ConfigurationError where Spark cannot be started from here."""
        self.cluster.require()

    def identity(self) -> dict[str, str]:
        """Return what names this run of Spark in its own pages; empty before it was needed."""
        if self._session is None:
            return {}
        with _lost(self):
            return {"spark": str(self.cluster), **session.identity(self._session)}

    def without_secrets(self, text: str) -> str:
        """Return what Spark says, without the token or password by which it is reached."""
        return addresses.without(text, (self.cluster.remote, self.cluster.master, self.root_uri))

    def close(self) -> None:
        """End the session, if there is one."""
        opened, self._session = self._session, None
        if opened is not None:
            with _quietly():
                opened.stop()

    def open(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        receipts: Sequence[Receipt],
        pieces: Sequence[Piece],
    ) -> None:
        """Name the events of the logs on these pieces; nothing is read yet."""
        home, terms = inputs.home, inputs.settings
        self.uri(home.path)  # refused before anything starts
        self._scratch = home.scratch / f"spark-{uuid.uuid4().hex}"
        self._scratch.mkdir(parents=True)
        derived.ensure(home, receipts)
        sources = [derived.stored(home, log) for log in receipts]
        parts = log_reader.parts(con, sources, terms.dimensions, self._scratch)
        between = (min(p.span.start for p in pieces), max(p.span.end for p in pieces))
        con.sql("select * from pieces").write_parquet(str(self._scratch / "pieces.parquet"))
        with _lost(self):
            if self._session is None:
                self._session = self.cluster.open()
            spark = self._session
            frames = [
                log_reader.read(
                    spark, part, [self.uri(p) for p in part.paths], terms.dimensions, between
                )
                for part in parts
            ]
            logged = frames[0]
            for frame in frames[1:]:
                logged = logged.unionAll(frame)
            logged.createOrReplaceTempView("logged")
            self._view("pieces", spark.read.parquet(self.uri(self._scratch / "pieces.parquet")))
            for name, rows in (("dated", "usage/dated_rows"), ("events", "usage/log_rows")):
                self._view(name, spark.sql(for_spark(rows)))

    def rollups(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the tables `rollups` and `read_rows`."""
        self._make(con, "usage/rollups", "rollups")
        self._make(con, "usage/file_totals", "read_rows")

    def candidate_rows(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the table `candidate_rows`, from the tables `candidate_lines` and what Spark finds repeated."""
        target = self._scratch / "candidate_lines.parquet"
        con.sql("select * from candidate_lines").write_parquet(str(target))
        with _lost(self):
            spark = self._open
            functions = log_reader.functions(spark)
            kinds = spark.table("events").schema
            lines = spark.read.parquet(self.uri(target))
            # as the events' own types: equal keys have equal hashes only then
            keys = [
                functions.col(name).cast(kinds[name].dataType).alias(name) for name in lines.columns
            ]
            self._view("candidate_lines", lines.select(*keys))
            hashes = spark.sql(for_spark("usage/id_hashes")).groupBy("id_hash")
            repeated = hashes.count().filter("count > 1").select("id_hash")
            self._view("repeated_ids", repeated)
        self._make(con, "usage/candidate_rows", "candidate_rows")

    @property
    def _open(self) -> "SparkSession":
        if self._session is None:
            raise EngineLost("the Spark session was closed under the run; run again")
        return self._session

    def _view(self, name: str, frame: "DataFrame") -> None:
        frame.createOrReplaceTempView(name)

    def _make(self, con: "duckdb.DuckDBPyConnection", statement: str, name: str) -> None:
        """Let the workers write the statement's rows, and take them in when they are whole."""
        target = self._scratch / name
        with _lost(self):
            self._open.sql(for_spark(statement)).write.parquet(self.uri(target))
        if not (target / "_SUCCESS").is_file():
            raise EngineLost(
                f"Spark says that it wrote {addresses.shown(self.uri(target))}, and {target} has no _SUCCESS: let"
                " spark_home name this home as the workers see it (docs/scale_out.md)"
            )
        written = sorted(target.glob("*.parquet"))
        scan_parquet(con, written).create_view(f"written_{name}")
        con.execute(f"create or replace temp table {name} as from written_{name}")
        con.execute(f"drop view written_{name}")
        for file in written:
            file.unlink()

    def uri(self, path: Path) -> str:
        """Return a path of the home as the workers name it."""
        seen = self.root.resolve()
        root = (self.root_uri or f"file://{seen}").rstrip("/")
        inside = path.resolve().relative_to(seen).as_posix()
        uri = root if inside == "." else f"{root}/{inside}"
        if re.search(r"[*?\[\]{}\\]", uri):
            raise ConfigurationError(
                f"Spark takes {addresses.shown(uri)} for a pattern: a home that it reads has none of * ? [ ] {{ }} \\"
                " in its path"
            )
        return uri


@contextmanager
def _lost(engine: Spark) -> Iterator[None]:
    """End the attempt where Spark cannot go on: EngineLost, with the session dropped."""
    import py4j.protocol
    from pyspark.errors import AnalysisException, ParseException, PySparkException

    try:
        yield
    except (AnalysisException, ParseException) as error:
        if engine.without_secrets(str(error)) == str(error):
            raise
        raise RuntimeError(engine.without_secrets(str(error))) from None
    except (
        PySparkException,
        py4j.protocol.Py4JError,
        py4j.protocol.Py4JJavaError,
        OSError,
        *_grpc_errors(),
    ) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        engine.close()
        lost = EngineLost(
            f"Spark at {engine.cluster} did not finish: {engine.without_secrets(lines[0])}. Nothing"
            " was published by this attempt; what was published stays in force. Run again when"
            " Spark answers"
        )
        # Dagster stores the cause of an error beside it.
        raise lost from (error if engine.without_secrets(str(error)) == str(error) else None)


def _grpc_errors() -> tuple[type[Exception], ...]:
    try:
        import grpc
    except ImportError:
        return ()
    return (grpc.RpcError,)


@contextmanager
def _quietly() -> Iterator[None]:
    """Pass over the end of what is gone already."""
    import py4j.protocol
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, py4j.protocol.Py4JError, OSError, *_grpc_errors()):
        pass
