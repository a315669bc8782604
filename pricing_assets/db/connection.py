"""DuckDB as this project uses it: one kind of connection, statements from `sql/`, exact writing.

No rule and no arithmetic of the contract belongs here.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common import resources
from pricing_assets.common.damage import damaged
from pricing_assets.common.errors import DamagedFile
from pricing_assets.contract.tables import tables
from pricing_assets.db import contract_functions
from pricing_assets.db.io import HOME_VARIABLE, literal_path, text_literal
from pricing_assets.db.statements import run, statement

if TYPE_CHECKING:
    import duckdb

STORAGE_VERSION = "v1.2.0"
"""The oldest DuckDB that opens the databases made here."""
LEAST_MEMORY = 14_000_000
"""Bytes below which DuckDB does not get through one date of one small log: 12 MB fail, 14 do not."""
_NO_EXTENSIONS = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


@dataclass(frozen=True)
class Limits:
    """What one run may use: memory in bytes (None: 60 % of what the machine, or the control group
    that the process runs in, has; at most 8 GB), threads."""

    memory: int | None = None
    threads: int | None = None

    def memory_bytes(self) -> int:
        """Return the memory that DuckDB may take."""
        if self.memory is not None:
            return self.memory
        return min(resources.available_memory() * 6 // 10, 8_000_000_000)


@contextmanager
def connection(
    limits: Limits | None = None, spill: Path | None = None, within: Iterable[Path] = ()
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Open a private in-memory DuckDB in UTC, which spills into `spill`, and reads and writes
    files under that folder, the folders `within`, and nowhere else."""
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
    # in a process without a main file, such as a step of Dagster, it would be drawn into the output
    con.execute("set enable_progress_bar = false")
    run(con, contract_functions.for_duckdb() + statement("prelude/duckdb"))
    return con


def attach_catalog(
    con: "duckdb.DuckDBPyConnection", database: Path, home: Path, name: str = "catalog"
) -> None:
    """Attach a published database, read-only, under a name; its views read the versions of the
    home at this path, wherever that was when they were made. DamagedFile where it is none,
    or missing."""
    import duckdb

    if not database.exists():
        raise DamagedFile(f"{database} is missing; `creditmill refresh` makes it")
    if not database.is_file():
        raise damaged(home, database, "it is not a regular file")
    con.execute(f"set variable {HOME_VARIABLE} = $home", {"home": str(home)})
    try:
        con.execute(f"attach {text_literal(str(database))} as {name} (read_only)")
    except duckdb.Error as error:
        raise damaged(home, database, str(error).splitlines()[0]) from error
    names = con.execute(
        "select table_name from duckdb_tables() where database_name = $name union all"
        " select view_name from duckdb_views() where database_name = $name",
        {"name": name},
    ).fetchall()
    missing = tables(()).keys() - {table for (table,) in names}
    if missing:
        raise damaged(home, database, f"it has no table {', '.join(sorted(missing))}")


def attach_new(con: "duckdb.DuckDBPyConnection", database: Path, name: str) -> None:
    """Make a database that DuckDB of `STORAGE_VERSION` and newer opens, and attach it."""
    path = text_literal(str(database))
    con.execute(f"attach {path} as {name} (storage_version '{STORAGE_VERSION}')")


def temporary_folder(con: "duckdb.DuckDBPyConnection") -> Path:
    """Return a folder that goes with the connection, and that it may read."""
    (folder,) = con.sql("select current_setting('temp_directory')").fetchall()[0]
    copies = Path(folder, "copies")
    copies.mkdir(exist_ok=True)
    return copies


@contextmanager
def open_catalog(database: Path, home: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Open a published database, read-only, with the files of the home that its views name."""
    with connection(within=[home]) as con:
        attach_catalog(con, database, home)
        con.execute("use catalog")
        yield con


def _lock(con: "duckdb.DuckDBPyConnection", within: Iterable[Path | str]) -> None:
    """Allow no file but under these folders, no extension, no network, and no way to change
    that."""
    folders = [os.path.abspath(folder) for folder in within]
    con.execute(
        "set allowed_directories = $folders",
        # Readers are given literal names as globs, and those are what DuckDB looks at.
        {"folders": [*folders, *(literal_path(Path(folder)) for folder in folders)]},
    )
    con.execute("set timezone = 'UTC'")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
