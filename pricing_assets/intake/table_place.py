"""A folder in which tables lie: their data files are logs, and what a table's log says of them counts.

Which files these are is found in `open_table`, which tables there are in `inbox_scan`; what changed in
a table since it was read, in `table_changes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pricing_assets.common import hive_paths
from pricing_assets.common.errors import RejectedLog
from pricing_assets.home import Home
from pricing_assets.intake import table_changes
from pricing_assets.intake.inbox import Met, Seen
from pricing_assets.intake.place import Folder
from pricing_assets.intake.table_state import REASON, Columns, TableState


@dataclass
class FolderOfTables(Folder):
    """A folder with the tables in it, as one look found them, and why others are not read, by path."""

    tables: Sequence[TableState] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    _gone: list[str] = field(default_factory=list)

    def folder_of(self, name: str) -> str:
        """Return a folder whose path names the columns that a file's table says of it."""
        table = self._of.get(name)
        if table is None:
            return super().folder_of(name)
        return f"{table.root}/{hive_paths.folder_of(table.files[name].in_path)}"

    def table_of(self, name: str) -> tuple[dict[str, str], Columns | None] | None:
        """Return what a receipt says of a file's table, and the table's columns."""
        table = self._of.get(name)
        return None if table is None else (table.record(), table.columns)

    def set_aside(self, name: str, copy: Path, most: int) -> tuple[str, int]:
        """Copy a file whole; RejectedLog also where its table says that it may not be read."""
        why = self._refusal(name)
        if why is not None:
            raise RejectedLog(REASON, why)
        return super().set_aside(name, copy, most)

    def begin(self, home: Home, seen: Seen) -> Sequence[str]:
        """Note files that only hold rows of others which are here, and what is tried again; returns what
        to say of rows that tables have deleted."""
        roots = {str(table.root) for table in self.tables}
        for name, met in list(seen.items()):
            is_table = name in self._of or name in self.refused or name in roots
            if met.reason == REASON and is_table:
                why = self._refusal(name)
                if why is None or not met.detail.endswith(why):
                    del seen[name]
        messages: list[str] = []
        for table in self.tables:
            changes = table_changes.since_last(table, home, seen)
            messages += changes.messages
            self._gone += changes.gone
        return messages

    def end(self, home: Home, seen: Seen) -> None:
        """Forget files that tables no longer have, and note the versions that were read."""
        for name in self._gone:
            seen.pop(name, None)
        for table in self.tables:
            stamp: list[int | str] = [0, table.version]
            seen[str(table.root)] = Met(stamp, "")

    @cached_property
    def _of(self) -> dict[str, TableState]:
        """The table of each data file, by its path."""
        return {name: table for table in self.tables for name in table.files}

    def _refusal(self, name: str) -> str | None:
        table = self._of.get(name)
        return self.refused.get(name) if table is None else table.refused.get(name)
