"""Where the rows of the tables of `credits.duckdb` lie, and how views read them.

Which tables and views are made of them belongs to `build`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pricing_assets.contract.table_columns import Table
from pricing_assets.db.io import quoted, view_scan
from pricing_assets.ledger import compute, standing


@dataclass(frozen=True)
class TableFiles:
    """Where the rows of the tables lie now; `classed` are folders whose files have columns of token
    classes."""

    current: dict[str, Path]
    blocked: dict[str, Path]
    undated: list[Path]
    corrected: dict[str, Path]
    booked: list[Path]
    ledger: list[Path]
    standing: Path | None
    classed: frozenset[Path]

    def files(self, table: str) -> list[Path]:
        """Return the Parquet files of a table's usage dates: a date's account is that of its last
        correction, and of its blocked attempt where there is one."""
        if table in standing.TABLES:
            return [] if self.standing is None else [self.standing / f"{table}.parquet"]
        if table in compute.TABLES:
            return [folder / f"{table}.parquet" for folder in self.ledger]
        if table == "corrections":
            return [folder / "corrections.parquet" for folder in self.booked]
        folders = dict(self.current)
        if table in ("account", "quarantine", "at_risk"):
            folders |= self.corrected | self.blocked
        if table == "changes":
            folders |= self.corrected
            folders = {day: one for day, one in folders.items() if _has_changes(one)}
        return [folders[day] / f"{table}.parquet" for day in sorted(folders)]


def _has_changes(folder: Path) -> bool:
    """Return whether a report has changes: not the first one of a date."""
    return (folder / "changes.parquet").is_file()


def scan(home: Path, table: Table, paths: Sequence[Path], source: TableFiles) -> str:
    """Return a scan, for a view, of files of a table, those without columns of token classes filled."""
    if not table.classes:
        return view_scan(home, paths)
    from pyarrow.parquet import read_schema

    by_date = {path: path.parent in source.classed for path in paths if path not in source.undated}
    # few logs have rows of no date; nothing but their files says what these hold
    undated = {
        path: not set(table.classes).isdisjoint(read_schema(path).names)
        for path in paths
        if path not in by_date
    }
    filled = ", ".join(f"{nothing} as {quoted(name)}" for name, nothing in table.filled.items())
    scans = []
    for holds, columns in ((True, "*"), (False, f"*, {filled}")):
        of_kind = [path for path, held in (by_date | undated).items() if held is holds]
        if of_kind:
            scans.append(f"select {columns} from {view_scan(home, of_kind)}")
    return f"({' union all by name '.join(scans)})"
