"""Rollups: each log is reduced once, and a date is the sum of its logs.

Made of a log: its rollup (sums by line), its ids (sorted hashes) and the rows to be looked at one by
one. Where they are kept, and under what they are known, belongs to `derived`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import files, resources
from pricing_assets.common.batching import batches
from pricing_assets.contract import usage_dates
from pricing_assets.db.io import scan_parquet
from pricing_assets.db.relations import make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Home, Receipt
from pricing_assets.home.settings import HomeSettings as Terms
from pricing_assets.rates import Rates
from pricing_assets.rates.resolution import answer
from pricing_assets.usage.derived import REDUCED, ROWS, Derived, Unit, key_of
from pricing_assets.usage.reduce import load_events

if TYPE_CHECKING:
    import duckdb
    import polars as pl

ROWS_A_UNIT = 1_000_000
"""Logs are reduced together up to this many rows, so that thousands of small ones share files."""
BYTES_AN_ID = 100
"""What is left free per row where hashes are sorted in memory."""


@dataclass(frozen=True)
class _Opened:
    """The logs of a run's dates, and where their derived files are."""

    home: Home
    derived: Derived
    logs: dict[str, Receipt]
    keys: dict[str, str]
    pieces: Sequence[usage_dates.Piece]
    terms: Terms

    @property
    def days(self) -> set[date]:
        return {piece.usage_date for piece in self.pieces}

    def units(self) -> list[Unit]:
        """The units of the logs, each once."""
        found = [self.derived.reduced(log, key) for log, key in self.keys.items()]
        return list({id(unit): unit for unit in found if unit is not None}.values())


