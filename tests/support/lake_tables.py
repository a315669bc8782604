"""Tables of Delta Lake and Iceberg as their own packages write them, and changed by hand in ways that
these cannot.
"""

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import _dataframe_to_data_files
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestWriterV2,
    write_manifest_list,
)
from pyiceberg.table import Table
from pyiceberg.typedef import Record
from pyroaring import BitMap

from tests.support.workspace import SCHEMA, Row

COLUMNS = pa.schema([one for one in SCHEMA if one.name != "images"])
_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def frame(rows: Sequence[Row], schema: pa.Schema = COLUMNS) -> pa.Table:
    """Rows as an Arrow table."""
    return pa.Table.from_pylist([{**one} for one in rows], schema)


class Lake(Protocol):
    """A table that is written to."""

    name: str
    root: Path

    def append(self, *rows: Row) -> None:
        """Add a file of rows."""

    def delete(self, event_id: str) -> None:
        """Delete a row, by writing the others of its file anew."""

    def compact(self) -> None:
        """Write all files into one."""

    def rename(self, column: str, name: str) -> None:
        """Rename a column."""

    def delete_without_rewriting(self) -> None:
        """Delete the first row of a file, beside it."""


class Delta:
    """A Delta Lake table."""

    name = "Delta Lake"

    def __init__(self, root: Path, partitions: Sequence[str] = ()) -> None:
        self.root, self.partitions = root, list(partitions) or None

    @property
    def table(self) -> DeltaTable:
        """The table as it is."""
        return DeltaTable(self.root)

    def append(self, *rows: Row) -> None:
        write_deltalake(self.root, frame(rows), mode="append", partition_by=self.partitions)

    def delete(self, event_id: str) -> None:
        self.table.delete(f"event_id = '{event_id}'")

    def compact(self) -> None:
        self.table.optimize.compact()

    def rename(self, column: str, name: str) -> None:
        """Say that files have other names than the table: column mapping."""
        (said,) = [one["metaData"] for one in self.actions(0) if "metaData" in one]
        self.commit({"metaData": said | {"configuration": {"delta.columnMapping.mode": "name"}}})

    def delete_without_rewriting(self) -> None:
        (add,) = [one["add"] for one in self.actions(0) if "add" in one]
        data = struct.pack("<iqi", 1681511377, 1, 0) + BitMap([0]).serialize()
        size, data = len(data), data + b"\0" * (-len(data) % 4)
        vector: dict[str, Any] = {"storageType": "i", "pathOrInlineDv": _z85(data)}
        vector |= {"sizeInBytes": size, "cardinality": 1}
        remove = {one: add[one] for one in ("path", "partitionValues", "size")}
        names = ["deletionVectors"]
        features: dict[str, Any] = {"readerFeatures": names, "writerFeatures": names}
        self.commit(
            {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}},
            {"remove": remove | {"dataChange": True, "deletionTimestamp": 1}},
            {"add": add | {"deletionVector": vector}},
        )

    def actions(self, version: int) -> list[dict[str, Any]]:
        """The actions of a commit."""
        file = self.root / "_delta_log" / f"{version:020d}.json"
        return [json.loads(line) for line in file.read_text().splitlines()]

    def commit(self, *actions: dict[str, Any]) -> None:
        """Write a commit by hand."""
        file = self.root / "_delta_log" / f"{self.table.version() + 1:020d}.json"
        file.write_text("\n".join(map(json.dumps, actions)))


def _z85(data: bytes) -> str:
    text = ""
    for start in range(0, len(data), 4):
        number, part = int.from_bytes(data[start : start + 4]), ""
        for _ in range(5):
            number, digit = divmod(number, 85)
            part = _Z85[digit] + part
        text += part
    return text


class Iceberg:
    """An Iceberg table of a catalog of its own."""

    name = "Apache Iceberg"

    def __init__(self, root: Path, partitions: Sequence[str] = ()) -> None:
        self.root = root
        self.catalog = SqlCatalog(
            "tests", uri="sqlite:///:memory:", warehouse=f"file://{root.parent}"
        )
        self.catalog.create_namespace("n")
        created = self.catalog.create_table("n.t", COLUMNS, location=f"file://{root}")
        with created.update_spec() as spec:
            for name in partitions:
                spec.add_identity(name)

    @property
    def table(self) -> Table:
        """The table as it is."""
        return self.catalog.load_table("n.t")

    @property
    def metadata(self) -> Path:
        """The metadata file of now."""
        return Path(self.table.metadata_location.removeprefix("file://"))

    def append(self, *rows: Row) -> None:
        self.table.append(frame(rows))

    def delete(self, event_id: str) -> None:
        self.table.delete(f"event_id = '{event_id}'")

    def compact(self) -> None:
        table = self.table
        tasks = list(table.scan().plan_files())
        (made,) = _dataframe_to_data_files(table.metadata, table.scan().to_arrow(), table.io)
        with table.transaction() as all_of_it, all_of_it.update_snapshot().overwrite() as snapshot:
            for task in tasks:
                snapshot.delete_data_file(task.file)
            snapshot.append_data_file(made)
        self.edit(lambda now: now["summary"].update(operation="replace"))

    def rename(self, column: str, name: str) -> None:
        with self.table.update_schema() as schema:
            schema.rename_column(column, name)

    def delete_without_rewriting(self) -> None:
        table = self.table
        snapshot = table.current_snapshot()
        assert snapshot is not None
        (task,) = table.scan().plan_files()
        deletes = self.root / "data" / "deletes.parquet"
        number = {b"PARQUET:field_id": b"2147483546"}, {b"PARQUET:field_id": b"2147483545"}
        fields = [
            pa.field("file_path", pa.string(), nullable=False, metadata=number[0]),
            pa.field("pos", pa.int64(), nullable=False, metadata=number[1]),
        ]
        pq.write_table(pa.table([[task.file.file_path], [0]], schema=pa.schema(fields)), deletes)
        file = DataFile.from_args(
            content=DataFileContent.POSITION_DELETES,
            file_path=f"file://{deletes}",
            file_format=FileFormat.PARQUET,
            partition=Record(),
            record_count=1,
            file_size_in_bytes=deletes.stat().st_size,
        )
        at = f"file://{self.root}/metadata"
        made = (table.spec(), table.schema(), table.io.new_output(f"{at}/deletes-m0.avro"))
        with _Deletes(*made, snapshot.snapshot_id, "null") as writer:
            entry = ManifestEntry.from_args(
                status=ManifestEntryStatus.ADDED, snapshot_id=snapshot.snapshot_id, data_file=file
            )
            writer.add(entry)
        listed = table.io.new_output(f"{at}/snap-deletes.avro")
        with write_manifest_list(
            2, listed, snapshot.snapshot_id, None, snapshot.sequence_number, "null"
        ) as manifests:
            manifests.add_manifests([writer.to_manifest_file(), *snapshot.manifests(table.io)])
        self.edit(lambda now: now.update({"manifest-list": f"{at}/snap-deletes.avro"}))

    def edit(self, change: Any) -> None:
        """Change what the metadata says of the current snapshot."""
        said = json.loads(self.metadata.read_text())
        (now,) = [
            one for one in said["snapshots"] if one["snapshot-id"] == said["current-snapshot-id"]
        ]
        change(now)
        self.metadata.write_text(json.dumps(said))


class _Deletes(ManifestWriterV2):
    """A manifest of delete files."""

    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}
