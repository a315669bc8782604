"""Repeats: ids that an organization used again on another usage date, and the credits charged again.

An id counts once per usage date, so such a use is charged; this shows it, and changes no outcome.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.analysis import known
from pricing_assets.charges.pricing import price_lines
from pricing_assets.charges.trace import price_events
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract.table_columns import Table
from pricing_assets.contract.usage_log import Column
from pricing_assets.db import connection as duck
from pricing_assets.db.io import no_rows, scan_parquet, write_table
from pricing_assets.db.relations import make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import Inputs, Receipt, derived
from pricing_assets.home.targets import require_out
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.usage import reduce as usage
from pricing_assets.usage.engine import DuckDB, every_id
from pricing_assets.usage.events import load_events

if TYPE_CHECKING:
    import duckdb

MOST_SHOWN = 1000
"""Repeats that are handed over as such; a file holds them all."""

TABLE = Table(
    "repeats",
    "use of an id that the organization had used on an earlier usage date",
    (
        Column("org_id", "VARCHAR", "the organization that pays"),
        Column("event_id", "VARCHAR", "the id that came again"),
        Column("billing_type", "VARCHAR", "of the later use"),
        Column("first_date", "DATE", "usage date of the use before"),
        Column("first_file_name", "VARCHAR", "its log's name"),
        Column("first_file", "VARCHAR", "SHA-256 of its log"),
        Column("first_row", "BIGINT", "its row, from 0"),
        Column("first_outcome", "VARCHAR", "where it ended"),
        Column("usage_date", "DATE", "usage date of the later use"),
        Column("file_name", "VARCHAR", "its log's name"),
        Column("file", "VARCHAR", "SHA-256 of its log"),
        Column("row_number", "BIGINT", "its row, from 0"),
        Column("outcome", "VARCHAR", "where it ended"),
        Column("credits_at_stake", "DECIMAL(38,9)", "what the later use costs alone"),
    ),
)


@dataclass(frozen=True)
class Repeat:
    """One row of `TABLE`."""

    org_id: str
    event_id: str
    billing_type: str
    first_date: date
    first_file_name: str
    first_file: str
    first_row: int
    first_outcome: str
    usage_date: date
    file_name: str
    file: str
    row_number: int
    outcome: str
    credits_at_stake: Decimal


@dataclass(frozen=True)
class Repeats:
    """How many uses of ids are repeats, the credits charged again, and those with most."""

    count: int
    credits_at_stake: Decimal
    shown: list[Repeat]


def repeats(
    inputs: Inputs,
    within: int,
    between: tuple[date | None, date | None] = (None, None),
    limits: duck.Limits | None = None,
    out: Path | None = None,
) -> Repeats:
    """Return uses of ids on the dates between, each at most `within` days after the use before it.

    Dates are read one by one; what must be held of all of them is hashes of ids, which spill.
    Prices are those of the books now. `out` receives every repeat, as CSV or Parquet.
    ConfigurationError where `within` is less than a day.
    """
    if within < 1:
        raise ConfigurationError("--within must be 1 day or more")
    require_out(inputs.home, out)
    home, rates = inputs.home, inputs.rates
    first, last = between
    days = list(inputs.logs_by_date)
    known.require_any(days, first, last, "has logs")
    if first is not None:
        days = [day for day in days if (first - day).days <= within]
    if last is not None:
        days = [day for day in days if day <= last]
    with tempfile.TemporaryDirectory(prefix="creditmill-") as folder:
        scratch = Path(folder)
        for day in days:
            with duck.connection(limits, scratch, derived.folders(home)) as con:
                _load(con, inputs, day)
                _copy(con, "analysis/repeats/id_dates", scratch / f"{day}.ids.parquet")
        uses = []
        for day in _dates_with_repeats(days, within, scratch, limits):
            with duck.connection(limits, scratch, derived.folders(home)) as con:
                scan_parquet(con, [scratch / "candidates.parquet"]).filter(
                    f"usage_date = date '{day}'"
                ).create_view("ids_of_other_dates")
                _load(con, inputs, day)
                make_table(con, "analysis/repeats/events_of_ids")
                con.execute("create or replace temp view events as from events_of_ids")
                load_contract(con)
                load_prices(con, rates)
                usage.reduce_events(con, DuckDB(every_id), one_by_one=True)
                price_lines(con)
                price_events(con)
                uses.append(scratch / f"{day}.uses.parquet")
                _copy(con, "analysis/repeats/uses_of_ids", uses[-1])
        if not uses:
            if out is not None:
                _write_nothing(out)
            return Repeats(0, Decimal("0.000000000"), [])
        with duck.connection(limits, scratch, [out.parent] if out else []) as con:
            scan_parquet(con, uses).create_view("uses_of_ids")
            _load_file_names(con, inputs.receipts)
            con.execute(
                f"create temp table repeats as {statement('analysis/repeats/repeats')}",
                {"within": within, "first": first, "last": last},
            )
            return _told(con, out)


def _told(con: "duckdb.DuckDBPyConnection", out: Path | None) -> Repeats:
    if out is not None:
        write_table(con, TABLE, "repeats", out, ())
    found = con.table("repeats")
    columns = ", ".join(column.name for column in TABLE.columns)
    order = "credits_at_stake desc, org_id, event_id, usage_date"
    rows = found.project(columns).order(order).limit(MOST_SHOWN).fetchall()
    ((count, credits),) = found.aggregate(
        "count(*) as repeats, coalesce(sum(credits_at_stake), 0) as credits"
    ).fetchall()
    return Repeats(count, credits, [Repeat(*row) for row in rows])


def _load(con: "duckdb.DuckDBPyConnection", inputs: Inputs, day: date) -> None:
    """Create the view `events` of one date."""
    settings = inputs.settings
    pieces = inputs.rates.pieces([day], settings.timezone)
    load_pieces(con, pieces)
    load_events(con, inputs.home, inputs.logs_by_date[day], pieces, settings)


def _copy(con: "duckdb.DuckDBPyConnection", name: str, target: Path) -> None:
    con.execute(f"copy ({statement(name)}) to $target (format parquet)", {"target": str(target)})


def _dates_with_repeats(
    days: Sequence[date], within: int, scratch: Path, limits: duck.Limits | None
) -> list[date]:
    """Return the dates on which ids may have been used that another date near has, too; which ids,
    as hashes, is left in `candidates.parquet`."""
    if not days:
        return []
    with duck.connection(limits, scratch) as con:
        scan_parquet(con, [scratch / f"{day}.ids.parquet" for day in days]).create_view("id_dates")
        con.execute(
            f"copy ({statement('analysis/repeats/ids_of_other_dates')}) to $target (format parquet)",
            {"target": str(scratch / "candidates.parquet"), "within": within},
        )
        found = scan_parquet(con, [scratch / "candidates.parquet"])
        return [day for (day,) in found.project("usage_date").distinct().order("all").fetchall()]


def _load_file_names(con: "duckdb.DuckDBPyConnection", receipts: Sequence[Receipt]) -> None:
    import polars as pl

    named = pl.DataFrame(
        [(log.file, log.shown_name) for log in receipts],
        schema={"file": pl.String, "file_name": pl.String},
        orient="row",
    )
    register(con, "file_names", named)


def _write_nothing(out: Path) -> None:
    with duck.connection(within=[out.parent]) as con:
        write_table(con, TABLE, f"({no_rows(TABLE)})", out, ())
