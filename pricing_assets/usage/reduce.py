"""Usage: reduce the logs of usage dates to lines, and decide every row's outcome.

One scan sums all rows; only rows that may not count are looked at by themselves, and those of one
file that are all alike together. Credits are not computed here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pricing_assets.common import resources
from pricing_assets.common.decimals import BIGINT_MAX
from pricing_assets.contract import tables, usage_dates
from pricing_assets.db.io import no_rows, write_table
from pricing_assets.db.relations import make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Home, Receipt
from pricing_assets.home.inputs import Inputs
from pricing_assets.home.settings import HomeSettings as Terms
from pricing_assets.logs import relation as events
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.rates.resolution import answer

if TYPE_CHECKING:
    import duckdb

TABLES = ("lines", "usage", "account", "quarantine", "snapshots")


@dataclass
class Reduced:
    """What the reduction made of each date; `failed` says why a date has no result,
    `outcomes` counts rows."""

    stages: dict[date, Path] = field(default_factory=dict)
    failed: dict[date, str] = field(default_factory=dict)
    outcomes: dict[date, dict[str, int]] = field(default_factory=dict)

    def __or__(self, other: "Reduced") -> "Reduced":
        """Return what both made, of dates of their own."""
        return Reduced(
            self.stages | other.stages,
            self.failed | other.failed,
            self.outcomes | other.outcomes,
        )


Candidates = Callable[["duckdb.DuckDBPyConnection"], None]
"""Makes the relation `repeated_ids` (`id_hash`) from `events`: hashes of ids that may have come
more than once on a usage date. Any superset gives the same result."""


BYTES_A_HASH = 100
"""What is left free per row where hashes are sorted in memory: they take a quarter of it."""


def repeated_ids(con: "duckdb.DuckDBPyConnection") -> None:
    """Equal 64-bit hashes, found by sorting them: a third of the cost of grouping, which they are
    where there are too many for this machine's memory."""
    ((rows,),) = con.sql("select coalesce(sum(events), 0) from classified_rollups").fetchall()
    if rows * BYTES_A_HASH > resources.available_memory():
        make_table(con, "usage/repeated_ids")
        return
    import polars as pl

    hashes = con.sql(statement("usage/id_hashes")).pl()["id_hash"].sort()
    repeated = hashes.filter(hashes == hashes.shift(1)).unique()
    register(con, "repeated_ids", pl.DataFrame({"id_hash": repeated}))


def every_id(con: "duckdb.DuckDBPyConnection") -> None:
    """Choose the largest superset there is; slow, and equal in every byte."""
    con.execute(f"create temp table repeated_ids as {statement('usage/id_hashes')}")


