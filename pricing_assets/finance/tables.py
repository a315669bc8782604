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
from pricing_assets.finance.period import Source
from pricing_assets.report import changes as changed

if TYPE_CHECKING:
    import duckdb

NAMES = ("daily_usage", "charges", "corrections")
SUFFIXES = (".csv", ".parquet")
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Sums:
    """What a file holds: rows, credits and dollars."""

    rows: int
    credits: Decimal
    usd: Decimal

    @classmethod
    def of(cls, rows: int, charged: Decimal | None, usd: Decimal | None) -> "Sums":
        """Return sums as SQL gives them: null where there is no row."""
        return cls(rows, charged or Decimal("0.000000000"), usd or Decimal("0.00000000000"))


def load(con: "duckdb.DuckDBPyConnection", source: Source) -> None:
    """Create the relations `daily_usage`, `charges`, `account`, `quarantine` and `corrections` of
    the period; `charges` and `corrections` with the dimensions packed."""
    versions = [version.folder for version in source.versions]
    booked = [correction.folder for correction in source.corrections]
    for name in ("daily_usage", "account", "quarantine"):
        changed.load(con, name, versions, (), name)
    changed.load(con, "charges", versions, source.terms.dimensions, "charges")
    changed.load(con, "corrections", booked, source.terms.dimensions, "corrections")


def outcomes(con: "duckdb.DuckDBPyConnection") -> dict[str, int]:
    """Return rows of the period by outcome."""
    return dict(con.sql(statement("finance/outcomes")).fetchall())


def write(
    con: "duckdb.DuckDBPyConnection", source: Source, stage: Path
) -> dict[str, dict[str, Any]]:
    """Write each table as CSV and Parquet; gives each file's entry of the manifest."""
    entries = {}
    for name in NAMES:
        table = tables.stored(name, source.terms.dimensions)
        packed = () if name == "daily_usage" else source.terms.dimensions
        for suffix in SUFFIXES:
            file = stage / f"{name}{suffix}"
            write_table(con, table, name, file, packed, crlf=True)
            entries[file.name] = entry(file, sums(con, file, table))
    return entries


def write_excel(
    con: "duckdb.DuckDBPyConnection", source: Source, stage: Path
) -> dict[str, dict[str, Any]]:
    """Write each table's CSV once more, for Excel: with a BOM, and with text that Excel would run
    or change kept as text; the entries count these cells."""
    for name, pattern in spreadsheets.PATTERNS.items():
        con.execute(f"set variable {name} = ?", [pattern])
    con.execute(statement("finance/neutral"))
    entries = {}
    for name in NAMES:
        table = tables.stored(name, source.terms.dimensions)
        file = stage / f"{name}.excel.csv"
        scan_parquet(con, [stage / f"{name}.parquet"]).create_view(f"{name}_plain")
        texts = [quoted(one.name) for one in table.columns if one.type == "VARCHAR"]
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
        entries[file.name] = entry(file, sums(con, file, table))
        entries[file.name]["neutralized"] = int(neutralized or 0)
    return entries


def sums(con: "duckdb.DuckDBPyConnection", file: Path, table: Table) -> Sums:
    """Return what the written file holds, read back."""
    read = scan_csv(con, file, table) if file.suffix == ".csv" else scan_parquet(con, [file])
    return Sums.of(*read.aggregate("count(*), sum(credits), sum(usd)").fetchall()[0])


def entry(file: Path, held: Sums) -> dict[str, Any]:
    """Return what the manifest says of a file."""
    return {
        "sha256": files.sha256_of(file),
        "bytes": file.stat().st_size,
        "rows": held.rows,
        "credits": f"{held.credits:f}",
        "usd": f"{held.usd:f}",
    }
