"""What dates leave to those after them: how much of each grant, what is overdrawn, dollars by month.

It is the sum of all entries so far. A standing keeps it, so that a new date costs that date alone;
where none does, entries are summed. What a standing shows of it belongs to `standing`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pricing_assets.common import files, json_files
from pricing_assets.contract.ledger_tables import carried_tables
from pricing_assets.db.io import write_table
from pricing_assets.db.relations import make_table, register
from pricing_assets.ledger import stored
from pricing_assets.ledger.loading import load_ledger, load_table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from pricing_assets.home import Home
    from pricing_assets.ledger.stored import Stored

TABLES: Final = {
    "carried_grants": "grants",
    "carried_overdraft": "owed",
    "carried_dollars": "earned",
}
"""The files of a standing, and what statements call their rows: `grants_before` and so on."""

Left = Mapping[str, "pa.Table"]
"""What dates leave, by the names that statements have for it."""


def load(con: "duckdb.DuckDBPyConnection", left: Left, when: str) -> None:
    """Create the relations of what is left before dates, or through the last of them: `grants_before`,
    `owed_through` and so on, by `when`."""
    for name, rows in left.items():
        register(con, f"{name}_{when}", rows)


def add(con: "duckdb.DuckDBPyConnection", entries: str) -> Left:
    """Return what is left when the entries of this relation are added to what was left before; its
    relations are on the connection, too."""
    con.execute(f"create or replace temp view added_entries as from {entries}")
    for name in TABLES.values():
        make_table(con, f"ledger/{name}_through")
    return {name: con.table(f"{name}_through").arrow().read_all() for name in TABLES.values()}


def summed(
    con: "duckdb.DuckDBPyConnection",
    folders: Sequence[Path],
    dimensions: tuple[str, ...],
    before: Left | None = None,
) -> Left:
    """Return what dates in these folders leave, on top of what those before them did (None: there are
    none)."""
    if before is None:
        for file, name in TABLES.items():
            table = carried_tables(dimensions)[file]
            load_table(con, table, [], dimensions, f"nothing_{name}")
            con.execute(f"create or replace temp table {name}_before as from nothing_{name}")
    else:
        load(con, before, "before")
    load_ledger(con, folders, dimensions, "summed_entries")
    return add(con, "summed_entries")


def write(con: "duckdb.DuckDBPyConnection", dimensions: tuple[str, ...], stage: Path) -> None:
    """Write what is left through a newest date into the stage of its standing."""
    for file, name in TABLES.items():
        table = carried_tables(dimensions)[file]
        write_table(con, table, f"{name}_through", stage / f"{file}.parquet", dimensions)


def read(con: "duckdb.DuckDBPyConnection", standing: "Stored", dimensions: tuple[str, ...]) -> Left:
    """Return what a standing says that dates leave; DamagedFile where a file is another one."""
    left = {}
    for file, name in TABLES.items():
        path = standing.folder / f"{file}.parquet"
        if files.sha256_of(path) != standing.manifest["outputs"][path.name]["sha256"]:
            raise json_files.damaged(path, "its bytes are not those that were published")
        load_table(con, carried_tables(dimensions)[file], [path], dimensions, f"stored_{name}")
        left[name] = con.table(f"stored_{name}").arrow().read_all()
    return left


def standing_before(home: "Home", day: date, chains: Mapping[date, str]) -> "Stored | None":
    """Return the last standing before a date that keeps what the dates through it leave: those whose
    chains are these. None where there is none, or its files were pruned."""
    from pricing_assets.home.entries import STANDING

    for on in reversed(stored.dates(home, STANDING)):
        if on < day and (held := stored.current(home, STANDING, on)) is not None:
            is_there = all((held.folder / f"{file}.parquet").is_file() for file in TABLES)
            if is_there and held.manifest.get("through") == chains.get(on):
                return held
    return None
