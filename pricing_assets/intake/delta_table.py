"""Tables of Delta Lake, as the package `deltalake` reads their log.

Only what this code knows to read right is read: other features are refused by name.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from pricing_assets.common.errors import RejectedLog
from pricing_assets.intake.table_formats import DELTA
from pricing_assets.intake.table_state import (
    REASON,
    Rewrite,
    TableFile,
    TableState,
    as_text,
    not_read,
)

_READ: Final = frozenset(
    {"deletionVectors", "timestampNtz", "typeWidening", "typeWidening-preview"}
    | {"v2Checkpoint", "vacuumProtocolCheck"}
)
"""Features of readers by which data files are read as they are, or refused one by one."""


def open_table(root: Path, state: Path | None) -> TableState:
    """Return a table as it is now, or at the version of a commit, `_delta_log/N.json`. RejectedLog where
    it cannot be read."""
    if "%" in str(root):  # deltalake would read %41 as A, and so another folder
        raise not_read(DELTA, "its path holds %; give it, and the folders above, names without")
    try:
        table = DeltaTable(root, version=None if state is None else int(state.stem))
        version = table.version()
        _check(root, table)
        adds = pa.table(table.get_add_actions())
        wanted = [name for name in ("path", "partition") if name in adds.column_names]
        with_deleted_rows = {
            _path(root, row["filepath"])
            for batch in table.deletion_vectors()
            for row in pa.record_batch(batch).to_pylist()
        }
    except (DeltaError, OSError, ValueError) as error:
        raise not_read(DELTA, error) from error
    files = {
        _path(root, unquote(one["path"])): TableFile(
            {name: as_text(value) for name, value in (one.get("partition") or {}).items()}
        )
        for one in adds.select(wanted).to_pylist()
    }
    why = (
        f"some of its rows are deleted in the table of {DELTA} (a deletion vector); REORG TABLE … APPLY"
        " (PURGE) writes the others into files that are read"
    )
    refused = dict.fromkeys(with_deleted_rows, why)
    return TableState(
        root,
        DELTA,
        str(version),
        files,
        lambda since: _rewrites(root, int(since), version),
        refused,
    )


def _check(root: Path, table: DeltaTable) -> None:
    """Raise RejectedLog where a table has a feature by which its files do not hold its rows as they are."""
    mode = table.metadata().configuration.get("delta.columnMapping.mode", "none")
    features = {*(table.protocol().reader_features or ())} - _READ
    if mode != "none":
        features.add("columnMapping")
    if features:
        raise not_read(DELTA, f"it has {', '.join(sorted(features))}")
    commit = _commit(root, table.version())
    if commit.is_file() and not commit.stat().st_size:
        raise not_read(DELTA, f"{commit.name} is empty, as of a copy that is not whole")


def _path(root: Path, location: str) -> str:
    """Return the absolute path of a data file; RejectedLog where it lies elsewhere."""
    scheme, is_uri, path = location.partition("://")
    if not is_uri:
        return str(root / location)
    if scheme != "file":
        raise RejectedLog(REASON, f"a file of the table lies in {location}")
    return unquote(path)


def _commit(root: Path, version: int) -> Path:
    return root / "_delta_log" / f"{version:020d}.json"


def _rewrites(root: Path, since: int, until: int) -> Sequence[Rewrite]:
    found: list[Rewrite] = []
    for version in range(since + 1, until + 1):
        try:
            lines = _commit(root, version).read_text("utf-8").splitlines()
            actions = [json.loads(line) for line in lines if line.strip()]
            adds = [one["add"] for one in actions if one.get("add")]
            removes = [one["remove"] for one in actions if one.get("remove")]
            if not adds or any(one["dataChange"] for one in adds + removes):
                continue
            removed = frozenset(_path(root, unquote(one["path"])) for one in removes)
            added = {_path(root, unquote(one["path"])): _rows(one) for one in adds}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RejectedLog):
            continue  # a log that was cleaned up says nothing: such files are read
        found.append(Rewrite(removed, added))
    return found


def _rows(add: dict[str, Any]) -> int | None:
    stats = json.loads(add.get("stats") or "{}")
    deleted = (add.get("deletionVector") or {}).get("cardinality", 0)
    rows = stats.get("numRecords")
    return rows - deleted if isinstance(rows, int) else None
