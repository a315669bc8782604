"""Columns of a CSV or a Parquet file: which a source can read, and which only its path has.

How their cells are read belongs to `cells`.
"""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from pricing_assets.common import hive_paths
from pricing_assets.common.errors import RejectedLog
from pricing_assets.sources import paths
from pricing_assets.sources.raw_files import RawFile
from pricing_assets.sources.source import Source

if TYPE_CHECKING:
    import pyarrow as pa

_DIGITS: Final = 38
"""Digits of the widest decimal of DuckDB."""
_WRITTEN: Final = frozenset({"outcome", "file", "file_name", "row_number"})
"""Columns that `sources map` writes beside those of the usage log."""
OF_RECORDS: Final = frozenset({"row_number", "is_readable"})
"""Columns of `raw` that every record has; a file's own ones of these names are not read."""


def in_path_of(file: RawFile, columns: Collection[str]) -> dict[str, str | None]:
    """Return the columns of a table that its path says and its file does not."""
    held = {name.casefold() for name in columns}
    found = {name: one for name, one in file.in_path.items() if name.casefold() not in held}
    hive_paths.refuse_two_values(found)
    return found


def refuse_written(names: Collection[str], what: str = "it") -> None:
    """Raise RejectedLog where a file of these columns is what `sources map` wrote: among its rows are
    records that the source skipped, and would be charged."""
    if {*names} >= _WRITTEN:
        raise RejectedLog(
            "wrong_schema",
            f"{what} was written by `creditmill sources map`, with a row for each record that the source"
            " skipped, too; ingest the raw log itself, with `--source`",
        )


def check_names(file: RawFile, source: Source, names: Collection[str]) -> None:
    """Raise RejectedLog where a column that a source reads has another beside it whose name differs in
    case alone, of which DuckDB would read the first; where it is named as one that each record is given;
    or where `sources map` wrote the file, and the source looks at no outcome."""
    if source.select is None and "outcome" not in source.names:
        refuse_written(names, str(file.path))
    read = {name.casefold() for name in source.names}
    if taken := [name for name in names if name.casefold() in read & OF_RECORDS]:
        raise RejectedLog(
            "wrong_schema",
            f"{file.path} has a column {taken[0]}, which is what each record is given here, so that no"
            " source reads the file's own; rename it",
        )
    folded: dict[str, str] = {}
    for name in names:
        other = folded.setdefault(name.casefold(), name)
        if other != name and (source.select or name.casefold() in read):
            raise RejectedLog(
                "wrong_schema",
                f"{file.path} has columns {other} and {name}, which differ in case alone; rename one",
            )


def check_types(file: RawFile, source: Source, schema: "pa.Schema") -> None:
    """Raise RejectedLog where a column that a source reads holds what DuckDB reads as something else:
    decimals of more than 38 digits as floats, durations as whole numbers of their unit."""
    import pyarrow as pa

    read = {name.casefold() for name in source.names}
    for field in schema:
        if source.select is None and field.name.casefold() not in read:
            continue
        for kind in _with_inner(field.type):
            if pa.types.is_decimal(kind) and kind.precision > _DIGITS:
                raise RejectedLog(
                    "wrong_schema",
                    f"{file.path} has decimals of {kind.precision} digits in {field.name}, and at most"
                    f" {_DIGITS} are read exactly; write it as decimal({_DIGITS}, {min(kind.scale, _DIGITS)}) or as text",
                )
            if pa.types.is_duration(kind):
                raise RejectedLog(
                    "wrong_schema",
                    f"{file.path} has durations ({kind}) in {field.name}, whose unit a source does not"
                    " see; write it as whole milliseconds, an integer",
                )


def _with_inner(kind: "pa.DataType") -> Iterator["pa.DataType"]:
    """Yield a type, and the types of what is in it: of a struct's fields, of a list's items."""
    import pyarrow as pa

    yield kind
    if pa.types.is_dictionary(kind):
        yield from _with_inner(kind.value_type)
    elif pa.types.is_nested(kind):
        for place in range(kind.num_fields):
            yield from _with_inner(kind.field(place).type)


def check_needed(file: RawFile, source: Source, types: dict[str, str]) -> None:
    """Raise RejectedLog where a file has none of the columns that a source makes its ids or instants
    of: it is another kind of log; or where a source names columns by a pattern."""
    patterns = sorted(name for name in source.names if "*" in name)
    if patterns and source.select is None:
        raise RejectedLog(
            "wrong_schema",
            f"the source {source.name} reads columns {', '.join(patterns)} of {file.path}, and a pattern"
            " names members of JSON alone; name each column",
        )
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
