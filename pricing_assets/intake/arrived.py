"""Logs on their way in: what is known of one before its values are read, and by what it is read.

What its values are is found in `receipts`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pricing_assets.common import hive_paths
from pricing_assets.common.errors import RejectedLog
from pricing_assets.db import connection as duck
from pricing_assets.intake.table_state import Columns
from pricing_assets.logs import schema as log_schema
from pricing_assets.logs.mapped_rows import MappedLog
from pricing_assets.logs.parquet_footer import FileLimits
from pricing_assets.sources.kept import KeptSource


class Arrived(NamedTuple):
    """A log copied aside under its SHA-256; `integrity` is what vouches for its bytes so far,
    `folder` where it came from. A raw log has a `source` (its digest), and the `inbox` that it came
    into; once it is mapped, `copy` is its file of mapped rows, with so many `records` of its own. A file of
    a table has what a receipt says of that `table`, and the table's `columns`."""

    copy: Path
    file_name: str
    sha256: str
    bytes: int
    integrity: str = ""
    folder: str = ""
    source: str = ""
    inbox: str = ""
    records: int | None = None
    table: dict[str, str] | None = None
    columns: Columns | None = None

    @property
    def in_path(self) -> dict[str, str | None]:
        """Return the columns that its path says."""
        return hive_paths.in_path(Path(self.folder)) if self.folder else {}

    def stored(
        self, schema: log_schema.Schema
    ) -> "tuple[Path, log_schema.Schema, None] | MappedLog":
        """Return the log as `events.relation_of` reads it."""
        if self.records is None:
            return self.copy, schema, None
        return MappedLog(self.copy, schema, None, self.sha256)


class Rules(NamedTuple):
    """By what logs are read: the home's time zone and dimensions, the limits, and the sources of raw
    logs, by digest."""

    timezone: str
    dimensions: tuple[str, ...]
    limits: duck.Limits
    file_limits: FileLimits
    sources: Mapping[str, KeptSource] = {}  # read only


class Gated(NamedTuple):
    """What the footer of a log that passed the gates says, and what of it does not agree with
    itself, where both readers must show that they can read it."""

    rows: int
    schema: log_schema.Schema
    odd: RejectedLog | None = None
