"""The schema of a log: which columns its file has, how each is read, and what is wrong with it.

It is made from the footer alone. Reading by it belongs to `relation`, what a column means to the
contract.
"""

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.contract.usage_log import LOG_COLUMNS, REQUIRED_COLUMNS
from pricing_assets.logs import path_columns, stored_instants
from pricing_assets.logs.parquet_footer import Opened
from pricing_assets.logs.wrong_columns import WrongColumns

if TYPE_CHECKING:
    import pyarrow as pa

Schema = list[list[str]]
"""Top-level columns in the file's order, and last those that are hidden, and those that are read
from the file's path (`path_columns`): name and kind, which names all that its reading depends on,
such as the unit of instants and the width of numbers (`''` where it is not read)."""

FLOATS = ("halffloat", "float", "double")
"""Kinds of quantities that are read where they are whole, as pandas writes integers with gaps."""
HIDDEN, JSON = "hidden", "json"
"""The kinds of a column that is not read, and because of which a reader would not open the file; and
of a text that is said to be JSON, which DuckDB would refuse where it is another text."""


def wanted_columns(dimensions: tuple[str, ...]) -> set[str]:
    """Return the names of all columns that are read where they are."""
    return {column.name for column in LOG_COLUMNS} | set(dimensions)


def schema_of(
    opened: Opened, dimensions: tuple[str, ...], in_path: Mapping[str, str | None] | None = None
) -> Schema:
    """Return a log's schema from its footer, and of columns in its path; RejectedLog names all that
    is wrong with it, and the cure."""
    arrow, parquet = opened.parquet.schema_arrow, opened.parquet.schema
    leaves = (parquet.column(place) for place in range(len(parquet)))
    physical = {leaf.path: leaf for leaf in leaves}
    wanted = {column.name: column.type for column in LOG_COLUMNS}
    wanted |= dict.fromkeys(dimensions, "VARCHAR")
    names = list(arrow.names)
    wrong = WrongColumns({name: names.count(name) for name in wanted if names.count(name) > 1})
    read_from_path = path_columns.read_from(in_path or {}, names, dimensions)
    held = {*names, *(name for name, _ in read_from_path)}
    wrong.missing = [name for name in REQUIRED_COLUMNS if name not in held]
    schema: Schema = []
    for field in arrow:
        kind = ""
        if field.name in wanted:
            kind = _kind(field.type, wanted[field.name], physical.get(field.name))
            if kind == "" or (kind == "null" and field.name in REQUIRED_COLUMNS):
                wrong.add(field.name, str(field.type))
        schema.append([field.name, kind])
    wrong.check()
    return schema + [[name, HIDDEN] for name in opened.hidden] + read_from_path


def _kind(kind: "pa.DataType", wanted: str, leaf: object) -> str:
    """Return how a column is read; '' where its type is wrong."""
    import pyarrow as pa

    if pa.types.is_null(kind):
        return "null"
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if wanted == "VARCHAR":
        if getattr(kind, "extension_name", "") == "arrow.json":
            return JSON
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            logical = getattr(leaf, "logical_type", None)
            return "text" if logical is not None and logical.type == "ENUM" else ""
        texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
        return "text" if any(is_text(kind) for is_text in texts) else ""
    if wanted == "TIMESTAMP":
        return stored_instants.kind_of(leaf) if pa.types.is_timestamp(kind) else ""
    if wanted == "BIGINT":
        return str(kind) if pa.types.is_integer(kind) or pa.types.is_floating(kind) else ""
    plain = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    lists = (*plain, pa.types.is_list_view, pa.types.is_large_list_view)
    if not any(is_list(kind) for is_list in lists):
        return ""
    image = kind.value_type
    if pa.types.is_null(image):
        return "null"
    if not pa.types.is_struct(image):
        return ""
    sides = [image.field(i) for i in range(image.num_fields)]
    for side in ("width", "height"):
        found = [field.type for field in sides if field.name.casefold() == side]
        exact = [field.type for field in sides if field.name == side]
        if len(found) != 1 or len(exact) != 1 or not pa.types.is_integer(exact[0]):
            return ""
    return f"images {image}"


def held(file: Path, opened: Opened, schema: Schema, *, trusted: bool = False) -> Schema:
    """Return a log's schema with the kind of its instants as its values are; RejectedLog as
    `stored_instants.held_kind` says."""
    return [
        [name, stored_instants.held_kind(file, opened.parquet, kind, trusted=trusted)]
        if name == stored_instants.COLUMN
        else [name, kind]
        for name, kind in schema
    ]


def read_names(schema: Schema) -> list[str]:
    """Return the names of the columns that are read from the file."""
    return [name for name, kind in schema if is_in_file(kind)]


def overlooked(schema: Schema, dimensions: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return columns that are not read though their names differ from a missing column's only in case,
    separators or width (`Input_Tokens`, `inputTokens`): their name, and that column's."""
    missing = {_letters(name): name for name in wanted_columns(dimensions) - {n for n, _ in schema}}
    ignored = [name for name, kind in schema if kind in ("", HIDDEN)]
    return [(name, missing[_letters(name)]) for name in ignored if _letters(name) in missing]


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def is_in_file(kind: str) -> bool:
    """Return whether a column of this kind is read from the file."""
    return kind not in ("", HIDDEN) and not path_columns.is_path_kind(kind)


def is_raw(name: str, kind: str) -> bool:
    """Return whether a column holds instants that not every reader can hold."""
    return name == stored_instants.COLUMN and kind.startswith(stored_instants.RAW)