@dataclass
class Rollups:
    """The default engine: sums of logs, each of which is reduced when it is first asked for."""

    _opened: _Opened | None = field(default=None, repr=False)

    def open(
        self,
        con: "duckdb.DuckDBPyConnection",
        home: Home,
        receipts: Sequence[Receipt],
        pieces: Sequence[usage_dates.Piece],
        terms: Terms,
        rates: Rates,
    ) -> None:
        """Reduce the logs that are not, and name what was made of all; the contract and the prices
        are loaded."""
        engine, boundaries = _identity(), rates.price_boundaries()
        keys = {log.file: key_of(log, terms, boundaries, engine) for log in receipts}
        derived = Derived(home.derived)
        logs = {log.file: log for log in receipts}
        new = {log: logs[log].rows for log in logs if derived.reduced(log, keys[log]) is None}
        for batch in batches(new, ROWS_A_UNIT):
            _reduce(con, home, [logs[log] for log in batch], keys, terms, rates, derived)
        load_pieces(con, list(pieces))
        self._opened = _Opened(home, derived, logs, keys, pieces, terms)
        register(con, "wanted_logs", _frame({"file": list(logs)}))
        _view_looked_at(con, self._opened, terms)

    def tallies(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Make `tallies` and `read_rows`: sums of the logs' own."""
        made_of = self._require()
        rollups = [made_of.derived.file(unit, "rollup") for unit in made_of.units()]
        _view_of_dates(con, "log_rollups", rollups)
        make_table(con, "usage/derived/merged_rollups", "tallies")
        con.execute(
            "create or replace temp view read_rows as " + statement("usage/derived/file_totals")
        )

    def suspects(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Make the view `suspects`: the rows that were looked at when their logs were reduced, and
        those that must be now: of ids that several logs have, and of lines that lost their price."""
        made_of = self._require()
        register(con, "repeated", _repeated(made_of))
        make_table(con, "usage/derived/missing_ids")
        make_table(con, "usage/derived/missing_lines")
        where = con.sql("select file from missing_ids union select file from missing_lines")
        missing = sorted(file for (file,) in where.fetchall())
        if missing:
            logs = [made_of.logs[log] for log in missing]
            load_events(con, made_of.home, logs, made_of.pieces, made_of.terms)
            with files.scratch_folder(made_of.home.scratch, "rows-") as folder:
                target = folder / "rows.parquet"
                _copy(con, statement("usage/derived/rows_to_fetch"), target)
                keys = {log: made_of.keys[log] for log in missing}
                made_of.derived.add(ROWS, keys, [target])
            _view_looked_at(con, made_of, made_of.terms)
        con.execute("create or replace temp view suspects as from looked_at")

    def identity(self) -> dict[str, str]:
        """Nothing: it is this process."""
        return {}

    def close(self) -> None:
        """Nothing is held."""

    def _require(self) -> _Opened:
        assert self._opened is not None, "open comes first"
        return self._opened


def _identity() -> str:
    """Return what names the hashes of ids: those of another are never compared with them."""
    import duckdb

    return f"duckdb {duckdb.__version__}"


def _reduce(
    con: "duckdb.DuckDBPyConnection",
    home: Home,
    logs: Sequence[Receipt],
    keys: Mapping[str, str],
    terms: Terms,
    rates: Rates,
    derived: Derived,
) -> None:
    """Make the derived files of some logs, over all dates that they hold."""
    days = sorted({date.fromisoformat(day) for log in logs for day in log.dates})
    pieces = rates.pieces(days, terms.timezone)
    load_pieces(con, pieces)
    load_events(con, home, logs, pieces, terms)
    register(
        con, "unit_logs", _frame({"file": [log.file for log in logs]}).with_row_index("log_no")
    )
    rows = statement("usage/derived/unit_rows") if len(logs) > 1 else _ONE_LOG
    con.execute(f"create or replace temp view unit_rows as {rows}")
    with files.scratch_folder(home.scratch, "derived-") as folder:
        rollup, ids, rest = (folder / f"{name}.parquet" for name in ("rollup", "ids", "rows"))
        _copy(con, statement("usage/derived/log_rollups"), rollup)
        scan_parquet(con, [rollup]).create_view("unit_rollups")
        make_table(con, "usage/derived/line_kinds", "tallies")
        make_table(con, "usage/classified_rollups", "ruled")
        con.execute("create or replace temp view line_keys as from ruled where reason is null")
        answer(con)
        make_table(con, "usage/candidate_lines", "open_lines")
        _copy(con, statement("usage/derived/unit_ids"), ids, ", parquet_version v2")
        register(con, "repeated_ids", _repeated_within(ids))
        _copy(con, statement("usage/derived/unit_candidates"), rest)
        con.execute("drop table tallies; drop table ruled")
        derived.add(REDUCED, {log.file: keys[log.file] for log in logs}, (rollup, ids, rest))


_ONE_LOG = "select events.*, 0 as log_no from events"


def _repeated_within(ids: Path) -> "pl.DataFrame":
    """Return the hashes that come more than once in a file of ids, which is sorted by them."""
    import polars as pl

    hashes = pl.read_parquet(ids, columns=["id_hash"])["id_hash"]
    return pl.DataFrame({"id_hash": hashes.filter(hashes == hashes.shift(1)).unique()})


def _repeated(made_of: _Opened) -> "pl.DataFrame":
    """Return each log and hash of an id that may have come more than once on a usage date, with its
    rows there. Hashes are looked at in as many parts as memory asks for."""
    import polars as pl

    rows = sum(log.rows for log in made_of.logs.values())
    parts = 1 + rows * BYTES_AN_ID // resources.available_memory()
    found = []
    for part in range(parts):
        hashes = pl.concat([_ids_of(unit, made_of, part, parts) for unit in made_of.units()])
        ordered = hashes["id_hash"].sort()
        again = ordered.filter(ordered == ordered.shift(1)).unique()
        found.append(hashes.join(again.to_frame(), on="id_hash", how="semi"))
    names = _frame({"file": list(made_of.logs)}).with_row_index("place")
    counted = pl.concat(found).group_by("place", "id_hash").agg(rows=pl.len())
    return counted.join(names, on="place").select("file", "id_hash", "rows")


def _ids_of(unit: Unit, made_of: _Opened, part: int, parts: int) -> "pl.DataFrame":
    """Return the place of the log and the hash of each row of a unit's logs on the run's dates."""
    import polars as pl

    places = {log: place for place, log in enumerate(made_of.logs)}
    named = pl.Series([places.get(log) for log in unit.logs], dtype=pl.UInt32)
    ids = pl.scan_parquet(made_of.derived.file(unit, "ids"))
    ids = ids.filter(pl.col("usage_date").is_in(sorted(made_of.days)))
    if parts > 1:
        ids = ids.filter(pl.col("id_hash") % parts == part)
    if len(unit.logs) == 1:
        place = pl.lit(named[0], pl.UInt32)
    else:
        place = pl.col("log_no").replace_strict(
            list(range(len(named))), named, return_dtype=pl.UInt32
        )
    return ids.select(place=place, id_hash="id_hash").drop_nulls("place").collect()


def _view_looked_at(con: "duckdb.DuckDBPyConnection", made_of: _Opened, terms: Terms) -> None:
    """The view `looked_at`: rows of the logs that were looked at one by one so far, each once."""
    paths = [made_of.derived.file(unit, "rows") for unit in made_of.units()]
    _view_of_dates(con, "looked_at_first", paths)
    later = [made_of.derived.file(unit, "rows") for unit in made_of.derived.rows_of(made_of.keys)]
    _view_of_dates(con, "looked_at_later", later or paths[:1])
    make_table(con, "usage/derived/rows_fetched")
    con.execute(
        "create or replace temp view looked_at as"
        " select * from looked_at_first union all by name select * from rows_fetched"
    )


def _view_of_dates(con: "duckdb.DuckDBPyConnection", name: str, paths: Sequence[Path]) -> None:
    """A view of what derived files hold of the wanted logs on the dates of `pieces`."""
    scan_parquet(con, paths).create_view(f"every_{name}")
    con.execute(
        f"create or replace temp view {name} as select * from every_{name}"
        " where file in (select file from wanted_logs)"
        " and usage_date in (select usage_date from pieces)"
    )


def _frame(columns: Mapping[str, Iterable[str]]) -> "pl.DataFrame":
    import polars as pl

    return pl.DataFrame(
        {name: pl.Series(values, dtype=pl.String) for name, values in columns.items()}
    )


def _copy(con: "duckdb.DuckDBPyConnection", query: str, target: Path, more: str = "") -> None:
    con.execute(
        f"copy ({query}) to $target (format parquet, compression zstd{more})",
        {"target": str(target)},
    )
