"""Tables of Apache Iceberg, as the package `pyiceberg` reads their metadata.

Without a catalog: which metadata file counts, the folder says. Files with deleted rows are refused
one by one.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pyiceberg.exceptions import ValidationError
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestEntryStatus
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import StaticTable
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Operation, Snapshot, ancestors_of
from pyiceberg.transforms import IdentityTransform

from pricing_assets.common.errors import RejectedLog
from pricing_assets.intake.table_formats import ICEBERG
from pricing_assets.intake.table_state import (
    REASON,
    Columns,
    Rewrite,
    TableFile,
    TableState,
    as_text,
    not_read,
)

_METADATA = re.compile(r"v?(\d+)(?:-.*)?(?:\.gz)?\.metadata\.json")
_DAMAGED = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, ArithmeticError),
    *(MemoryError, SystemError, zlib.error, struct.error, ValidationError),
)
"""What reading metadata raises that is not as the format says."""


def open_table(root: Path, state: Path | None) -> TableState:
    """Return a table at the current snapshot of a metadata file (None: the newest). RejectedLog where it
    cannot be read."""
    metadata = state or _newest(root)
    try:
        table = _loaded(root, metadata)
        current = table.current_snapshot()
        tasks = (
            []
            if current is None
            else list(table.scan(snapshot_id=current.snapshot_id).plan_files())
        )
        names = {
            number: table.schema().find_column_name(number) for number in table.schema().field_ids
        }
        columns = Columns(
            {name: number for number, name in names.items() if name},
            _of_unnumbered(table),
            [one.name for one in table.schema().fields if one.initial_default is not None],
        )
        files, refused = {}, {}
        for task in tasks:
            path = _path(table, root, task.file.file_path)
            files[path] = TableFile(_in_path(table, task.file))
            if task.file.file_format != FileFormat.PARQUET:
                refused[path] = (
                    f"a file of format {task.file.file_format.name}; only Parquet is read"
                )
            elif task.delete_files:
                refused[path] = (
                    f"some of its rows are deleted in the table of {ICEBERG} (a delete file);"
                    " rewrite_data_files writes the others into files that are read"
                )
    except _DAMAGED as error:
        raise not_read(ICEBERG, " ".join(str(error).split("\n")[:2])) from error
    version = "" if current is None else str(current.snapshot_id)
    return TableState(
        root,
        ICEBERG,
        version,
        files,
        lambda since: _rewrites(table, root, since),
        refused,
        columns,
    )


class _Here(PyArrowFileIO):
    """The files of a table, which may have been copied: its location is a folder here."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root, self.location = root, ""

    def new_input(self, location: str) -> PyArrowFile:
        """Return a file of the table; RejectedLog where it lies elsewhere."""
        return super().new_input(_here(location, self.location, self.root))


def _loaded(root: Path, metadata: Path) -> IcebergTable:
    from pyiceberg.catalog.noop import NoopCatalog

    io = _Here(root)
    read = FromInputFile.table_metadata(io.new_input(str(metadata)))
    io.location = read.location
    return StaticTable(("table",), read, str(metadata), io, NoopCatalog("none"))


def _newest(root: Path) -> Path:
    """Return the metadata file that version-hint.text names, or the one of the greatest number."""
    folder = root / "metadata"
    try:
        hint = (folder / "version-hint.text").read_text("utf-8").strip()
        named = [
            folder / one for one in (hint, f"v{hint}.metadata.json", f"v{hint}.gz.metadata.json")
        ]
        there = [one for one in named if one.is_file() and one.name.endswith(".metadata.json")]
        if not there:
            raise not_read(
                ICEBERG, f"there is no metadata file {hint}, which version-hint.text names"
            )
        return there[0]
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise not_read(ICEBERG, error) from error
    numbered = [
        (int(found[1]), path)
        for path in folder.iterdir()
        if (found := _METADATA.fullmatch(path.name))
    ]
    greatest = max((number for number, _ in numbered), default=0)
    newest = sorted(path for number, path in numbered if number == greatest)
    if len(newest) != 1:
        what = f"{newest[0].name} or {newest[1].name}" if newest else "there is none"
        raise not_read(
            ICEBERG,
            f"which metadata file counts is not known ({what}); name the one that its catalog says:"
            f" --logs {folder}/….metadata.json",
        )
    return newest[0]


