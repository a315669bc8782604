"""Both readers: whether DuckDB opens a file, and whether Arrow decodes it to the same values.

Which files are looked at so closely is decided in `examine`.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import resources
from pricing_assets.db.io import literal_path
from pricing_assets.db.statements import statement
from pricing_assets.logs import path_columns
from pricing_assets.logs import relation as events
from pricing_assets.logs import schema as log_schema
from pricing_assets.logs.parquet_footer import Opened
from pricing_assets.logs.projection import project

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH_ROWS = 65_536


def unopened(con: "duckdb.DuckDBPyConnection", files: Iterable[Path]) -> set[Path]:
    """Return the files whose columns DuckDB does not understand, whichever are read."""
    import duckdb

    found = set()
    for file in files:
        try:
            con.execute(
                "select count(*) from parquet_schema($file)", {"file": literal_path(file)}
            ).fetchall()
        except duckdb.Error as error:
            if resources.is_out_of_memory(error):
                raise MemoryError(str(error)) from error
            found.add(file)
    return found


def difference(
    con: "duckdb.DuckDBPyConnection",
    file: Path,
    opened: Opened,
    schema: log_schema.Schema,
    dimensions: tuple[str, ...],
) -> str | None:
    """Return in words how what the two readers decode differs, and None where it is the same.
    MemoryError where there is too little memory."""
    import duckdb
    import pyarrow as pa

    # An instant that DuckDB cannot hold is read by Arrow alone.
    schema = [[name, "" if log_schema.is_raw(name, kind) else kind] for name, kind in schema]
    read = [[name, kind] for name, kind in schema if log_schema.is_in_file(kind) and kind != "null"]
    in_path = [[name, kind] for name, kind in schema if path_columns.is_path_kind(kind)]
    try:
        by_duckdb = _digest(con, events.relation_of(con, [(file, schema, None)], dimensions))
        stream = con.from_arrow(_by_arrow(opened, [name for name, _ in read]))
        by_arrow = _digest(con, project(stream, read + in_path, dimensions, file.stem))
    except (pa.ArrowException, duckdb.Error, OSError, ValueError) as error:
        if resources.is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        return f"Arrow cannot decode it: {str(error).splitlines()[0]}"
    return None if by_arrow == by_duckdb else "Arrow and DuckDB read it differently"


def _digest(
    con: "duckdb.DuckDBPyConnection", rows: "duckdb.DuckDBPyRelation"
) -> tuple[object, ...]:
    rows.create_view("decoded", replace=True)
    digest: tuple[object, ...] = con.sql(statement("logs/decoded")).fetchall()[0]
    return digest


def _by_arrow(opened: Opened, names: Sequence[str]) -> "pa.RecordBatchReader":
    """Return these columns as Arrow decodes them: texts as texts whatever they are kept as,
    instants as UTC without a zone."""
    import pyarrow as pa

    arrow = opened.parquet.schema_arrow
    fields = [pa.field(name, _plain(arrow.field(name).type)) for name in names]
    schema = pa.schema(fields)

    def batches() -> "Iterator[pa.RecordBatch]":
        for batch in opened.parquet.iter_batches(BATCH_ROWS, columns=list(names)):
            columns = [_as(batch[field.name], field.type) for field in schema]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _plain(kind: "pa.DataType") -> "pa.DataType":
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_timestamp(kind):
        return pa.timestamp(kind.unit)
    nested_or_number = pa.types.is_nested(kind) or pa.types.is_integer(kind)
    return kind if nested_or_number or pa.types.is_floating(kind) else pa.string()


def _as(column: "pa.Array", kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(kind):
        return column.cast(pa.int64()).cast(kind)
    return column if column.type == kind else column.cast(kind)