class Engine(Protocol):
    """What reads single events: everything after it works on lines and on few rows."""

    def open(
        self,
        con: "duckdb.DuckDBPyConnection",
        home: Home,
        receipts: Sequence[Receipt],
        pieces: Sequence[usage_dates.Piece],
        terms: Terms,
    ) -> None:
        """Name the events: every row of the logs on these pieces of dates."""

    def rollups(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the relations `rollups` and `read_rows`."""

    def candidate_rows(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the relation `candidate_rows`, which may be read twice; the table `candidate_lines` is there."""

    def identity(self) -> dict[str, str]:
        """Return what names a run of the engine in its own pages."""

    def close(self) -> None:
        """Let go of what is held beyond this process."""


@dataclass(frozen=True)
class DuckDB:
    """The default engine: the run's own connection."""

    candidates: Candidates = repeated_ids

    def open(
        self,
        con: "duckdb.DuckDBPyConnection",
        home: Home,
        receipts: Sequence[Receipt],
        pieces: Sequence[usage_dates.Piece],
        terms: Terms,
    ) -> None:
        """Create the view `events`."""
        load_events(con, home, receipts, pieces, terms)

    def rollups(self, con: "duckdb.DuckDBPyConnection") -> None:
        """All rows, summed once; rows of files are counted where they are needed."""
        make_table(con, "usage/rollups")
        con.execute(f"create or replace temp view read_rows as {statement('usage/file_totals')}")

    def candidate_rows(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Return a scan of the columns that hashes need; whole rows are read where they are looked at."""
        self.candidates(con)
        con.execute(
            f"create or replace temp view candidate_rows as {statement('usage/candidate_rows')}"
        )

    def identity(self) -> dict[str, str]:
        """Nothing: it is this process."""
        return {}

    def close(self) -> None:
        """Nothing is held."""


def reduce_dates(
    con: "duckdb.DuckDBPyConnection",
    inputs: Inputs,
    days: Sequence[date],
    stage: Path,
    engine: Engine | None = None,
) -> Reduced:
    """Reduce all rows of the dates, and write each date's tables under `stage`."""
    rates, settings = inputs.rates, inputs.settings
    isodays = {day.isoformat() for day in days}
    logs = [receipt for receipt in inputs.receipts if isodays & receipt.dates.keys()]
    engine = engine or DuckDB()
    pieces = rates.pieces(days, settings.timezone)
    if not logs or not pieces:  # all their rows lie on other dates by now
        return Reduced({day: write_nothing(con, day, settings.dimensions, stage) for day in days})
    load_pieces(con, pieces)
    engine.open(con, inputs.home, logs, pieces, settings)
    load_contract(con)
    load_prices(con, rates)
    reduce_events(con, engine)
    for name in ("usage", "account", "snapshots"):
        make_table(con, f"usage/{name}")
    make_quarantined(con)
    con.execute("drop table decided_rows; drop table classified_rollups")
    return staged(con, days, settings.dimensions, stage)


def staged(
    con: "duckdb.DuckDBPyConnection",
    days: Iterable[date],
    dimensions: tuple[str, ...],
    stage: Path,
) -> Reduced:
    """Write what the relations of `TABLES` hold of the dates, but for dates beyond BIGINT."""
    made = Reduced()
    too_much = beyond_bigint(con)
    for day in days:
        if day in too_much:
            made.failed[day] = too_much[day]
        else:
            made.stages[day] = write_date(con, day, dimensions, stage)
    for day, outcome, rows in con.sql(statement("usage/outcome_counts")).fetchall():
        if day in made.stages or day in made.failed:
            made.outcomes.setdefault(day, {})[outcome] = rows
    return made


def reduce_events(
    con: "duckdb.DuckDBPyConnection", engine: Engine, *, one_by_one: bool = False
) -> None:
    """Create, from the engine's events and the prices, `lines` and `rated_lines`, `classified_rollups`
    (the rules that each rollup breaks, and its key), and `outcomes`, which holds every row that is not
    rated: those of one file that are all alike as one row with their number, or each by itself."""
    engine.rollups(con)
    make_table(con, "usage/classified_rollups")
    con.execute("drop table rollups")
    con.execute(
        "create or replace temp view line_keys as from classified_rollups where reason is null"
    )
    answer(con)
    make_table(con, "usage/candidate_lines")
    engine.candidate_rows(con)
    con.execute(
        f"create or replace temp table candidate_groups as {statement('usage/candidate_groups')}",
        {"one_by_one": one_by_one},
    )
    make_table(con, "usage/decided_rows")
    for name in ("lines", "rated_lines", "outcomes"):
        make_table(con, f"usage/{name}")


def make_quarantined(con: "duckdb.DuckDBPyConnection") -> None:
    """Create the view `quarantined_rows`, from `outcomes`. Only where several rows that are all alike
    ended in quarantine, where each is listed, are the logs read for them once more."""
    several = con.sql(
        "select count(*) from outcomes where rows > 1"
        " and outcome not in ('rated', 'duplicate', 'not_billable', 'superseded')"
    ).fetchall()
    if several == [(0,)]:
        con.execute(
            "create temp table quarantined_copies (file text, first_row bigint, row_number bigint)"
        )
    else:
        make_table(con, "usage/quarantined_copies")
    con.execute(
        f"create or replace temp view quarantined_rows as {statement('usage/quarantined_rows')}"
    )


def load_events(
    con: "duckdb.DuckDBPyConnection",
    home: Home,
    logs: Sequence[Receipt],
    pieces: Sequence[usage_dates.Piece],
    terms: Terms,
) -> None:
    """Create the view `events`: every row of the logs on these dates."""
    sources = [
        (
            home.log(log.file),
            log.schema,
            log.future_after if log.undated.get("event_time_in_future") else None,
        )
        for log in logs
    ]
    first = min(piece.span.start for piece in pieces)
    last = max(piece.span.end for piece in pieces)
    view_dated(con, events.relation_of(con, sources, terms.dimensions, (first, last)), pieces)
    con.execute(f"create or replace temp view events as {statement('usage/log_rows')}")


def view_dated(
    con: "duckdb.DuckDBPyConnection",
    logged: "duckdb.DuckDBPyRelation",
    pieces: Sequence[usage_dates.Piece],
) -> None:
    """Create the view `dated`: rows of the pieces' dates, each with its date and interval."""
    import duckdb
    from duckdb import ConstantExpression, StarExpression

    if len(pieces) > 1:
        logged.create_view("logged")
        con.execute(f"create or replace temp view dated as {statement('usage/dated_rows')}")
        return
    # One piece is all there is: the common case, and a tenth cheaper without a join.
    ((day, since),) = ((piece.usage_date, piece.rates_from) for piece in pieces)
    logged.select(
        StarExpression(),
        ConstantExpression(day).cast(duckdb.dtype("DATE")).alias("usage_date"),
        ConstantExpression(since.replace(tzinfo=None))
        .cast(duckdb.dtype("TIMESTAMP"))
        .alias("rates_from"),
    ).create_view("dated")


def beyond_bigint(con: "duckdb.DuckDBPyConnection") -> dict[date, str]:
    """Dates with a quantity that no BIGINT holds, and the first such line by name."""
    found = con.sql(
        statement("usage/bigint_overflows"), params={"bigint_max": BIGINT_MAX}
    ).fetchall()
    failed: dict[date, str] = {}
    for day, org_id, billing_type, brand, model, meter, quantity in found:
        failed.setdefault(
            day,
            f"{meter} of {org_id!r}, {billing_type}, {brand} {model} sum up to {quantity}, more"
            " than a BIGINT holds; look for a sender that logs absurd quantities",
        )
    return failed


def write_nothing(
    con: "duckdb.DuckDBPyConnection", day: date, dimensions: tuple[str, ...], stage: Path
) -> Path:
    """One folder with the tables of a date that no row falls on."""
    folder = stage / f"usage_date={day.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        table = tables.stored(name, dimensions)
        source = f"({no_rows(table, dimensions)})"
        write_table(con, table, source, folder / f"{name}.parquet", dimensions)
    return folder


def write_date(
    con: "duckdb.DuckDBPyConnection", day: date, dimensions: tuple[str, ...], stage: Path
) -> Path:
    """One folder with the date's tables as Parquet."""
    folder = stage / f"usage_date={day.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        write_table(
            con,
            tables.stored(name, dimensions),
            f"({statement(f'usage/stored/{name}')})",
            folder / f"{name}.parquet",
            dimensions,
            usage_date=day,
        )
    return folder
