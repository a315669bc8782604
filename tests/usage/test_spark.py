"""Spark against DuckDB: the same bytes by every way to a cluster, and whatever is lost on the way.

The `local` form runs where Java is; a real cluster, and its kills, are in the slow tests.
"""

import dataclasses
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import settings
from pipelines.definitions import defs
from pipelines.execution import SILENT
from pipelines.partitions import RANGE_END, RANGE_START
from pricing_assets import flow
from pricing_assets.common.errors import ConfigurationError, EngineLost
from pricing_assets.contract.outcomes import OUTCOMES
from pricing_assets.contract.usage_log import BLANKS
from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.statements import statement
from pricing_assets.home import Home
from pricing_assets.home.inputs import Inputs
from pricing_assets.home.opening import RequestedSettings, open_home
from pricing_assets.home.settings import HomeSettings
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.logs import parquet_footer as footer
from pricing_assets.logs import schema as log_schema
from pricing_assets.rates import books as rates
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.report import HomeView
from pricing_assets.usage import engine_check
from pricing_assets.usage import reduce as usage
from pricing_assets.usage.engine import DuckDB, Engine
from pricing_assets.usage.making import make_unit
from pricing_assets.usage.rollups import Rollups
from pricing_assets.usage.spark import session, translate
from pricing_assets.usage.spark.engine import Spark
from pricing_assets.usage.spark.session import Cluster
from pricing_assets.usage.spark.supported_types import shape_of
from pricing_assets.usage.staging import TABLES
from pricing_assets.usage.units import HELD, REDUCED, Units
from pricing_assets.verify.rollups import recompute
from tests.support import spark_cluster
from tests.support.cases import few_in_short
from tests.support.command import ROOT
from tests.support.inbox_logs import list_logs
from tests.support.random_logs import BASE_DAY, random_books, random_rows, received_at, write_logs
from tests.support.workspace import (
    CLASSED,
    LIMITS,
    NOON,
    RATES,
    RECEIVED,
    SCHEMA,
    Workspace,
    bring_up_to_date,
    row,
    spoil,
    write_card,
    write_log,
)

HAS_JAVA = shutil.which("java") is not None or "JAVA_HOME" in os.environ
needs_java = pytest.mark.skipif(
    not HAS_JAVA and not os.environ.get("CI"), reason="Spark needs Java 17, and none is here"
)
SLASH = Path("/")


@pytest.fixture(scope="module")
def local() -> Iterator[Spark]:
    """One driver for all tests of this file: it takes seconds to start."""
    with plain_configuration():
        engine = Spark(Cluster(master="local[2]"), SLASH)
        engine.cluster.require()
        yield engine
        engine.close()


@contextmanager
def plain_configuration() -> Iterator[None]:
    """Small processes that say little, whatever this machine's own Spark is told."""
    before = os.environ.get("SPARK_CONF_DIR")
    os.environ["SPARK_CONF_DIR"] = str(ROOT / "tests" / "support" / "spark_conf")
    yield
    del os.environ["SPARK_CONF_DIR"]
    if before is not None:
        os.environ["SPARK_CONF_DIR"] = before


# --- the subset --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", translate.SHARED)
def test_shared_statements_keep_to_the_subset(name: str) -> None:
    assert translate.findings(translate.parsed(name), may_hash=name in translate.CANDIDATES) == []


OUTSIDE = [
    ("a / b", "Div"),
    ("a // b", "IntDiv"),
    ("round(a)", "Round"),
    ("avg(a)", "Avg"),
    ("1.5", "not an integer"),
    ("1e3", "not an integer"),
    ("try_cast(a as bigint)", "TryCast"),
    ("cast(a as double)", "no type"),
    ("cast(a as hugeint)", "no type"),
    ("cast(a as ubigint)", "no type"),
    ("cast(a as timestamp with time zone)", "no type"),
    ("sum(a)", "sums are"),
    ("cast(sum(a) as decimal(38, 0))", "sums are"),
    ("upper(a)", "Upper"),
    ("hash(a)", "hash is not a function"),
    ("date_part('hour', a)", "outside"),
    ("a at time zone 'UTC'", "AtTimeZone"),
    ("list(a order by b)", "outside"),
    ("list_transform(a, lambda x: x + 1)", "outside"),
    ("regexp_matches(a, 'b')", "outside"),
    ("row_number() over (order by a)", "outside"),
    ("epoch(a)", "outside"),
    ("a::bigint / 2", "Div"),
    ("random()", "outside"),
    ("a like 'b%'", "Like"),
]


