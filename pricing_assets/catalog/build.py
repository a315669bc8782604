"""`credits.duckdb`: what analysts open, built anew and replaced as a whole.

Small tables are copied; lines stay in the versions' Parquet, by explicit path. It holds nothing
that the folders do not.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.catalog.sources import ReportRow, load_closings, load_logs, load_reports
from pricing_assets.catalog.table_files import TableFiles, scan
from pricing_assets.common import files
from pricing_assets.common.damage import damaged
from pricing_assets.contract.ledger_tables import all_tables
from pricing_assets.contract.table_columns import Table
from pricing_assets.db import connection as duck
from pricing_assets.db.io import no_rows, quoted, text_literal, view_scan
from pricing_assets.db.statements import statement
from pricing_assets.home import Home, Receipt, closings, in_force
from pricing_assets.home.as_of import HomeAsOf
from pricing_assets.home.entries import LEDGER, STANDING
from pricing_assets.home.inputs import Inputs
from pricing_assets.home.names import is_database
from pricing_assets.ledger import standing, stored
from pricing_assets.rates import Rates
from pricing_assets.rates.relations import load_prices

if TYPE_CHECKING:
    import duckdb

LAYOUT = 8
"""Raised when the database is laid out anew; an older one is then rebuilt."""
KEPT = 2
"""Databases kept: the one in force, and the one before for readers that are about to open it."""


def refresh(inputs: Inputs, limits: duck.Limits, *, anew: bool = False) -> bool:
    """Bring `credits.duckdb` up to date with the folders; False where it already was.

    `anew` builds it in any case: its file may be damaged.
    """
    home, receipts = inputs.home, inputs.receipts
    versions, source = _look(home, receipts)
    target = home.catalogs / in_force.name_of(home, _digest(inputs, versions, source))
    link = os.path.join(home.catalogs.name, target.name)
    if (
        not anew
        and home.catalog.is_symlink()
        and os.readlink(home.catalog) == link
        and home.is_as_noted(target)
    ):
        return False
    with files.scratch_folder(home.scratch, "catalog-") as scratch:
        building = scratch / "credits.duckdb"
        with duck.connection(limits, home.scratch, [home.path]) as con:
            _fill(con, building, inputs, versions, source)
        os.chmod(building, 0o444)
        files.sync_file(building)
        files.move(building, target)
    home.note(target)
    files.point(home.catalog, link, home.scratch)
    _forget(home, target)
    return True


def write_as_of(then: HomeAsOf, target: Path, limits: duck.Limits) -> None:
    """Write the database of a home as it was, without prices; its views read the files of the home
    as they are. FileNotFoundError or an error of DuckDB where some are gone."""
    inputs = Inputs(then, then.all_receipts(), Rates(()), then.settings())
    versions, source = _look(then, inputs.receipts)
    with duck.connection(limits, within=[then.path, target.parent]) as con:
        _fill(con, target, inputs, versions, source)


def _fill(
    con: "duckdb.DuckDBPyConnection",
    target: Path,
    inputs: Inputs,
    versions: list[ReportRow],
    source: TableFiles,
) -> None:
    """Make a new database with every table."""
    duck.attach_new(con, target, "catalog")
    load_prices(con, inputs.rates)
    load_reports(con, versions)
    load_logs(con, inputs.receipts)
    load_closings(con, inputs.home)
    con.execute("use catalog")
    con.execute("begin")  # one transaction: each of a hundred would be made durable
    for table in all_tables(inputs.settings.dimensions).values():
        _build(con, inputs.home, table, source)
    con.execute("commit")
    con.execute("use memory")
    con.execute("detach catalog")


def _forget(home: Home, target: Path) -> None:
    """Drop databases that no reader is about to open."""
    older = sorted(
        (
            one
            for one in home.catalogs.iterdir()
            if is_database(one.name) and one != target and one.is_file()
        ),
        key=lambda path: path.stat().st_mtime_ns,
    )
    for path in older[: len(older) - (KEPT - 1)]:
        path.unlink(missing_ok=True)
        home.checked.forget(f"{home.catalogs.name}/{path.name}")


def _look(home: Home, receipts: Sequence[Receipt]) -> tuple[list[ReportRow], TableFiles]:
    """Return every version and blocked attempt as a row of `reports`, and where rows lie."""
    rows: list[ReportRow] = []
    current_folders: dict[str, Path] = {}
    blocked_folders: dict[str, Path] = {}
    corrected_folders: dict[str, Path] = {}
    booked: list[Path] = []
    classed: set[Path] = set()
    for day in home.dates():
        current = home.current(day)
        for version in home.versions(day):
            if current is None or version.number > current.number:
                continue
            state = "current" if version.number == current.number else "superseded"
            rows.append(ReportRow(state, version.manifest))
        if current is not None:
            current_folders[day.isoformat()] = current.folder
            if current.manifest.has_token_classes:
                classed.add(current.folder)
        booked += [correction.folder for correction in home.booked(day)]
        reported = home.reported(day)
        if reported is not None and reported != current:
            corrected_folders[day.isoformat()] = reported.folder
            if reported.manifest.has_token_classes:
                classed.add(reported.folder)
        blocked = home.blocked(day)
        if blocked is not None:
            for file in home.blocked_folder(day).glob("*.parquet"):
                if file.exists() and not file.is_file():
                    raise damaged(home.path, file, "it is not a regular file")
            rows.append(ReportRow("blocked", blocked))
            blocked_folders[day.isoformat()] = home.blocked_folder(day)
            if blocked.has_token_classes:
                classed.add(home.blocked_folder(day))
    undated = [home.undated(log.file) for log in receipts if log.undated]
    standings = list(stored.counting(home, STANDING))
    return rows, TableFiles(
        current_folders,
        blocked_folders,
        undated,
        corrected_folders,
        booked,
        [one.folder for one in stored.counting(home, LEDGER)],
        standings[-1].folder if standings else None,
        frozenset(classed),
    )


def _digest(inputs: Inputs, versions: list[ReportRow], source: TableFiles) -> str:
    home = inputs.home
    parts = [f"layout {LAYOUT}", str(home.path), repr(inputs.settings.dimensions)]
    for state, version in versions:
        day, published_at = version.usage_date, version.published_at
        parts.append(f"{day} {version.version} {state} {published_at} {version.output_digest}")
    parts += [f"correction {folder}" for folder in source.booked]
    parts += [f"ledger {folder}" for folder in (*source.ledger, source.standing) if folder]
    parts += [f"closing {act.number}" for act in closings.acts(home)]
    parts += [f"log {log.file}" for log in inputs.receipts]
    for book in inputs.rates.books:
        parts += [f"card {card.id} {card.sha256}" for card in book.cards]
        parts.append(f"aliases {' '.join(book.names_sha256)} of {book.path}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _build(
    con: "duckdb.DuckDBPyConnection",
    home: Home,
    table: Table,
    source: TableFiles,
) -> None:
    """Create one table or view, with its comments.

    A blocked attempt's folder goes when the date is published, while a reader may still hold this
    database: its rows are copied.
    """
    names = ", ".join(quoted(column.name) for column in table.columns)
    typed = ", ".join(
        f"cast({quoted(column.name)} as {column.type}) as {quoted(column.name)}"
        for column in table.columns
    )
    paths = source.files(table.name)
    kind = "table"
    if table.name in ("rates", "reports", "logs", "account", "closings"):
        if table.name == "account":
            stored = scan(home.path, table, paths, source) if paths else f"({no_rows(table)})"
            con.execute(f"create or replace temp view stored as from {stored}")
        con.execute(
            f"create table {table.name} as select {typed}"
            f" from ({statement(f'catalog/{table.name}')}) order by all"
        )
    elif table.name == "quarantine" and (paths or source.undated):
        # `logs` comes first in this database, for its names.
        kind = "table" if source.blocked else "view"
        # Rows of no date lie beside receipts, where no folder names a date.
        scans = [scan(home.path, table, some, source) for some in (paths, source.undated) if some]
        rows = " union all by name ".join(f"(from {scan})" for scan in scans)
        con.execute(
            f"create {kind} quarantine as select {typed}"
            f" from ({rows}) as stored left join logs using (file)"
        )
    elif not paths:
        con.execute(f"create table {table.name} as {no_rows(table)}")
    elif table.name in ("daily_usage", "corrections", *standing.TABLES):
        con.execute(
            f"create table {table.name} as select {typed}"
            f" from {view_scan(home.path, paths)} order by all"
        )
    else:
        kind = "table" if source.blocked and table.name == "at_risk" else "view"
        con.execute(
            f"create {kind} {table.name} as select {names} from {scan(home.path, table, paths, source)}"
        )
    comment(con, table, kind)


def comment(con: "duckdb.DuckDBPyConnection", table: Table, kind: str) -> None:
    """Comment a table or view and its columns with what they mean, from the contract."""
    comment = f"One row per {table.grain}."
    con.execute(f"comment on {kind} {table.name} is {text_literal(comment)}")
    for column in table.columns:
        con.execute(
            f"comment on column {table.name}.{quoted(column.name)}"
            f" is {text_literal(column.meaning)}"
        )
