"""Spark as what reads logs: their units (rollup, totals, ids, rows) are made of what its workers sum.

The workers write what they sum and find as Parquet into the home's scratch folder, and DuckDB takes it
from there, and every rule and price with it. Of rows that nobody looks at only organization and id come
here, to be hashed as those of every unit are.
"""

import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import addresses
from pricing_assets.common.errors import ConfigurationError, EngineLost
from pricing_assets.contract.usage_dates import Piece
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.relations import register
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Inputs, Receipt, derived
from pricing_assets.intake.door import Door
from pricing_assets.usage import making
from pricing_assets.usage.spark import log_reader
from pricing_assets.usage.spark.losses import OnCluster, lost, quietly
from pricing_assets.usage.spark.translate import for_spark

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import DataFrame, SparkSession


@dataclass
class Spark(OnCluster):
    """A reader of logs on a cluster. `root` is the home, or a folder around it, that every worker sees;
    `root_uri` is how they name it (None: by the same path)."""

    root: Path
    root_uri: str | None = field(default=None, repr=False)
    door: Door | None = field(default=None, repr=False)
    _scratch: Path = field(default=Path(), repr=False)

    def without_secrets(self, text: str) -> str:
        """Return what Spark says, without what reaches it, and without how its workers reach the home."""
        return super().without_secrets(addresses.without(text, (self.root_uri,)))

    def make_units(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        groups: Sequence[Sequence[Receipt]],
    ) -> Iterator[tuple[Sequence[Receipt], tuple[Path, ...]]]:
        """Make the files of one group of logs after the other."""
        return making.one_by_one(self.make_unit, con, inputs, groups)

    def make_unit(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        logs: Sequence[Receipt],
        folder: Path,
    ) -> tuple[Path, ...]:
        """Make the files of some logs together in a folder, as `making.make_unit` does, and with the
        same rows."""
        days = {date.fromisoformat(day) for log in logs for day in log.dates}
        pieces = inputs.rates.pieces(sorted(days), inputs.settings.timezone)
        load_pieces(con, pieces)
        names = ("rollup", "totals", "ids", "rows")
        paths = rollup, totals, ids, rows = tuple(folder / f"{name}.parquet" for name in names)
        with self._events(con, inputs, logs, pieces), self._kept_events():
            self._copy(con, "usage/rollups", "rollups", rollup)
            self._copy(con, "usage/file_totals", "totals", totals)
            scan_parquet(con, [rollup]).create_view("unit_rollups")
            making.make_candidate_lines(con)
            self._view_row_ids(con)
            con.execute("create or replace temp view events as from row_ids")
            register(con, "asked_ids", making.write_ids(con, ids))
            self._ask(con, statement("usage/units/candidate_keys"))
            self._copy(con, "usage/units/asked_rows", "rows", rows)
        return paths

    def fetch_rows(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        logs: Sequence[Receipt],
        pieces: Sequence[Piece],
        target: Path,
    ) -> None:
        """Write the rows of logs that must be looked at, and were not."""
        with self._events(con, inputs, logs, pieces):
            self._view_row_ids(con)
            con.execute("create or replace temp table asked_ids as select id_hash from missing_ids")
            self._ask(con, statement("usage/units/missing_keys"))
            scan_parquet(con, self._written("usage/units/asked_rows", "rows")).create_view(
                "asked_rows"
            )
            making.copy(con, statement("usage/units/rows_not_looked_at"), target)

    @contextmanager
    def _events(
        self,
        con: "duckdb.DuckDBPyConnection",
        inputs: Inputs,
        logs: Sequence[Receipt],
        pieces: Sequence[Piece],
    ) -> Iterator[None]:
        """Name the events of the logs on these pieces, as long as this lasts; nothing is read yet."""
        home, settings = inputs.home, inputs.settings
        self.uri(home.path)  # refused before anything starts
        self._scratch = home.scratch / f"spark-{uuid.uuid4().hex}"
        self._scratch.mkdir(parents=True)
        derived.ensure(home, logs)
        sources = [derived.stored(home, log) for log in logs]
        parts = log_reader.parts(con, sources, settings.dimensions, self._scratch)
        between = (min(p.span.start for p in pieces), max(p.span.end for p in pieces))
        con.sql("select * from pieces").write_parquet(str(self._scratch / "pieces.parquet"))
        with lost(self):
            if self._session is None:
                self._session = self.cluster.open()
            spark = self._session
            frames = [
                log_reader.read(
                    spark, part, [self.uri(p) for p in part.paths], settings.dimensions, between
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
        yield
        shutil.rmtree(self._scratch)

    @contextmanager
    def _kept_events(self) -> Iterator[None]:
        """Let the workers keep the events, in memory or else on their disks, as long as this lasts:
        they read and decode each log once, whatever is asked of it."""
        with lost(self):
            events = self._open.table("events").persist()
            self._view("events", events)
        try:
            yield
        finally:
            with quietly():
                events.unpersist()

    def _view_row_ids(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the view `row_ids`, which may be read until the events are let go."""
        found = self._written("usage/units/row_ids", "row_ids")
        scan_parquet(con, found).create_view("row_ids")

    def _ask(self, con: "duckdb.DuckDBPyConnection", lines: str) -> None:
        """Name the rows that the workers look for: of the lines of a query, and of the relation
        `asked_ids`."""
        targets = {name: self._scratch / f"{name}.parquet" for name in ("asked_lines", "positions")}
        con.sql(lines).write_parquet(str(targets["asked_lines"]))
        con.sql(statement("usage/units/positions")).write_parquet(str(targets["positions"]))
        with lost(self):
            spark = self._open
            functions = log_reader.functions(spark)
            kinds = spark.table("events").schema
            for name, target in targets.items():
                asked = spark.read.parquet(self.uri(target))
                # as the events' own types: equal keys have equal hashes only then
                keys = [
                    functions.col(column).cast(kinds[column].dataType).alias(column)
                    for column in asked.columns
                ]
                self._view(name, asked.select(*keys))

    @property
    def _open(self) -> "SparkSession":
        if self._session is None:
            raise EngineLost("the Spark session was closed under the run; run again")
        return self._session

    def _view(self, name: str, frame: "DataFrame") -> None:
        frame.createOrReplaceTempView(name)

    def _copy(self, con: "duckdb.DuckDBPyConnection", query: str, name: str, target: Path) -> None:
        """Write a statement's rows, which the workers find, as one file of Parquet."""
        scan_parquet(con, self._written(query, name)).create_view(f"written_{name}")
        making.copy(con, f"from written_{name}", target)

    def _written(self, query: str, name: str) -> list[Path]:
        """Let the workers write a statement's rows, and return the files when they are whole."""
        target = self._scratch / name
        with lost(self):
            self._open.sql(for_spark(query)).write.parquet(self.uri(target))
        if not (target / "_SUCCESS").is_file():
            raise EngineLost(
                f"Spark says that it wrote {addresses.shown(self.uri(target))}, and {target} has no _SUCCESS: let"
                " spark_home name this home as the workers see it (docs/scale_out.md)"
            )
        return sorted(target.glob("*.parquet"))

    def uri(self, path: Path) -> str:
        """Return a path of the home as the workers name it.
        ConfigurationError where Spark takes it for a pattern."""
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