@pytest.mark.parametrize("expression, why", OUTSIDE, ids=[case for case, _ in OUTSIDE])
def test_lint_names_what_is_outside(expression: str, why: str) -> None:
    import sqlglot

    found = translate.findings(sqlglot.parse_one(f"select {expression} as x from t", read="duckdb"))
    assert any(why in finding or "preludes" in finding for finding in found), found


@pytest.mark.parametrize("name", translate.SHARED)
def test_translation_differs_in_spelling_only(name: str) -> None:
    said = translate.for_spark(name).lower()
    assert "hash(" not in said.replace("xxhash64(", "")
    assert "timestamp" not in said.replace("timestamp_ntz", "")


def test_preludes_have_the_same_functions() -> None:
    here = set(statement("prelude/duckdb").split())
    spark = " ".join(translate.prelude())
    for name in translate.PRELUDE:
        assert f"create temporary function {name}(" in spark
        assert any(word.startswith(f"{name}(") for word in here)


# --- what must be there ------------------------------------------------------------------------


def test_without_java_nothing_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="needs Java 17, and none is here"):
        settings.load(engine="spark").open_engine()
    settings.load(engine="spark", spark_remote="sc://somewhere:15002").open_engine()


def test_an_old_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"says: openjdk version .11\.0\.2"):
        session.require_java()


