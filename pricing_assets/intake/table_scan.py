"""Tables among the logs of an inbox: each with its data files, or as one that is rejected.

Other files are found in `inbox_scan`.
"""

import os
from pathlib import Path

from pricing_assets.common.errors import ConfigurationError, RejectedLog
from pricing_assets.intake.inbox_contents import InboxContents
from pricing_assets.intake.open_table import open_table, require_read_by
from pricing_assets.intake.table_formats import table_around, table_format, table_of_state


def state_of(logs: Path) -> Path | None:
    """Return the file of a table's state that names its version, where `--logs` is one."""
    here = Path(os.path.abspath(logs))
    return here if table_of_state(here) else None


def is_table(logs: Path, root: Path) -> bool:
    """Return whether `--logs`, of this root, is a table. ConfigurationError where it is something inside
    of one."""
    around = table_around(root)
    if around is None:
        return False
    folder, name = around
    if folder != root or not (logs.is_dir() or state_of(logs)):
        raise ConfigurationError(
            f"--logs {logs}, inside {folder}: it is a table of {name}, whose files also hold rows"
            " that the table has deleted or replaced; name the folder of the table"
        )
    return True


def require(logs: Path, root: Path) -> None:
    """Raise ConfigurationError where `--logs` is a table that is not read."""
    name = table_format(root)
    if name is not None:
        try:
            open_table(root, name, state_of(logs))
        except RejectedLog as error:
            raise ConfigurationError(f"--logs {logs}: {error.detail}") from error


def add(root: Path, found: InboxContents, state: Path | None = None) -> None:
    """Add the data files of a table, or the table as one that is rejected."""
    name = table_format(root) or ""
    try:
        require_read_by(found.source, name)
        table = open_table(root, name, state)
    except RejectedLog as error:
        found.refused[str(root)] = error.detail
        found.names.append(str(root))
        return
    found.tables.append(table)
    found.names += table.files
