"""Rows of a source's `select`: a SELECT in place of rules, held to the same rules and account.

Which SELECT may stand there belongs to `select_rules`, what becomes of rows to `mapping`.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pricing_assets.common.errors import RejectedLog
from pricing_assets.contract.outcomes import SKIPPED
from pricing_assets.contract.usage_log import REQUIRED_COLUMNS
from pricing_assets.db.io import quoted, text_literal
from pricing_assets.sources.cells import NUMBER, Cells
from pricing_assets.sources.column_cells import ColumnCells
from pricing_assets.sources.select_rules import in_brackets
from pricing_assets.sources.source import (
    COLUMNS,
    NO_RULE_MAKES,
    OF_MAPPED_ROWS,
    ColumnRule,
    Source,
    Test,
)

if TYPE_CHECKING:
    import duckdb

ROW_NUMBER: Final = "row_number"
_LEFT_OUT: Final = "is left out"
_OUTCOME: Final = "outcome"
_NAMES: Final = {name.lower(): name for name in (*COLUMNS, ROW_NUMBER, _OUTCOME)}
"""The contract's names, by what SQL takes for the same."""
_TAKEN: Final = {*OF_MAPPED_ROWS, *NO_RULE_MAKES, "is_readable"} - {ROW_NUMBER, _OUTCOME}


def select_rows(
    con: "duckdb.DuckDBPyConnection", source: Source, cells: Cells
) -> tuple[Source, ColumnCells]:
    """Make `selected` of what a source's `select` gives for `raw`; returns the source with a rule for
    each of its columns, and how these are read.

    A record that it gives no row for is `not_usage`, as is one whose `outcome` names why it is skipped.
    RejectedLog where it gives a record twice, or cannot be computed.
    """
    import duckdb

    try:
        con.execute(
            f"create or replace temp table picked as select * from {in_brackets(str(source.select))}"
        )
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise RejectedLog("wrong_schema", f"its source's select: {reason}") from error
    picked = con.table("picked")
    types = {
        _NAMES.get(name.lower(), name): str(kind)  # SQL folds case
        for name, kind in zip(picked.columns, picked.types, strict=True)
    }
    missing = [name for name in (ROW_NUMBER, *REQUIRED_COLUMNS) if name not in types]
    if missing:
        raise RejectedLog("wrong_schema", f"its source's select gives no {', '.join(missing)}")
    taken = sorted(name for name in types if name.lower() in _TAKEN)
    if taken:
        raise RejectedLog(
            "wrong_schema",
            f"its source's select gives {', '.join(taken)}, which mapped rows have of their own; rename it",
        )
    wrong = con.sql(
        "select picked.row_number from picked left join raw using (row_number)"
        " group by picked.row_number, raw.row_number"
        " having count(*) > 1 or raw.row_number is null limit 1"
    ).fetchall()
    if wrong:
        raise RejectedLog(
            "wrong_schema",
            f"its source's select gives record {wrong[0][0]} more than once, or there is no such record",
        )
    if _OUTCOME in types:
        _check_outcomes(con)
    number = quoted(NUMBER)
    document = f"records.number as {number}, " if number in cells.row_keys else ""
    con.execute(
        f"create or replace temp table selected as select records.row_number, {document}"
        f"records.is_readable, picked.row_number is null as {quoted(_LEFT_OUT)},"
        " picked.* exclude (row_number) from raw as records left join picked using (row_number)"
    )
    types |= {_LEFT_OUT: "BOOLEAN"}
    return _by_name(source, types), ColumnCells(types, "selected", row_keys=cells.row_keys)


def _check_outcomes(con: "duckdb.DuckDBPyConnection") -> None:
    """Raise RejectedLog where a row's `outcome` is not a name of [skip]: it would be charged."""
    known = ", ".join(map(text_literal, SKIPPED))
    other = con.sql(
        f"select row_number, cast(outcome as varchar) as said from picked"
        f" where said not in ({known}) order by row_number limit 1"
    ).fetchall()
    if other:
        number, outcome = other[0]
        raise RejectedLog(
            "wrong_schema",
            f"its source's select gives record {number} the outcome {outcome!r}, which must be null or one"
            f" of {', '.join(SKIPPED)}",
        )


def _by_name(source: Source, types: dict[str, str]) -> Source:
    """Return the source with a rule for each column of its `select`, by its name."""
    named = {
        name: ColumnRule("path", quoted(name), {"zone": "text"} if name == "event_time" else {})
        for name, kind in types.items()
        if name in COLUMNS or (kind == "VARCHAR" and name != _OUTCOME)
    }
    skip = {"not_usage": (Test((quoted(_LEFT_OUT),), (True,)),)}
    if _OUTCOME in types:
        for name in SKIPPED:
            skip[name] = (*skip.get(name, ()), Test((_OUTCOME,), (name,)))
    return replace(source, columns=named, skip=skip)
