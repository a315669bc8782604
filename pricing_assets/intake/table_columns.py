"""Columns of tables that know them by number: a file is read by names, where these are its table's.

Iceberg renames and replaces columns without writing files anew; Delta Lake's files are read by name.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pricing_assets.common.errors import RejectedLog
from pricing_assets.intake.arrived import Arrived
from pricing_assets.intake.table_state import REASON, Columns
from pricing_assets.logs import parquet_footer as footer
from pricing_assets.logs.parquet_footer import FileLimits

if TYPE_CHECKING:
    import pyarrow as pa

_NUMBER: Final = b"PARQUET:field_id"


def checked(
    logs: Sequence[Arrived], limits: FileLimits
) -> tuple[list[Arrived], dict[str, RejectedLog]]:
    """Return the logs whose names are those of their tables, and why others are rejected, by SHA-256."""
    found, rejected = [], {}
    for log in logs:
        why = wrong_names(log.copy, log.columns, limits)
        if why is None:
            found.append(log)
        else:
            rejected[log.sha256] = RejectedLog(REASON, why)
    return found, rejected


def wrong_names(file: Path, columns: Columns | None, limits: FileLimits) -> str | None:
    """Return what of a file its table calls differently, and what to do; None where nothing."""
    why = None if columns is None else _wrong(file, columns, limits)
    return why and f"{why}; rewrite the table's data files (rewrite_data_files)"


def _wrong(file: Path, columns: Columns, limits: FileLimits) -> str | None:
    """Return what of a file its table calls differently; None where nothing, or it cannot be read: that is
    found where it is."""
    import pyarrow.parquet as pq

    try:
        footer.check_footer(file, limits)
        schema = pq.read_schema(file)
    except (RejectedLog, OSError, ValueError):
        return None
    numbers: dict[str, int | None] = dict(_numbers(schema))
    if not any(number is not None for number in numbers.values()):
        if columns.of_unnumbered is None:
            return "its columns have no numbers, and the table has no names for such files"
        numbers = {name: columns.of_unnumbered.get(name) for name in schema.names}
    names = {number: name for name, number in columns.numbers.items()}
    for name, number in numbers.items():
        of_table = columns.numbers.get(name)
        if of_table is not None and of_table != number:
            return f"its column {name} is not the table's column {name}"
        if number in names and names[number] != name:
            return f"its column {name} is now called {names[number]} in the table"
    for name in columns.with_default:
        if name not in numbers:
            return f"it lacks the column {name}, for which the table has a default value"
    return None


def _numbers(
    fields: "pa.Schema | pa.StructType", within: str = ""
) -> Iterator[tuple[str, int | None]]:
    """Yield the whole name of each column and its number, as Iceberg writes names."""
    for place in range(len(fields.names) if hasattr(fields, "names") else fields.num_fields):
        yield from _of_field(fields.field(place), within, "")


def _of_field(field: "pa.Field", within: str, name: str) -> Iterator[tuple[str, int | None]]:
    import pyarrow.types as kinds

    whole = within + (name or field.name)
    number = (field.metadata or {}).get(_NUMBER)
    yield whole, None if number is None else int(number)
    kind = field.type
    if kinds.is_struct(kind):
        yield from _numbers(kind, f"{whole}.")
    elif kinds.is_list(kind) or kinds.is_large_list(kind):
        yield from _of_field(kind.value_field, f"{whole}.", "element")
    elif kinds.is_map(kind):
        yield from _of_field(kind.key_field, f"{whole}.", "key")
        yield from _of_field(kind.item_field, f"{whole}.", "value")
