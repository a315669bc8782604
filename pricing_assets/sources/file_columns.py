"""Columns of a CSV or a Parquet file: which a source can read, and which only its path has.

How their cells are read belongs to `cells`.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from pricing_assets.common.errors import RejectedLog
from pricing_assets.sources import paths
from pricing_assets.sources.raw_files import RawFile
from pricing_assets.sources.source import Source

if TYPE_CHECKING:
    import pyarrow as pa

_DIGITS: Final = 38
"""Digits of the widest decimal of DuckDB."""
OF_RECORDS: Final = frozenset({"row_number", "is_readable"})
"""Columns of `raw` that every record has; a file's own ones of these names are not read."""


def in_path_of(file: RawFile, columns: Collection[str]) -> dict[str, str | None]:
    """Return the columns of a table that its path says and its file does not."""
    held = {name.casefold() for name in columns}
    return {name: one for name, one in file.in_path.items() if name.casefold() not in held}


def check_names(file: RawFile, source: Source, names: Collection[str]) -> None:
    """Raise RejectedLog where a column that a source reads has another beside it whose name differs in
    case alone: DuckDB would read the first of them."""
    read = {name.casefold() for name in source.names}
    folded: dict[str, str] = {}
    for name in names:
        other = folded.setdefault(name.casefold(), name)
        if other != name and (source.select or name.casefold() in read):
            raise RejectedLog(
                "wrong_schema",
                f"{file.path} has columns {other} and {name}, which differ in case alone; rename one",
            )


def check_decimals(file: RawFile, source: Source, schema: "pa.Schema") -> None:
    """Raise RejectedLog where a column that a source reads holds decimals of more than 38 digits: DuckDB
    would read floats."""
    import pyarrow as pa

    read = {name.casefold() for name in source.names}
    for field in schema:
        kind = field.type
        wide = pa.types.is_decimal(kind) and kind.precision > _DIGITS
        if wide and (source.select or field.name.casefold() in read):
            raise RejectedLog(
                "wrong_schema",
                f"{file.path} has decimals of {kind.precision} digits in {field.name}, and at most"
                f" {_DIGITS} are read exactly; write it as decimal({_DIGITS}, {min(kind.scale, _DIGITS)}) or as text",
            )


def check_needed(file: RawFile, source: Source, types: dict[str, str]) -> None:
    """Raise RejectedLog where a file has none of the columns that a source makes its ids or instants
    of: it is another kind of log."""
    for name in ("event_id", "event_time") if source.select is None else ():
        rule = source.columns[name]
        alternatives = rule.value if rule.verb == "first" else (rule,)
        wanted = [
            paths.parse(path).steps[0].name
            for one in alternatives
            if one.verb in ("path", "sum")
            for path in ([one.value] if one.verb == "path" else one.value)
        ]
        if wanted and not any(one in types for one in wanted):
            raise RejectedLog(
                "wrong_schema",
                f"{file.path} has no column {' or '.join(dict.fromkeys(wanted))}, which the source"
                f" {source.name} makes {name} of; it has {', '.join(list(types)[:12])}",
            )
