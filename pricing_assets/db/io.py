"""Files as DuckDB reads and writes them: literally named, exactly typed, in total order.

What a table holds belongs to `contract.tables`.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract.table_columns import Table
from pricing_assets.contract.usage_log import LOG_COLUMNS

if TYPE_CHECKING:
    import duckdb

HOME_VARIABLE = "creditmill_home"
"""The variable that the views of `credits.duckdb` go by: where the home lies for who reads it."""


def literal_path(path: Path) -> str:
    """Return the path as DuckDB's readers take it: literally, where they would see a glob."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(path))


def view_scan(home: Path, paths: Sequence[Path]) -> str:
    """Return a scan, for a view, of explicit Parquet files of the home: under `HOME_VARIABLE`
    where it is set, else where the home lies now. A filter on `usage_date` opens the files of
    its dates only, by the folders' names, unless a folder around the home would be read as a
    column, too."""
    place = f"coalesce(getvariable('{HOME_VARIABLE}'), {text_literal(str(home))})"
    # the variable holds a path; DuckDB's readers take it literally only as `literal_path` spells it
    folder = rf"regexp_replace(rtrim({place}, '/'), '([*?\[])', '[\1]', 'g')"
    inside = ", ".join(text_literal("/" + literal_path(path.relative_to(home))) for path in paths)
    files = f"[{folder} || file for file in [{inside}]]"
    return f"read_parquet({files}, hive_partitioning = not contains({place}, '='))"


def scan_parquet(
    con: "duckdb.DuckDBPyConnection", files: Sequence[Path], *, by_name: bool = False
) -> "duckdb.DuckDBPyRelation":
    """Return a lazy scan of Parquet files, named one by one: of one schema, or of all columns that any
    of them has where `by_name`, null in the others."""
    return con.read_parquet(
        [literal_path(file) for file in files], hive_partitioning=False, union_by_name=by_name
    )


def scan_csv(
    con: "duckdb.DuckDBPyConnection", file: Path, table: Table
) -> "duckdb.DuckDBPyRelation":
    """Return a lazy scan of a CSV that `write_table` wrote of the table."""
    return con.read_csv(
        literal_path(file),
        header=True,
        columns={column.name: column.type for column in table.columns},
        auto_detect=False,
        allow_quoted_nulls=False,
        quotechar='"',
        escapechar='"',
        hive_partitioning=False,
    )


def quoted(identifier: str) -> str:
    """Return an identifier for DDL; only names of the contract and of settings come here."""
    return '"' + identifier.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """Return a text literal for DDL (comments, view definitions), where DuckDB takes no
    parameter."""
    return "'" + text.replace("'", "''") + "'"


def require_out(out: Path | None) -> None:
    """Raise ConfigurationError where a user's `--out` cannot be a CSV or Parquet file."""
    if out is not None and (out.suffix not in (".csv", ".parquet") or not out.parent.is_dir()):
        raise ConfigurationError(
            f"--out {out} must be a .csv or .parquet file in an existing folder"
        )
    if out is not None:
        files.require_writable("--out", out)


def no_rows(table: Table, dimensions: Collection[str] = ()) -> str:
    """Return a query of no rows with the table's columns, its dimensions also packed."""
    names = [f"cast(null as {column.type}) as {quoted(column.name)}" for column in table.columns]
    if dimensions:
        packed = ", ".join(f"{quoted(name)} := cast(null as varchar)" for name in dimensions)
        names.append(f"struct_pack({packed}) as dimensions")
    return f"select {', '.join(names)} where false"


def write_table(
    con: "duckdb.DuckDBPyConnection",
    table: Table,
    source: str,
    target: Path,
    dimensions: Collection[str],
    *,
    crlf: bool = False,
    **params: Any,
) -> None:
    """Write a table's columns of `source` (a relation or a query in brackets), cast and in total
    order, as Parquet or CSV by the target's suffix; `dimensions` come out of the struct. `crlf`
    ends the lines of a CSV as RFC 4180 does."""
    kind = {
        ".parquet": "format parquet, compression zstd, row_group_size 122880",
        ".csv": "format csv, header true" + (r", new_line '\r\n'" if crlf else ""),
    }[target.suffix]
    # In these tables a dimension that is a column of the log is that column, not of the struct.
    whole = table.name in ("quarantine", "snapshots")
    logged = {column.name for column in LOG_COLUMNS if column.name != "tier"} if whole else set()
    columns = ", ".join(
        f"cast({'dimensions.' if column.name in dimensions and column.name not in logged else ''}"
        f"{quoted(column.name)} as {column.type}) as {quoted(column.name)}"
        for column in table.columns
    )
    con.execute(
        f"copy (select {columns} from {source} order by all nulls last) to $target ({kind})",
        {"target": str(target), **params},
    )


def write_both(
    con: "duckdb.DuckDBPyConnection",
    table: Table,
    source: str,
    parquet: Path,
    dimensions: Collection[str],
    **params: Any,
) -> None:
    """Write a table as Parquet, and as CSV beside it in the same order, of what the Parquet holds:
    nothing is computed, cast or sorted twice."""
    write_table(con, table, source, parquet, dimensions, **params)
    scan_parquet(con, [parquet]).create_view("written", replace=True)
    con.execute(
        "copy (from written) to $target (format csv, header true)",
        {"target": str(parquet.with_suffix(".csv"))},
    )
