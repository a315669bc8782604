"""Records as JSON: their one form, the digests they have of themselves, and files that hold them.

How bytes become a file belongs to `files`, of what types a record is to `kinds`.
"""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from pricing_assets.common import files, kinds
from pricing_assets.common.errors import DamagedFile
from pricing_assets.common.files import sha256_bytes
from pricing_assets.common.many_objects import many_objects

Record = TypeVar("Record")

_LONG = 1_000_000
"""Bytes of JSON that become many objects."""


def to_json(value: Any) -> bytes:
    """Return the one JSON form: sorted keys, two blanks, UTF-8, a final newline."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    return (text + "\n").encode("utf-8", "surrogateescape")


def digest_of(record: Any) -> str:
    """Return the digest that a manifest, tombstone or receipt has of itself, without it; TypeError
    where it is not a record."""
    if not isinstance(record, dict):
        raise TypeError("it is not a record")
    rest = {key: value for key, value in record.items() if key != "digest"}
    return sha256_bytes(to_json(rest))


def from_json(data: bytes) -> Any:
    """Return what `to_json` made the bytes of; ValueError where it cannot be made of anything."""
    try:
        with many_objects() if len(data) > _LONG else nullcontext():
            return json.loads(data.decode("utf-8", "surrogateescape"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_json(file: Path) -> Any:
    """Return what `to_json` wrote; DamagedFile where the file no longer holds that."""
    try:
        return from_json(files.read_regular(file))
    except ValueError as error:
        raise damaged(file, str(error)) from error


def read_record(file: Path, declared: type[Record]) -> Record:
    """Read a record that `to_json` wrote, which is of a declared TypedDict; DamagedFile where it is
    of another type."""
    record = read_json(file)
    what = kinds.wrong_key(record, declared)
    if what is not None:
        raise damaged(file, what)
    read: Record = record
    return read


def damaged(file: Path, what: str) -> DamagedFile:
    """Return the error that a file of the home is not what was written."""
    return DamagedFile(
        f"{file} is damaged, restore it from a copy; `creditmill verify` says what else is: {what}"
    )
