"""Records in which an object has a name twice that the source reads: readers of JSON differ in which of
the two they take, so neither is.

How a record is read where none comes twice belongs to `cells`.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pricing_assets.db.io import text_literal
from pricing_assets.sources.cells import JsonCells, document_of

if TYPE_CHECKING:
    import duckdb


def refuse_repeated(con: "duckdb.DuckDBPyConnection", cells: JsonCells) -> None:
    """Make records of `raw` unreadable in which a name that `cells` read comes twice in its object.

    The records of a log have few shapes: names are looked at once for each, and record by record only
    where that finds one that comes twice.
    """
    objects = cells.objects()
    listed = {up: f"[{', '.join(map(text_literal, of_up))}]" for up, of_up in objects.items()}
    found = []
    for up, of_up in objects.items():
        keys = f"try(json_keys({document_of(up)}, {listed[up]}))"
        shapes = con.sql(
            f"select any_value(keys) from (select {keys} as keys from raw) group by hash(keys)"
        ).fetchall()
        for place, names in enumerate(of_up.values()):
            held = [shape[place] or [] for (shape,) in shapes if shape is not None]
            if repeated := sorted(_repeated(held, names)):
                wanted = f"[{', '.join(map(text_literal, repeated))}]"
                mine = f"list_filter({keys}[{place + 1}], lambda one: one in {wanted})"
                found.append(f"coalesce(len({mine}) > list_unique({mine}), false)")
    if found:
        rows = con.sql(f"select row_number from raw where {' or '.join(found)}").to_arrow_table()
        con.register("repeated", rows)
        con.execute(
            "create or replace temp view raw as select * replace (is_readable and row_number"
            f" not in (select row_number from repeated) as is_readable) from ({cells.records})"
        )


def _repeated(shapes: Iterable[list[str]], names: Iterable[str]) -> set[str]:
    return {
        name
        for shape in shapes
        if len(set(shape)) < len(shape)
        for name in shape
        if shape.count(name) > 1 and any(fnmatchcase(name, one) for one in names)
    }
