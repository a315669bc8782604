"""Columns that a log has in its path, as Hive and Spark partition tables: `agent_id=x/part.parquet`.

A required column or a dimension that the file lacks is read from there; it is then part of the
log's schema, last, as a kind that holds the value. What else a path names is only shown.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from pricing_assets.common import hive_paths
from pricing_assets.common.errors import RejectedLog
from pricing_assets.contract.usage_log import LOG_COLUMNS, REQUIRED_COLUMNS

_KIND = "path"
_TEXTS = frozenset(column.name for column in LOG_COLUMNS if column.type == "VARCHAR")


def may_be_read(dimensions: Collection[str]) -> frozenset[str]:
    """Return the columns that are read from a path where a file lacks them: required texts and
    dimensions."""
    return (_TEXTS & {*REQUIRED_COLUMNS}) | {*dimensions}


def read_from(
    path_values: Mapping[str, str | None], names: Collection[str], dimensions: Collection[str]
) -> list[list[str]]:
    """Return what of a path is read for a file with columns of these names, as its schema says it.

    RejectedLog where a value is not a text, or there are two of a column."""
    wanted = may_be_read(dimensions) - {*names}
    hive_paths.refuse_two_values({name: path_values[name] for name in wanted & path_values.keys()})
    schema = []
    for name, value in path_values.items():
        if name not in wanted:
            continue
        if value is not None and any("\ud800" <= char <= "\udfff" for char in value):
            raise RejectedLog("wrong_schema", f"{name!r} in its path is not text in UTF-8")
        schema.append([name, _KIND if value is None else f"{_KIND}:{value}"])
    return schema


def is_path_kind(kind: str) -> bool:
    """Return whether a schema's kind is that of a column in the path."""
    return kind.partition(":")[0] == _KIND


def values_of(schema: Iterable[Sequence[str]]) -> dict[str, str | None]:
    """Return the columns that a schema says are in the path, and their values."""
    found: dict[str, str | None] = {}
    for name, kind in schema:
        if kind.startswith(_KIND) and is_path_kind(kind):
            _, has_value, value = kind.partition(":")
            found[name] = value if has_value else None
    return found


def folder_of(schema: Iterable[Sequence[str]]) -> str:
    """Return a folder whose path names the columns that a schema says are in the path."""
    return hive_paths.folder_of(values_of(schema))
