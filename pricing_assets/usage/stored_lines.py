"""The lines that versions hold. How they are made belongs to `reduce`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.db.relations import load_stored
from pricing_assets.db.statements import statement

if TYPE_CHECKING:
    import duckdb


def load_lines(
    con: "duckdb.DuckDBPyConnection", folders: Sequence[Path], dimensions: tuple[str, ...]
) -> None:
    """Create the relation `lines`: the stored lines of these folders, each with its service."""
    load_stored(con, "lines", folders, dimensions, "stored_lines")
    con.execute(
        "create or replace temp view lines as select stored_lines.*, billing_types.service"
        " from stored_lines inner join billing_types using (billing_type)"
    )


def view_rated_lines(con: "duckdb.DuckDBPyConnection") -> None:
    """Create the view `rated_lines`: one row per line, with the card that prices it."""
    con.execute(f"create or replace temp view rated_lines as {statement('usage/rated_lines')}")