@pytest.mark.parametrize(
    "given, why",
    [
        ({"spark_remote": "http://x"}, "not a Spark Connect address"),
        ({"spark_home": "/mnt/home"}, "not a URI"),
        ({"spark_remote": "sc://x", "spark_master": "local[2]"}, "not both"),
        ({"engine": "flink"}, "engine"),
        ({"scratch_uri": "s3://b/scratch"}, 'add keep = "reference"'),
        ({"scratch_uri": "s3://b/c", "keep": "reference", "spark_home": "s3a://b/c"}, "not both"),
        ({"scratch_uri": "/mnt/scratch"}, "is not an address like s3://"),
    ],
)
def test_settings_that_cannot_be(given: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        settings.load(**({"engine": "spark"} | given)).open_engine()


def test_a_home_is_named_as_the_workers_see_it(tmp_path: Path) -> None:
    seen = Spark(Cluster(), tmp_path, "s3a://bucket/workspace/")
    assert seen.uri(tmp_path / "logs" / "a.parquet") == "s3a://bucket/workspace/logs/a.parquet"
    assert Spark(Cluster(), tmp_path).uri(tmp_path) == f"file://{tmp_path.resolve()}"
    with pytest.raises(ConfigurationError, match="for a pattern"):
        seen.uri(tmp_path / "[a]" / "b")


# --- the same bytes ----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Taken:
    """A home with logs taken in, and what DuckDB makes of each date."""

    home: Home
    terms: HomeSettings
    prices: rates.Rates
    days: list[date]
    stages: dict[date, Path]

    def same_units(self) -> None:
        """Hold what was made of logs against what DuckDB makes of them."""
        units = Units(self.home.rollups)
        assert {log for unit in units.units for log in unit.logs} == {
            log.file for log in self.inputs.receipts if log.dates
        }
        for unit in units.units:
            logs = [log for log in self.inputs.receipts if log.file in unit.logs]
            with duck.connection(LIMITS, self.home.path, [self.home.path]) as con:
                load_contract(con)
                load_prices(con, self.prices)
                again = self.home.path / "again"
                again.mkdir()
                for name, path in zip(
                    HELD[REDUCED], make_unit(con, self.inputs, logs, again), strict=True
                ):
                    here, there = (
                        scan_parquet(con, [one]) for one in (path, units.file(unit, name))
                    )
                    assert (here.columns, here.types) == (there.columns, there.types), name
                    here.create_view("here")
                    there.create_view("there")
                    for one, other in (("here", "there"), ("there", "here")):
                        beyond = con.sql(f"from {one} except all from {other}").fetchall()
                        assert beyond == [], (name, one)
                shutil.rmtree(again)

    def reduce(self, engine: Engine, stage: Path) -> dict[date, Path]:
        """Each date's tables by an engine."""
        with (
            self.home.lock(),
            duck.connection(LIMITS, self.home.scratch, [self.home.path, stage]) as con,
        ):
            made = usage.reduce_dates(
                con,
                self.inputs,
                self.days,
                stage,
                engine,
            )
        return made.stages

    @property
    def inputs(self) -> Inputs:
        """What the dates are made of."""
        return Inputs(self.home, self.home.all_receipts(), self.prices, self.terms)

    def same(self, engine: Engine, stage: Path) -> None:
        """Hold an engine's files against DuckDB's, byte by byte, and what it made of logs row by
        row."""
        made = self.reduce(engine, stage)
        self.same_units()
        assert made.keys() == self.stages.keys()
        for day, folder in self.stages.items():
            for name in TABLES:
                file = f"{name}.parquet"
                assert (made[day] / file).read_bytes() == (folder / file).read_bytes(), (day, name)


def taken(folder: Path, logs_in: Path, given: RequestedSettings, received: object) -> Taken:
    home = Home(folder / "home")
    with home.lock():
        terms = open_home(home, given)
        found = list_logs(logs_in, home)
        arrivals = intake.take_in(
            home, found, terms, IngestOptions(limits=LIMITS, received_at=received)
        )  # type: ignore[arg-type]
        assert not arrivals.rejected
    prices = rates.load([Path(book) for book in terms.books])
    days = sorted({date.fromisoformat(day) for log in home.all_receipts() for day in log.dates})
    made = Taken(home, terms, prices, days, {})
    return dataclasses.replace(made, stages=made.reduce(DuckDB(), folder / "duckdb"))


def random_home(
    seed: int, zone: str, dimensions: tuple[str, ...], folder: Path, *, small: bool = False
) -> Taken:
    """Random rows in some logs; few where every statement for a log counts."""
    rng = random.Random(seed)
    books = random_books(rng, folder / "books", BASE_DAY)
    rows = random_rows(rng, 1200 if small else 3000, zone, base=BASE_DAY)
    write_logs(rng, rows, folder / "inbox", 2 if small else rng.randint(3, 6))
    names = tuple(str(book) for book in books)
    given = RequestedSettings(timezone=zone, dimensions=dimensions, books=names)
    return taken(folder, folder / "inbox", given, received_at(base=BASE_DAY))


@pytest.mark.slow
@needs_java
def test_random_logs_of_every_outcome(local: Spark, tmp_path: Path) -> None:
    made = random_home(7, "Europe/Berlin", ("agent_id", "team"), tmp_path, small=True)
    with duck.connection(within=made.stages.values()) as con:
        files = [folder / "account.parquet" for folder in made.stages.values()]
        found = {name for (name,) in scan_parquet(con, files).select("outcome").fetchall()}
    undated = {"missing_event_time", "event_time_in_future"}
    assert found == {*OUTCOMES} - undated
    made.same(Rollups(local), tmp_path / "spark")


def run_by(engine: Engine, workspace: Workspace) -> None:
    """One run of the workspace by an engine."""
    home = workspace.home
    with home.lock():
        terms = open_home(
            home, RequestedSettings(books=tuple(map(str, workspace.books)), quarantine_limit="1")
        )
        found = list_logs(workspace.inbox, home)
        intake.take_in(home, found, terms, IngestOptions(limits=LIMITS, received_at=RECEIVED))
        bring_up_to_date(flow.Run(home, terms, LIMITS, engine=engine))


@pytest.mark.slow
@needs_java
def test_engines_take_turns_over_one_home(local: Spark, workspace: Workspace) -> None:
    """Each run adds a log, with ids that logs of the other engine have, and a line without a price."""
    spark, here = Rollups(local), Rollups()
    DAY = timedelta(days=1)
    for n, engine in enumerate((here, spark, here, spark)):
        workspace.log(
            f"{n}.parquet",
            row(event_id=f"only {n}", output_tokens=n),
            row(event_id=f"with {n // 2}", input_tokens=n),
            row(event_id="copy"),
            row(event_id=f"next {n}", event_time=NOON + DAY, model="Nobody's"),
        )
        run_by(engine, workspace)
        with workspace.home.lock():
            assert recompute(HomeView(workspace.home, workspace.home.settings()).inputs) == []
    fewer = RATES.replace("llm,Acme,Chat,platform,output_tokens,0.88,1000\n", "")
    since = {"effective_from": "2026-02-02T00:00:00Z", "published_at": "2026-02-09T00:00:00Z"}
    write_card(workspace.books[0], fewer, "second", **since)
    run_by(spark, workspace)
    fresh = workspace.beside("fresh")
    fresh.run()
    assert workspace.outputs() == fresh.outputs()
    assert workspace.sql("select reason, count(*) from quarantine group by all order by all") == [
        ("conflicting_duplicate", 4),
        ("no_rate", 7),
    ]


@pytest.mark.slow
@needs_java
def test_the_workers_read_each_log_once(
    local: Spark, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked of a log after its sums comes of the rows that the workers keep."""
    workspace.log("a.parquet", row(), row(event_id="e2"), row(model="Nobody's"))
    plans: list[str] = []
    written = Spark._written

    def noted(engine: Spark, query: str, name: str) -> list[Path]:
        asked = engine._open.sql(translate.for_spark(query))
        plans.append(asked._jdf.queryExecution().optimizedPlan().toString())  # type: ignore[attr-defined]
        return written(engine, query, name)

    monkeypatch.setattr(Spark, "_written", noted)
    run_by(Rollups(local), workspace)
    assert len(plans) == 4
    assert all("InMemoryRelation" in plan for plan in plans)
    assert local._open.catalog._jcatalog.isCached("events") is False  # type: ignore[attr-defined]


@pytest.mark.slow
@needs_java
def test_a_late_log_leaves_the_others_unread_by_spark(local: Spark, workspace: Workspace) -> None:
    workspace.log("a.parquet", row(), row(event_id="e2"))
    run_by(Rollups(local), workspace)
    spoil(next(iter(workspace.home.logs.iterdir())))
    (workspace.inbox / "a.parquet").unlink()
    workspace.log("b.parquet", row(event_id="late"))
    run_by(Rollups(local), workspace)
    assert workspace.sql("select events, credits from daily_usage") == [(3, Decimal("0.66"))]


ODD = ("a.b", "team", "back`tick")
"""Dimensions whose names a careless reader would take for something else."""


def odd_logs(folder: Path) -> list[Path]:
    """Columns of every Parquet type that a log may have, in files of one shape each."""
    folder.mkdir()
    plain = [row(event_id=f"e{n}", event_time=NOON + timedelta(seconds=n)) for n in range(40)]
    table = pa.Table.from_pylist(plain, SCHEMA)
    for place, name in enumerate(ODD):
        values = pa.array([f"{name} {n % (place + 2)}" for n in range(40)])
        table = table.append_column(name, values) if name != "team" else table
    table = table.append_column("Agent_ID", pa.array(["not read"] * 40))  # by case alone another
    whole = {
        "input_tokens": pa.array([2**63 + n if n % 9 == 0 else n for n in range(40)], pa.uint64())
    }
    small = {
        "input_tokens": pa.array(range(200, 240), pa.uint8()),
        "output_tokens": pa.array(range(-1, 39), pa.int8()),
        "characters": pa.array([None] * 40, pa.null()),
        "requests": pa.array([2**32 - 1 - n for n in range(40)], pa.uint32()),
    }
    wide = pa.struct([("height", pa.uint64()), ("more", pa.string()), ("width", pa.uint8())])
    image = {"height": 2**64 - 1, "more": "x", "width": 9}
    images = [None, [], [None], [image], [image | {"height": 700}], [image | {"width": None}]] * 7
    nanos = [None, -1, 0, 1_770_000_000_000_000_999, -(2**62), 2**62, 999, -999] * 5
    ticks = [None, -1, 0, 1_770_000_000_123, -62_135_596_800_000, 2**47, 999, -999] * 5
    beyond = [None, -1, 0, 1_770_000_000_000_123, -(2**63), 2**63 - 1, 999, -999] * 5
    floats = [None, float("nan"), 0.0, 7.0, -0.0, 1.5, float("inf"), 2.0**53 + 2] * 5
    kinds: dict[str, tuple[dict[str, pa.Array], dict[str, object]]] = {
        "plain": ({}, {}),
        "unsigned": (whole, {}),
        "small": (small, {}),
        "images": ({"images": pa.array(images[:40], pa.list_(wide))}, {}),
        "nanoseconds": ({"event_time": pa.array(nanos, pa.timestamp("ns"))}, {}),
        "milliseconds": ({"event_time": pa.array(ticks, pa.timestamp("ms", "Asia/Tokyo"))}, {}),
        "beyond": ({"event_time": pa.array(beyond, pa.timestamp("us", "UTC"))}, {}),
        "beyond_ms": ({"event_time": pa.array(beyond, pa.timestamp("ms"))}, {}),
        "doubles": ({"input_tokens": pa.array(floats, pa.float64())}, {}),
        "floats": ({"output_tokens": pa.array(floats, pa.float32()),
                    "requests": pa.array([float("nan")] * 40)}, {}),
        "halves": ({"output_tokens": pa.array(floats, pa.float32()).cast(pa.float16())}, {}),
        "int96": ({}, {"use_deprecated_int96_timestamps": True}),
        "old_lists": ({"images": pa.array(images[:40], pa.list_(wide))},
                      {"use_compliant_nested_type": False}),
        "row_groups": ({}, {"row_group_size": 7, "compression": "gzip"}),
        "dictionary": ({"model": pa.array(["Chat"] * 40).dictionary_encode()}, {}),
        "hidden": ({"filename": pa.array(["x"] * 40), "_metadata": pa.array(["y"] * 40)}, {}),
    }  # fmt: skip
    written = []
    for place, (name, (columns, options)) in enumerate(kinds.items()):
        ids = pa.array([f"{name} {n // 2 if place % 2 else n}" for n in range(40)])
        made = table.set_column(table.schema.get_field_index("event_id"), "event_id", ids)
        for column, values in columns.items():
            at = made.schema.get_field_index(column)
            made = (
                made.append_column(column, values)
                if at < 0
                else made.set_column(at, column, values)
            )
        pq.write_table(made, folder / f"{name}.parquet", **options)
        written.append(folder / f"{name}.parquet")
    return written


@pytest.mark.slow
@needs_java
def test_spark_reduces_every_parquet_type_like_duckdb(local: Spark, tmp_path: Path) -> None:
    odd_logs(tmp_path / "inbox")
    book = write_card(tmp_path / "book")
    given = RequestedSettings(dimensions=ODD, books=(str(book),))
    made = taken(tmp_path, tmp_path / "inbox", given, RECEIVED)
    assert len(made.days) > 1
    made.same(Rollups(local), tmp_path / "spark")


def test_what_spark_is_not_known_to_read_is_copied(tmp_path: Path) -> None:
    shapes = {}
    for path in odd_logs(tmp_path / "inbox"):
        opened = footer.open_file(path)
        schema = log_schema.held(path, opened, log_schema.schema_of(opened, ODD))
        shapes[path.stem] = shape_of(path, schema)
    copied = [name for name, shape in shapes.items() if shape is None]
    assert copied == ["beyond", "beyond_ms", "halves", "int96"]
    assert dict(shapes["nanoseconds"] or ())["event_time"] == "bigint"
    assert dict(shapes["unsigned"] or ())["input_tokens"] == "decimal(20,0)"
    assert (
        dict(shapes["images"] or ())["images"] == "array<struct<width:bigint,height:decimal(20,0)>>"
    )


@pytest.mark.slow
@needs_java
def test_token_classes_and_tiers_are_reduced_like_duckdb(local: Spark, tmp_path: Path) -> None:
    tiers = (None, "", "batch", "priority", "flex", "night")
    parts = ({}, {"cached_input_tokens": 7}, {"reasoning_tokens": 1}, {"audio_input_tokens": -1})
    rows = [
        row(event_id=f"{tier} {n}", tier=tier, **part)
        for tier in tiers
        for n, part in enumerate((*parts, {"cache_write_tokens": 1001}))
    ]
    write_log(tmp_path / "inbox" / "a.parquet", rows, CLASSED)
    given = RequestedSettings(books=(str(write_card(tmp_path / "book")),))
    made = taken(tmp_path, tmp_path / "inbox", given, RECEIVED)
    made.same(Rollups(local), tmp_path / "spark")


@needs_java
def test_functions_of_the_preludes_agree(local: Spark) -> None:
    spark = local.cluster.open()
    blanks = [*BLANKS, BLANKS, "", "\u200b", "a ", "\x1b", "\ufeff"]
    numbers = [-(2**63), -1001, -1000, -1, 0, 1, 999, 1000, 2**63 - 1]
    frame = spark.createDataFrame([(blank,) for blank in blanks], "t string")
    assert [found for (found,) in frame.selectExpr("is_blank(t)").collect()] == [
        not blank.strip() for blank in blanks
    ]
    frame = spark.createDataFrame([(number,) for number in numbers], "n bigint")
    floored = frame.selectExpr("unix_micros(cast(floor_to_microsecond(n) as timestamp_ltz))")
    assert [found for (found,) in floored.collect()] == [number // 1000 for number in numbers]
    reals = [0.0, -0.0, 1.0, 1.5, -7.0, 2.0**53, 2.0**53 + 2, 1e300, float("inf"), float("nan")]
    asked = "whole_of_float(d) as whole, is_bad_float(d) as bad"
    frame = spark.createDataFrame([*((real,) for real in reals), (None,)], "d double")
    by_spark = [tuple(one) for one in frame.selectExpr(*asked.split(", ")).collect()]
    with duck.connection() as con:
        asked_of = f"select {asked} from (select unnest($reals) as d)"
        by_duckdb = con.sql(asked_of, params={"reals": [*reals, None]}).fetchall()
    assert [(whole, bool(bad)) for whole, bad in by_spark] == [
        (whole, bool(bad)) for whole, bad in by_duckdb
    ]
    bad = [real for real, (_, is_bad) in zip(reals, by_spark, strict=False) if is_bad]
    assert bad == [1.5, 2.0**53 + 2, 1e300, float("inf")]


@needs_java
def test_one_process_has_one_driver(local: Spark) -> None:
    local.cluster.open()
    with pytest.raises(ConfigurationError, match=r"a driver of local\[2\] already, so none of"):
        Cluster(master="local[1]").open()


@needs_java
def test_a_setting_that_the_cluster_refuses_ends_it(
    local: Spark, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed = {"spark.sql.extensions": "no extension", "spark.sql.warehouse.dir": "no folder"}
    refused = {name: session.Deciding("none", f"{what} is used") for name, what in fixed.items()}
    monkeypatch.setattr(session, "DECIDING", session.DECIDING | refused)
    with pytest.raises(ConfigurationError) as raised:
        local.cluster.open()
    for name, what in fixed.items():  # each by itself, with what it guards
        assert re.search(
            rf"{name} = none \(it says .*\), so that {what} is used", str(raised.value)
        )
    assert "ansi" not in str(raised.value)


# --- what is lost ------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Losing(DuckDB):
    """An engine that is lost so many times before it answers."""

    losses: list[str] = dataclasses.field(default_factory=list)

    def rollups(self, con: duckdb.DuckDBPyConnection) -> None:
        super().rollups(con)
        if self.losses:
            raise EngineLost(self.losses.pop())


@pytest.mark.parametrize(
    ("losses", "in_dagster"), few_in_short([(1, False), (3, True), (1, True), (3, False)], 2)
)
def test_a_lost_engine_is_tried_again(
    losses: int, in_dagster: bool, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pricing_assets.usage.retries.RETRY_SECONDS", 0)
    workspace.log("one.parquet", row())
    with workspace.home.lock():
        terms = open_home(workspace.home, RequestedSettings(books=tuple(map(str, workspace.books))))
        intake.take_in(
            workspace.home,
            list_logs(workspace.inbox, workspace.home),
            terms,
            IngestOptions(limits=LIMITS),
        )
        run = flow.Run(workspace.home, terms, LIMITS, engine=Losing(losses=["gone"] * losses))
        day = NOON.date().isoformat()

        def published() -> None:
            if in_dagster:
                defs.resolve_job_def("daily").execute_in_process(
                    tags={RANGE_START: day, RANGE_END: day},
                    resources={"flow": run},
                    run_config=SILENT,
                )
            else:
                run.publish_range(NOON.date(), NOON.date())

        if losses == 1:
            published()
        else:
            with pytest.raises(EngineLost, match="gone"):
                published()
    current = workspace.home.current(NOON.date())
    assert (current is not None) == (losses == 1)


def test_an_address_where_nobody_answers_is_named(tmp_path: Path) -> None:
    port = spark_cluster.free_port()
    for cluster in (Cluster(f"sc://127.0.0.1:{port}"), Cluster(None, f"spark://127.0.0.1:{port}")):
        with pytest.raises(EngineLost, match="nobody answers"):
            cluster.open()


# --- a real cluster ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[spark_cluster.Standalone]:
    """In place of the driver of `local`: a process has one."""
    Cluster().require()
    from pyspark.sql import SparkSession

    if (running := SparkSession.getActiveSession()) is not None:
        running.sparkContext.stop()
    with (
        plain_configuration(),
        spark_cluster.standalone(tmp_path_factory.mktemp("cluster")) as made,
    ):
        yield made


def command(home: Path, *more: str, **variables: str) -> subprocess.Popen[bytes]:
    """A run in a process of its own; what it says is beside its home."""
    env = os.environ | {"CREDITMILL_ENGINE": "spark"} | variables
    words = [sys.executable, "-m", "pipelines.cli", "run", "--home", str(home), *more]
    with home.with_name(f"{home.name}.said").open("wb") as said:
        return subprocess.Popen(words, cwd=ROOT, env=env, stdout=said, stderr=said)


def done(run: subprocess.Popen[bytes], home: Path) -> None:
    """Wait for a run, which must have published all."""
    code = run.wait(600)
    assert code == 0, home.with_name(f"{home.name}.said").read_text()[-3000:]


def published(home: Path) -> dict[str, bytes]:
    reports = home / "reports"
    return {
        str(path.relative_to(reports)): path.read_bytes()
        for path in sorted(reports.rglob("*"))
        if path.suffix in (".parquet", ".csv")
    }


@pytest.mark.slow
@needs_java
def test_real_clusters_give_the_same_bytes(
    cluster: spark_cluster.Standalone, tmp_path: Path
) -> None:
    """The sample and random logs of every outcome by the command, and the golden set; each by
    standalone, then by Connect."""
    rng = random.Random(11)
    books = random_books(rng, tmp_path / "books", BASE_DAY)
    rows = random_rows(rng, 3000, "America/St_Johns", base=BASE_DAY)
    write_logs(rng, rows, tmp_path / "inbox", 5)
    options = ["--logs", str(tmp_path / "inbox"), "--timezone", "America/St_Johns"]
    options += [word for name in ("team", "agent_id") for word in ("--dimensions", name)]
    options += [word for book in books for word in ("--rates", str(book))]
    options += ["--quarantine-limit", "1"]
    inputs = {"sample": ["--sample"], "random": options}
    for kind, more in inputs.items():
        here = command(tmp_path / kind, *more, CREDITMILL_ENGINE="duckdb")
        assert here.wait(300) == 0, (tmp_path / f"{kind}.said").read_text()
    with spark_cluster.connect(tmp_path, "local[2]") as remote:
        ways = {"CREDITMILL_SPARK_MASTER": cluster.master, "CREDITMILL_SPARK_REMOTE": remote}
        for name, address in ways.items():
            for kind, more in inputs.items():
                home = tmp_path / f"{kind} {name}"
                done(command(home, *more, **{name: address}), home)
                found = published(home)
                assert found == published(tmp_path / kind)
                assert {Path(path).name for path in found} >= {
                    f"{table}.parquet"
                    for table in ("usage", "account", "quarantine", "charges", "daily_usage")
                }
        for at in (Cluster(None, cluster.master), Cluster(remote)):
            place = tmp_path / f"golden {'remote' if at.remote else 'standalone'}"
            place.mkdir()
            engine = Rollups(Spark(at, SLASH))
            compared, _ = engine_check.compare(place, engine, LIMITS)
            engine.close()
            assert not any(table.different for table in compared)


def until(holds: object, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
@needs_java
def test_a_killed_driver_leaves_the_last_version(
    cluster: spark_cluster.Standalone, tmp_path: Path
) -> None:
    inbox, book = tmp_path / "inbox", write_card(tmp_path / "book")
    options = ("--logs", str(inbox), "--rates", str(book))
    variables = {"CREDITMILL_SPARK_MASTER": cluster.master}
    homes = {name: tmp_path / name for name in ("killed", "sound")}
    write_log(inbox / "1.parquet", [row()])
    for home in homes.values():
        assert command(home, *options, CREDITMILL_ENGINE="duckdb").wait(300) == 0
    first = published(homes["killed"])
    rows = [
        row(event_id=f"e{n}", event_time=NOON + timedelta(milliseconds=n)) for n in range(50_000)
    ]
    write_log(inbox / "2.parquet", rows)
    assert command(homes["sound"], *options, CREDITMILL_ENGINE="duckdb").wait(300) == 0
    driver = command(homes["killed"], *options, **variables)
    until(lambda: any((homes["killed"] / "tmp").glob("spark-*/rollups")))
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    assert published(homes["killed"]) == first
    again = command(homes["killed"], *options, **variables)
    done(again, homes["killed"])
    assert published(homes["killed"]) == published(homes["sound"])


@pytest.mark.slow
@needs_java
def test_a_killed_worker_costs_no_byte(cluster: spark_cluster.Standalone, tmp_path: Path) -> None:
    """Last of the file: the cluster has one worker less after it."""
    made = random_home(12, "UTC", ("agent_id",), tmp_path)
    engine = Rollups(Spark(Cluster(None, cluster.master), SLASH))
    running = threading.Event()

    def kill() -> None:
        until(lambda: any(made.home.scratch.glob("spark-*/rollups")))
        running.set()
        os.killpg(cluster.workers[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    made.same(engine, tmp_path / "spark")
    killer.join()
    engine.close()
    assert running.is_set()
    assert cluster.state()["aliveworkers"] == 1


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for missing, cluster in (("sqlglot", Cluster()), ("grpc", Cluster("sc://somewhere"))):
        monkeypatch.setattr(session, "find_spec", lambda name, m=missing: None if name == m else 1)
        with pytest.raises(ConfigurationError, match=r"needs the extra \[spark\]"):
            cluster.require()


def test_a_session_that_is_gone_or_writes_elsewhere_is_a_lost_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Spark(Cluster(), tmp_path)
    with pytest.raises(EngineLost, match="was closed under the run"):
        _ = engine._open

    class Elsewhere:
        """Says that it wrote, and nothing is there."""

        def __getattr__(self, name: str) -> "Elsewhere":
            return self

        def __call__(self, *_: object) -> "Elsewhere":
            return self

    monkeypatch.setattr(engine, "_session", Elsewhere())
    monkeypatch.setattr(engine, "_scratch", tmp_path)
    with pytest.raises(EngineLost, match="has no _SUCCESS"):
        engine._written("usage/rollups", "rollups")


def test_a_statement_outside_the_subset_is_not_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translate, "findings", lambda *_, **__: ["no such word"])
    with pytest.raises(translate.OutsideTheSubset, match=r"sql/usage/rollups\.sql: no such word"):
        translate.for_spark.__wrapped__("usage/rollups")
