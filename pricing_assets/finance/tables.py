"""The tables of an export: read from published versions, written as Parquet and CSV, summed again.

What a statement or FOCUS makes of them is in their own modules.
"""

import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common import files
from pricing_assets.contract import spreadsheets, tables
from pricing_assets.contract.table_columns import Table
from pricing_assets.db.io import quoted, scan_csv, scan_parquet, write_table
from pricing_assets.db.statements import statement
from pricing_assets.finance import credit_tables
from pricing_assets.finance.period import ExportSource
from pricing_assets.report.sides import view_stored

if TYPE_CHECKING:
    import duckdb

SUFFIXES = (".csv", ".parquet")
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class FileSums:
    """What a file holds: rows, credits and dollars."""

    rows: int
    credits: Decimal
    usd: Decimal

    @classmethod
    def of(cls, rows: int, charged: Decimal | None, usd: Decimal | None) -> "FileSums":
        """Return sums as SQL gives them: null where there is no row."""
        return cls(rows, charged or Decimal("0.000000000"), usd or Decimal("0.00000000000"))


@dataclass(frozen=True)
class Exported:
    """A table of an export, its dimensions, and the columns that its files are summed up by."""

    table: Table
    dimensions: tuple[str, ...] = ()
    summed: tuple[str, str] = ("credits", "usd")

    @property
    def name(self) -> str:
        """What its files are called."""
        return self.table.name


def exported(source: ExportSource) -> list[Exported]:
    """Return the tables of an export; `revenue` where the home has a ledger of credits."""
    dimensions = source.settings.dimensions
    exported_tables = [
        Exported(tables.stored(name, dimensions), () if name == "daily_usage" else dimensions)
        for name in ("daily_usage", "charges", "corrections")
    ]
    if source.ledger:
        exported_tables.append(
            Exported(credit_tables.REVENUE, (), ("closing_credits", "closing_deferred"))
        )
    return exported_tables


def load(con: "duckdb.DuckDBPyConnection", source: ExportSource) -> None:
    """Create the relations `daily_usage`, `charges`, `account`, `quarantine` and `corrections` of
    the period; `charges` and `corrections` with the dimensions packed, also those of the period
    before: `charges_before`, `corrections_before`."""
    versions = [version.folder for version in source.versions]
    booked = [correction.folder for correction in source.corrections]
    for name in ("daily_usage", "account", "quarantine"):
        view_stored(con, name, versions, (), name)
    view_stored(con, "charges", versions, source.settings.dimensions, "charges")
    view_stored(con, "corrections", booked, source.settings.dimensions, "corrections")
    if source.before is not None:
        for name, found in (
            ("charges", source.before.versions),
            ("corrections", source.before.corrections),
        ):
            folders = [one.folder for one in found]
            view_stored(con, name, folders, source.settings.dimensions, f"{name}_before")


def outcomes(con: "duckdb.DuckDBPyConnection") -> dict[str, int]:
    """Return rows of the period by outcome."""
    return dict(con.sql(statement("finance/outcomes")).fetchall())


def write(
    con: "duckdb.DuckDBPyConnection", source: ExportSource, stage: Path
) -> dict[str, dict[str, Any]]:
    """Write each table as CSV and Parquet; gives each file's entry of the manifest."""
    entries = {}
    for one in exported(source):
        for suffix in SUFFIXES:
            file = stage / f"{one.name}{suffix}"
            write_table(con, one.table, one.name, file, one.dimensions, crlf=True)
            entries[file.name] = entry(file, sums(con, file, one))
    return entries


def write_excel(
    con: "duckdb.DuckDBPyConnection", source: ExportSource, stage: Path
) -> dict[str, dict[str, Any]]:
    """Write each table's CSV once more, for Excel: with a BOM, and with text that Excel would run
    or change kept as text; the entries count these cells."""
    for name, pattern in spreadsheets.PATTERNS.items():
        con.execute(f"set variable {name} = ?", [pattern])
    con.execute(statement("finance/neutral"))
    entries = {}
    for one in exported(source):
        name = one.name
        file = stage / f"{name}.excel.csv"
        scan_parquet(con, [stage / f"{name}.parquet"]).create_view(f"{name}_plain")
        texts = [quoted(column.name) for column in one.table.columns if column.type == "VARCHAR"]
        neutral = ", ".join(f"neutral({text}) as {text}" for text in texts)
        unmarked = stage / f"{name}.unmarked.csv"
        con.execute(  # in the order of the other files, whatever a quote before a text sorts as
            f"copy (select * replace ({neutral}) from {name}_plain)"
            r" to $target (format csv, header true, new_line '\r\n')",
            {"target": str(unmarked)},
        )
        with file.open("wb") as marked, unmarked.open("rb") as rest:
            marked.write(BOM)
            shutil.copyfileobj(rest, marked)
        unmarked.unlink()
        changes = " + ".join(
            f"coalesce(cast(neutral({text}) <> {text} as int), 0)" for text in texts
        )
        ((neutralized,),) = con.sql(f"select sum({changes}) from {name}_plain").fetchall()
        entries[file.name] = entry(file, sums(con, file, one))
        entries[file.name]["neutralized"] = int(neutralized or 0)
    return entries


def sums(con: "duckdb.DuckDBPyConnection", file: Path, one: Exported) -> FileSums:
    """Return what the written file holds, read back."""
    read = scan_csv(con, file, one.table) if file.suffix == ".csv" else scan_parquet(con, [file])
    credited, usd = one.summed
    return FileSums.of(*read.aggregate(f"count(*), sum({credited}), sum({usd})").fetchall()[0])


def entry(file: Path, held: FileSums) -> dict[str, Any]:
    """Return what the manifest says of a file."""
    return {
        "sha256": files.sha256_of(file),
        "bytes": file.stat().st_size,
        "rows": held.rows,
        "credits": f"{held.credits:f}",
        "usd": f"{held.usd:f}",
    }
