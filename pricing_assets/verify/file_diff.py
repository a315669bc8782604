"""Differences between a published file and the same file made again, in words, down to the line.

What is made again, and how, belongs to `recompute`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import files
from pricing_assets.common.text import counted
from pricing_assets.contract import billing as contract
from pricing_assets.contract.table_columns import Table
from pricing_assets.db import connection as duck
from pricing_assets.db.io import quoted, scan_csv, scan_parquet
from pricing_assets.verify.difference import Difference

if TYPE_CHECKING:
    import duckdb

MOST_LINES = 20
"""Lines of one file that are named; how many more differ is said."""


def between(
    published: Path, rebuilt: Path, table: Table, label: str, *, by_bytes: bool
) -> Iterator[Difference]:
    """Yield every difference between a published file and the same file made again."""
    import duckdb

    if not published.is_file():
        yield Difference(str(published), "is missing")
        return
    again = files.sha256_of(rebuilt)
    if by_bytes and files.sha256_of(published) == again == label:
        return
    try:
        with duck.connection(within=[published.parent, rebuilt.parent]) as con:
            lines = list(_lines(con, published, rebuilt, table))
    except duckdb.Error as error:
        yield Difference(str(published), f"cannot be read: {str(error).splitlines()[0]}")
        return
    yield from (Difference(str(published), line) for line in lines)
    if by_bytes and not lines:
        yield Difference(
            str(published), "its rows are those recomputed, its bytes are not (or the manifest's)"
        )


def _lines(
    con: "duckdb.DuckDBPyConnection", published: Path, rebuilt: Path, table: Table
) -> Iterator[str]:
    """Yield, in words, the lines of one file that are not in the other."""
    old, new = (_read(con, file, table) for file in (published, rebuilt))
    if published.suffix == ".parquet" and old.columns != new.columns:
        # Written by another layout: what both have is compared.
        both = [quoted(column) for column in new.columns if column in old.columns]
        old, new = old.project(", ".join(both)), new.project(", ".join(both))
    columns = old.columns
    gone = old.except_(new).order("all").limit(MOST_LINES + 1).fetchall()
    come = new.except_(old).order("all").limit(MOST_LINES + 1).fetchall()
    if not gone and not come:
        rows = [one.aggregate("count(*)").fetchall()[0][0] for one in (old, new)]
        if rows[0] != rows[1]:
            yield f"{counted(rows[0], 'row')} published, {rows[1]:,} recomputed"
        return
    key = [place for place, name in enumerate(columns) if name in _key(table)]
    by_key = [{tuple(row[place] for place in key): row for row in rows} for rows in (gone, come)]
    for name in [*by_key[0], *(one for one in by_key[1] if one not in by_key[0])][:MOST_LINES]:
        line = ", ".join("null" if value is None else str(value) for value in name)
        was, now = by_key[0].get(name), by_key[1].get(name)
        if was is None:
            yield f"{line}: recomputed ({_said(columns, now, key)}), not published"
        elif now is None:
            yield f"{line}: published ({_said(columns, was, key)}), not recomputed"
        else:
            yield f"{line}: " + "; ".join(
                f"{column} published {old_value}, recomputed {new_value}"
                for column, old_value, new_value in zip(columns, was, now, strict=True)
                if old_value != new_value
            )
    if max(len(gone), len(come)) > MOST_LINES:
        yield f"more than {MOST_LINES} lines differ; these are the first"


def _read(con: "duckdb.DuckDBPyConnection", file: Path, table: Table) -> "duckdb.DuckDBPyRelation":
    return scan_parquet(con, [file]) if file.suffix == ".parquet" else scan_csv(con, file, table)


def _key(table: Table) -> set[str]:
    """Return the columns that name a line; all where a file has no other."""
    values = {"events", "quantity", "per", "list_price", "price", "credits", "usd", "discount"}
    values |= {
        *contract.METERS,
        *contract.TOKEN_CLASSES,
        "rows",
        "platform_price",
        "platform_credits",
        "platform",
        "capped",
    }
    values |= {"least_credits", "most_credits"}
    if table.name in ("changes", "corrections"):  # one charge at two prices is two lines
        values -= {"per", "list_price", "price"}
    names = {column.name for column in table.columns}
    return names if table.name == "quarantine" else names - values


def _said(columns: Sequence[str], row: Sequence[object] | None, key: Sequence[int]) -> str:
    return ", ".join(
        f"{column} {value}"
        for place, (column, value) in enumerate(zip(columns, row or (), strict=True))
        if place not in key
    )