def _here(location: str, of_table: str, root: Path) -> str:
    """Return where a file of the table lies here. RejectedLog where it lies elsewhere."""
    under = of_table.rstrip("/") + "/"
    if of_table and location.startswith(under):
        return str(root / location.removeprefix(under))
    path = re.sub("^file:/*", "/", location)
    if not path.startswith("/"):
        raise RejectedLog(REASON, f"a file of the table of {ICEBERG} lies in {location}")
    return path


def _path(table: IcebergTable, root: Path, location: str) -> str:
    return _here(location, table.metadata.location, root)


def _in_path(table: IcebergTable, file: DataFile) -> dict[str, str | None]:
    """Return the columns by whose own values the table is partitioned: its log says them of files that
    may lack them."""
    spec = table.specs()[file.spec_id]
    found: dict[str, str | None] = {}
    for place, part in enumerate(spec.fields):
        name = table.schema().find_column_name(part.source_id)
        if isinstance(part.transform, IdentityTransform) and name:
            kind = table.schema().find_type(part.source_id)
            found[name] = as_text(_value(kind, file.partition[place]))
    return found


def _value(kind: Any, stored: Any) -> Any:
    """Return a value of a partition as a CSV would write it: dates and instants are stored as numbers."""
    from datetime import UTC, date, datetime, timedelta

    from pyiceberg.types import DateType, TimestampType, TimestamptzType

    if isinstance(stored, int) and isinstance(kind, DateType):
        return date(1970, 1, 1) + timedelta(days=stored)
    if isinstance(stored, int) and isinstance(kind, TimestampType | TimestamptzType):
        of = datetime(1970, 1, 1, tzinfo=UTC if isinstance(kind, TimestamptzType) else None)
        return of + timedelta(microseconds=stored)
    return stored


def _of_unnumbered(table: IcebergTable) -> dict[str, int] | None:
    mapping = table.name_mapping()
    if mapping is None:
        return None
    return {
        name: one.field_id for one in mapping.root if one.field_id is not None for name in one.names
    }


def _rewrites(table: IcebergTable, root: Path, since: str) -> Sequence[Rewrite]:
    later: list[Snapshot] = []
    for snapshot in ancestors_of(table.current_snapshot(), table.metadata):
        if str(snapshot.snapshot_id) == since:
            break
        later.append(snapshot)
    else:
        return []  # it is of another history, or one that was forgotten
    found = []
    for snapshot in reversed(later):
        if snapshot.summary is None or snapshot.summary.operation != Operation.REPLACE:
            continue
        try:
            entries = list(_entries(table, snapshot))
            removed = frozenset(
                _path(table, root, file.file_path)
                for status, file in entries
                if status == ManifestEntryStatus.DELETED
            )
            added = {
                _path(table, root, file.file_path): int(file.record_count)
                for status, file in entries
                if status == ManifestEntryStatus.ADDED
            }
        except (*_DAMAGED, RejectedLog):
            continue
        found.append(Rewrite(removed, added))
    return found


def _entries(
    table: IcebergTable, snapshot: Snapshot
) -> Iterator[tuple[ManifestEntryStatus, DataFile]]:
    """Yield the data files that a snapshot added or removed."""
    for manifest in snapshot.manifests(table.io):
        if manifest.added_snapshot_id != snapshot.snapshot_id:
            continue
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False):
            if (
                entry.snapshot_id == snapshot.snapshot_id
                and entry.data_file.content == DataFileContent.DATA
            ):
                yield entry.status, entry.data_file
