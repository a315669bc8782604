"""A copy of `credits.duckdb` for others, which names no file of the home."""

from pathlib import Path

from pricing_assets.catalog import build as catalog
from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.contract.ledger_tables import all_tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import quoted
from pricing_assets.home import Home


def export(home: Home, target: Path, limits: duck.Limits) -> dict[str, int]:
    """Write a copy of `credits.duckdb` that names no file of the home: tables only, with their
    comments. Gives the rows of each; ConfigurationError where the target cannot be written.
    CreditmillError where the database cannot be read."""
    import duckdb

    if target.exists() or not target.absolute().parent.is_dir():
        raise ConfigurationError(f"--duckdb {target} must be a new file in a folder that is")
    if not home.dates():
        raise ConfigurationError(f"nothing is published in {home.path}; `creditmill run` does it")
    rows: dict[str, int] = {}
    with files.scratch_folder(target.absolute().parent, ".creditmill-") as scratch:
        building = scratch / "credits.duckdb"
        with duck.connection(limits, scratch, [home.path]) as con:
            try:
                duck.attach_catalog(con, home.catalog, home.path, "home")
                duck.attach_new(con, building, "copy")
                con.execute("use copy")
                for table in all_tables(home.settings().dimensions).values():
                    names = ", ".join(quoted(column.name) for column in table.columns)
                    con.execute(
                        f"create table {table.name} as select {names} from home.{table.name}"
                        " order by all"
                    )
                    catalog.comment(con, table, "table")
                    ((count,),) = con.table(table.name).aggregate("count(*)").fetchall()
                    rows[table.name] = count
            except (
                duckdb.IOException,
                duckdb.CatalogException,
            ) as error:
                raise CreditmillError(
                    f"{home.catalog} cannot be copied: {str(error).splitlines()[0]};"
                    " `creditmill refresh` rebuilds it"
                ) from error
            con.execute("use memory")
            con.execute("detach copy")
        files.sync_file(building)
        files.move(building, target.absolute())
    return rows
