"""DuckDB as this project uses it: one kind of connection, statements from `sql/`, exact writing.

No rule and no arithmetic of the contract belongs here.
"""

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common import resources
from pricing_assets.common.damage import damaged
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract.tables import Table, tables
from pricing_assets.contract.usage_log import LOG_COLUMNS

if TYPE_CHECKING:
    import duckdb

HOME_VARIABLE = "creditmill_home"
"""The variable that the views of `credits.duckdb` go by: where the home lies for who reads it."""
STORAGE_VERSION = "v1.2.0"
"""The oldest DuckDB that opens the databases made here."""
_NO_EXTENSIONS = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Limits:
    """What one run may use: memory in bytes (None: 60 % of what the machine, or the control group
    that the process runs in, has; at most 8 GB), threads."""

    memory: int | None = None
    threads: int | None = None

    def memory_bytes(self) -> int:
        """The memory that DuckDB may take."""
        if self.memory is not None:
            return self.memory
        return min(resources.available_memory() * 6 // 10, 8_000_000_000)


def data_folder(name: str) -> Path:
    """A folder that travels with the code (`sql`, `sample_data`), in a wheel or a checkout."""
    if name.startswith("pricing_assets/"):
        return _PACKAGE.parent / name
    in_wheel = _PACKAGE / "data" / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name


@cache
def statement(name: str) -> str:
    """The one statement of `sql/NAME.sql`."""
    return (data_folder("sql") / f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def connection(
    limits: Limits | None = None, spill: Path | None = None, within: Iterable[Path] = ()
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A private in-memory DuckDB in UTC, which spills into `spill`, and reads and writes files
    under that folder, the folders `within`, and nowhere else."""
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="spill-", dir=spill) as folder:
        config: dict[str, Any] = {
            **_NO_EXTENSIONS,
            "memory_limit": f"{limits.memory_bytes()}B",
            "temp_directory": folder,
        }
        if limits.threads is not None:
            config["threads"] = str(limits.threads)
        con = new_database(config)
        try:
            _lock(con, [*within, folder, *([spill] if spill else [])])
            yield con
        finally:
            con.close()


def new_database(config: dict[str, Any]) -> "duckdb.DuckDBPyConnection":
    """Open an in-memory DuckDB with these settings, and the functions of `sql/prelude`."""
    import duckdb

    con = duckdb.connect(":memory:", config=config)
    # DuckDB marks a column it writes as required where its statistics know of no null, and those
    # are of all dates of a run: without them, every column is optional and bytes depend on the
    # rows alone.
    con.execute("set disabled_optimizers = 'statistics_propagation'")
    con.execute(statement("prelude/duckdb"))
    return con


def attach_catalog(
    con: "duckdb.DuckDBPyConnection", database: Path, home: Path, name: str = "catalog"
) -> None:
    """Attach a published database, read-only, under a name; its views read the versions of the
    home at this path, wherever that was when they were made. DamagedFile where it is none."""
    import duckdb

    con.execute(f"set variable {HOME_VARIABLE} = $home", {"home": str(home)})
    try:
        con.execute(f"attach {text_literal(str(database))} as {name} (read_only)")
    except duckdb.Error as error:
        raise damaged(home, database, str(error).splitlines()[0]) from error
    found = con.execute(
        "select table_name from duckdb_tables() where database_name = $name union all"
        " select view_name from duckdb_views() where database_name = $name",
        {"name": name},
    ).fetchall()
    missing = tables(()).keys() - {table for (table,) in found}
    if missing:
        raise damaged(home, database, f"it has no table {', '.join(sorted(missing))}")


def attach_new(con: "duckdb.DuckDBPyConnection", database: Path, name: str) -> None:
    """Make a database that DuckDB of `STORAGE_VERSION` and newer opens, and attach it."""
    path = text_literal(str(database))
    con.execute(f"attach {path} as {name} (storage_version '{STORAGE_VERSION}')")


def temporary_folder(con: "duckdb.DuckDBPyConnection") -> Path:
    """Return a folder that goes with the connection, and that it may read."""
    (folder,) = con.sql("select current_setting('temp_directory')").fetchall()[0]
    made = Path(folder, "copies")
    made.mkdir(exist_ok=True)
    return made


@contextmanager
def open_catalog(database: Path, home: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection to a published database, read-only, and to the files of the home that its
    views name."""
    with connection(within=[home]) as con:
        attach_catalog(con, database, home)
        con.execute("use catalog")
        yield con


def _lock(con: "duckdb.DuckDBPyConnection", within: Iterable[Path | str]) -> None:
    """No file but under these folders, no extension, no network, and no way to change that."""
    folders = [os.path.abspath(folder) for folder in within]
    con.execute(
        "set allowed_directories = $folders",
        # Readers are given literal names as globs, and those are what DuckDB looks at.
        {"folders": [*folders, *(literal_path(Path(folder)) for folder in folders)]},
    )
    con.execute("set timezone = 'UTC'")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


def literal_path(path: Path) -> str:
    """The path as DuckDB's readers take it: literally, where they would see a glob."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(path))


def view_scan(home: Path, paths: Sequence[Path]) -> str:
    """A scan for a view of explicit Parquet files of the home, under `HOME_VARIABLE` where it is
    set, else where the home lies now. A filter on `usage_date` opens the files of its dates only,
    by the folders' names, unless a folder around the home would be read as a column, too."""
    place = f"coalesce(getvariable('{HOME_VARIABLE}'), {text_literal(str(home))})"
    # the variable holds a path; DuckDB's readers take it literally only as `literal_path` spells it
    folder = rf"regexp_replace(rtrim({place}, '/'), '([*?\[])', '[\1]', 'g')"
    inside = ", ".join(text_literal("/" + literal_path(path.relative_to(home))) for path in paths)
    files = f"[{folder} || file for file in [{inside}]]"
    return f"read_parquet({files}, hive_partitioning = not contains({place}, '='))"


def scan(con: "duckdb.DuckDBPyConnection", files: Sequence[Path]) -> "duckdb.DuckDBPyRelation":
    """A lazy scan of Parquet files of one schema, named one by one."""
    return con.read_parquet([literal_path(file) for file in files], hive_partitioning=False)


def scan_csv(
    con: "duckdb.DuckDBPyConnection", file: Path, table: Table
) -> "duckdb.DuckDBPyRelation":
    """A lazy scan of a CSV of the table that `write` wrote."""
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
    """An identifier for DDL; only names of the contract and of settings come here."""
    return '"' + identifier.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A text literal for DDL (comments, view definitions), where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def checked_out(out: Path | None) -> None:
    """ConfigurationError where a user's `--out` cannot be a CSV or Parquet file."""
    if out is not None and (out.suffix not in (".csv", ".parquet") or not out.parent.is_dir()):
        raise ConfigurationError(f"--out {out} must be a .csv or .parquet file in a folder that is")


def nothing(table: Table, dimensions: Collection[str] = ()) -> str:
    """Return a query of no rows with the table's columns, its dimensions also packed."""
    names = [f"cast(null as {column.type}) as {quoted(column.name)}" for column in table.columns]
    if dimensions:
        packed = ", ".join(f"{quoted(name)} := cast(null as varchar)" for name in dimensions)
        names.append(f"struct_pack({packed}) as dimensions")
    return f"select {', '.join(names)} where false"


def write(
    con: "duckdb.DuckDBPyConnection",
    table: Table,
    source: str,
    target: Path,
    dimensions: Collection[str],
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
    logged = {column.name for column in LOG_COLUMNS} if whole else set()
    columns = ", ".join(
        f"cast({'dimensions.' if column.name in dimensions and column.name not in logged else ''}"
        f"{quoted(column.name)} as {column.type}) as {quoted(column.name)}"
        for column in table.columns
    )
    con.execute(
        f"copy (select {columns} from {source} order by all nulls last) to $target ({kind})",
        {"target": str(target), **params},
    )
