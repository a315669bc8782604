"""The records of a raw file as the relation `raw`, batch by batch, and how their cells are read.

What a source makes of records belongs to `mapping`, reading of bytes to `raw_files`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pricing_assets.common.errors import ConfigurationError, RejectedLog
from pricing_assets.db.io import literal_path, quoted, text_literal
from pricing_assets.sources import csv_rows, file_columns, paths, raw_files
from pricing_assets.sources.cells import JsonCells
from pricing_assets.sources.column_cells import ColumnCells
from pricing_assets.sources.json_values import json_path, text_of_json
from pricing_assets.sources.raw_files import RawFile
from pricing_assets.sources.source import Source

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_NUMBER = "file_row_number"


def record_batches(
    con: "duckdb.DuckDBPyConnection", file: RawFile, source: Source, done: list[int]
) -> Iterator[JsonCells | ColumnCells]:
    """Make `raw`, the next records of a file, again and again, and yield how their cells are read;
    `done` holds how many records came before."""
    if file.format == "parquet":
        yield _parquet(con, file, source)
    elif file.format == "csv":
        yield from _csv(con, file, source, done)
    else:
        yield from _json(con, file, source, done)


def _json(
    con: "duckdb.DuckDBPyConnection", file: RawFile, source: Source, done: list[int]
) -> Iterator[JsonCells]:
    import pyarrow as pa

    is_empty = True
    for documents in raw_files.documents(file):
        is_empty = False
        yield json_records(con, documents, source, done[0])
    if is_empty:
        yield json_records(con, pa.array([], pa.string()), source)


def json_records(
    con: "duckdb.DuckDBPyConnection", documents: "pa.Array", source: Source, done: int = 0
) -> JsonCells:
    """Make `raw`, the records of JSON documents, and return how their cells are read."""
    import pyarrow as pa

    levels = paths.record_levels(source.records)
    numbers = pa.array(range(len(documents)), pa.int64())
    con.register("lines", pa.table({"number": numbers, "text": documents}))
    con.execute(_DOCUMENTS)
    (arrays,) = con.execute(
        # few begin differently, and of these only is a copy trimmed
        "select count(*) from lines where not starts_with(text, '{') and starts_with(json_begin(text), '[')"
    ).fetchall()[0]
    read = _records(levels, done, has_arrays=bool(arrays))
    cells = JsonCells(read)
    if source.join is not None:
        on, key = paths.parse(source.join.on), quoted(f"join.{source.join.key}")
        read = f"select * from ({read}) left join side on {text_of_json(on)} = {key}"
        side = ColumnCells(dict.fromkeys(con.sql("select * from side").columns, "VARCHAR"))
        cells = JsonCells(read, side, steps={on.up: {on.steps}})
    con.execute(f"create or replace temp view raw as {read}")
    return cells


_DOCUMENTS = (
    "create or replace temp view documents as"
    " select number, text, json_valid(text) as is_valid from lines"
)


def _records(levels: list[str], done: int, *, has_arrays: bool) -> str:
    """Return the records of `documents` as SQL: each document, or each item of the arrays in it, with its
    parents as `up1`, `up2`; an array of records is its items."""
    read = (
        "select number, case when is_valid then cast(text as json) end as document from documents"
    )
    if not levels and not has_arrays:
        return (
            f"select {done} + number as row_number, number, text as document,"
            # only of what begins differently is a copy trimmed
            " case when starts_with(text, '{') then true"
            " else coalesce(starts_with(json_begin(text), '{'), false) end as is_readable from lines"
        )
    items = (
        f"select number, 0 as place0, cast(document as json) as document from ({read}) where document is null"
        " or json_type(document) <> 'ARRAY' union all select number,"
        " unnest(range(cast(json_array_length(document) as bigint))),"
        f" unnest(json_extract(document, '$[*]')) from ({read})"
        " where json_type(document) = 'ARRAY'"
    )
    order = ["number", "place0"]
    for depth, level in enumerate(levels, 1):
        steps = paths.parse(level).steps
        array, path = (text_literal(json_path(steps) + end) for end in ("", "[*]"))
        parents = "".join(f", up{up} as up{up + 1}" for up in range(depth - 1, 0, -1))
        kept = "".join(f", {name}" for name in order)
        twice = " or ".join(_is_twice(steps[:place], step) for place, step in enumerate(steps))
        # an object without the array, or that names it twice, is a record that cannot be read
        found = (
            f"case when json_type(document, {array}) = 'ARRAY' and not ({twice})"
            f" then json_extract(document, {path}) else [null] end"
        )
        broken = f" union all select {kept[2:]}, 0, null{parents}, document from ({items}) where document is null"
        items = (
            f"select {kept[2:]}, unnest(range(len(found))) as place{depth}, unnest(found) as document"
            f"{parents}, document as up1"
            f" from (select *, {found} as found from ({items}) where document is not null)"
            f"{broken}"
        )
        order.append(f"place{depth}")
    return (
        f"select {done} + row_number() over (order by {', '.join(order)}) - 1 as row_number,"
        f" coalesce(json_type(document) = 'OBJECT', false) as is_readable, *"
        f" from ({items})"
    )


def _is_twice(within: tuple[paths.Step, ...], step: paths.Step) -> str:
    """Return whether an object of a document has a name twice."""
    name = text_literal(step.name)
    spelled = text_literal(f'"{step.name}"')
    return f"json_is_twice(document, {text_literal(json_path(within))}, {name}, {spelled})"


def _csv(
    con: "duckdb.DuckDBPyConnection", file: RawFile, source: Source, done: list[int]
) -> Iterator[ColumnCells]:
    import pyarrow as pa

    for header, rows in csv_rows.rows_of(file):
        in_path = file_columns.in_path_of(file, header)
        file_columns.check_names(file, source, header)
        types = dict.fromkeys([*header, *in_path], "VARCHAR")
        file_columns.check_needed(file, source, types)
        blank: list[str | None] = [None] * len(header)
        columns = list(zip(*(row or blank for row in rows), strict=True)) or [()] * len(header)
        table = {
            name: pa.array(column, pa.string())
            for name, column in zip(header, columns, strict=True)
            if name.casefold() not in file_columns.OF_RECORDS
        }
        table |= {name: pa.array([one] * len(rows), pa.string()) for name, one in in_path.items()}
        numbers = range(done[0], done[0] + len(rows))
        table |= {"row_number": pa.array(numbers, pa.int64())}
        table |= {"is_readable": pa.array([row is not None for row in rows], pa.bool_())}
        con.register("lines", pa.table(table))
        yield _joined(con, "select * from lines", source, types)


def _parquet(con: "duckdb.DuckDBPyConnection", file: RawFile, source: Source) -> ColumnCells:
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(file.path)
        # DuckDB numbers no rows of a file that has a column of the name of its own
        is_numbered = _NUMBER not in {name.casefold() for name in schema.names}
        # what a path says is read here, by the contract's rules
        found = con.read_parquet(
            literal_path(file.path.absolute()),
            file_row_number=is_numbered,
            hive_partitioning=False,
        )
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise RejectedLog("unreadable", f"{file.path}: {str(error).splitlines()[0]}") from error
    file_columns.check_names(file, source, schema.names)
    file_columns.check_types(file, source, schema)
    kinds = zip(found.columns, map(str, found.types), strict=True)
    types = {name: kind for name, kind in kinds if name in schema.names}
    own = [name for name in types if name.casefold() in file_columns.OF_RECORDS]
    in_path = file_columns.in_path_of(file, found.columns)
    types |= dict.fromkeys(in_path, "VARCHAR")
    file_columns.check_needed(file, source, types)
    more = "".join(
        f", cast({'null' if one is None else text_literal(one)} as varchar) as {quoted(name)}"
        for name, one in in_path.items()
    )
    unused = [*own, _NUMBER] if is_numbered else own
    kept = f"* exclude ({', '.join(map(quoted, unused))})" if unused else "*"
    number = _NUMBER if is_numbered else "row_number() over () - 1"  # in the file's order
    query = (
        f"select {kept}{more}, {number} as row_number, true as is_readable from"
        f" read_parquet({text_literal(literal_path(file.path.absolute()))}, file_row_number = {is_numbered},"
        " hive_partitioning = false)"
    )
    return _joined(con, query, source, types)


def load_side_table(con: "duckdb.DuckDBPyConnection", file: RawFile, source: Source) -> None:
    """Make `side`, the table of `join`, from the CSV beside a raw file.
    ConfigurationError where it is not there, has no such key, or has one twice."""
    if source.join is None:
        return
    import pyarrow as pa

    path = file.path.parent / source.join.file
    if not path.is_file():
        raise ConfigurationError(
            f"{path}: the source {source.name} joins this file, which is not there; put it beside {file.path.name}"
        )
    side = raw_files.recognize(path, ("csv",))
    tables = []
    for header, rows in csv_rows.rows_of(side):
        if source.join.key not in header:
            raise ConfigurationError(f"{path}: it has no column {source.join.key}")
        whole = [row for row in rows if row is not None]
        columns = list(zip(*whole, strict=True)) or [()] * len(header)
        tables.append(
            pa.table(
                {
                    f"join.{name}": pa.array(column, pa.string())
                    for name, column in zip(header, columns, strict=True)
                }
            )
        )
    con.register("side", pa.concat_tables(tables))
    key = quoted(f"join.{source.join.key}")
    twice = con.sql(
        f"select {key} from side group by all having count(*) > 1 order by all limit 1"
    ).fetchall()
    if twice:
        raise ConfigurationError(f"{path}: {source.join.key} {twice[0][0]} comes twice")


def _joined(
    con: "duckdb.DuckDBPyConnection", query: str, source: Source, types: dict[str, str]
) -> ColumnCells:
    """Make `raw` of records, with the side table's columns beside them."""
    read: dict[str, set[tuple[paths.Step, ...]]] = {}
    if source.join is not None:
        more = dict.fromkeys(con.sql("select * from side").columns, "VARCHAR")
        on = ColumnCells(types, steps=read).text(paths.parse(source.join.on))
        query = (
            f"select * from ({query}) left join side on {on} = {quoted(f'join.{source.join.key}')}"
        )
        types = types | more
    con.execute(f"create or replace temp table raw as {query}")
    return ColumnCells(types, steps=read)
