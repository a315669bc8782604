"""Records in which an object has a name twice that the source reads: readers of JSON differ in which of
the two they take, so neither is.

How a record is read where none comes twice belongs to `cells`.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pricing_assets.db.io import text_literal
from pricing_assets.sources.cells import Cells, JsonCells
from pricing_assets.sources.json_values import document_of, objects_of

if TYPE_CHECKING:
    import duckdb


def refuse_repeated(con: "duckdb.DuckDBPyConnection", cells: Cells) -> None:
    """Make records of `raw` unreadable in which a name that `cells` read comes twice in its object."""
    if isinstance(cells, JsonCells):
        of_documents = {document_of(up): names for up, names in cells.objects().items()}
        if _find_repeated(con, "raw", of_documents):
            con.execute(f"create or replace temp view raw as {_readable(cells.records)}")
        return
    of_columns = {
        f"case when json_valid({column}) then {column} end": objects_of(read)
        for column, read in cells.steps.items()
    }
    if _find_repeated(con, cells.relation, of_columns):
        con.execute(
            f"update {cells.relation} set is_readable = false"
            " where row_number in (select row_number from repeated)"
        )


def _readable(records: str) -> str:
    """Return records as SQL, without those of `repeated` as readable ones."""
    return (
        "select * replace (is_readable and row_number not in (select row_number from repeated)"
        f" as is_readable) from ({records})"
    )


def _find_repeated(
    con: "duckdb.DuckDBPyConnection", relation: str, objects: Mapping[str, Mapping[str, set[str]]]
) -> bool:
    """Make `repeated`, the records of a relation in whose documents a name comes twice that is read; False
    where no document has any.

    The records of a log have few shapes: names are looked at once for each, and record by record only
    where that finds one that comes twice.
    """
    found = []
    for document, of_document in objects.items():
        keys = f"try(json_keys({document}, [{', '.join(map(text_literal, of_document))}]))"
        shapes = con.sql(
            f"select any_value(keys) from (select {keys} as keys from {relation}) group by hash(keys)"
        ).fetchall()
        for place, names in enumerate(of_document.values()):
            held = [shape[place] or [] for (shape,) in shapes if shape is not None]
            if repeated := sorted(_repeated(held, names)):
                wanted = f"[{', '.join(map(text_literal, repeated))}]"
                mine = f"list_filter({keys}[{place + 1}], lambda one: one in {wanted})"
                found.append(f"coalesce(len({mine}) > list_unique({mine}), false)")
    if found:
        rows = con.sql(f"select row_number from {relation} where {' or '.join(found)}")
        con.register("repeated", rows.to_arrow_table())
    return bool(found)


def _repeated(shapes: Iterable[list[str]], names: Iterable[str]) -> set[str]:
    return {
        name
        for shape in shapes
        if len(set(shape)) < len(shape)
        for name in shape
        if shape.count(name) > 1 and any(fnmatchcase(name, one) for one in names)
    }
