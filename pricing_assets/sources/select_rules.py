"""Rules of a source's `select`: one SELECT over the view `raw`, which gives the same rows at any time.

What becomes of its rows belongs to `selected`.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from pricing_assets.db.connection import connection

RAW: Final = "raw"
_TABLE_FUNCTIONS: Final = ("unnest", "range", "generate_series", "json_each", "json_tree")
_OF_THE_MOMENT: Final = (
    *("current_timestamp", "current_date", "current_time", "localtime", "localtimestamp"),
    *("current_user", "session_user", "user", "age"),
)
"""Names that mean something else at another time, and that DuckDB does not list as such."""


def broken_rules(text: str) -> Iterator[str]:
    """Yield what is wrong with the text of a `select`."""
    parsed = _parsed(text)
    if parsed.get("error"):
        yield f"it is not a SELECT that DuckDB can read: {parsed.get('error_message')}"
        return
    if len(parsed["statements"]) != 1:
        yield "it must be one SELECT"
        return
    if _parsed(f"select * from {in_brackets(text)}").get("error"):
        yield "text follows its `;`; remove both"
        return
    nodes = list(_nodes(parsed["statements"][0]))
    named = {entry["key"] for node in nodes for entry in node.get("cte_map", {}).get("map", ())}
    for node in nodes:
        if node.get("type") == "BASE_TABLE" and node["table_name"] not in {RAW, *named}:
            yield f"{node['table_name']}: it may read the view {RAW} and nothing else"
        if node.get("sample"):
            yield "a sample of rows is not the same at any time"
        name = str(node.get("function_name", "")).lower()
        if node.get("type") == "TABLE_FUNCTION":
            called = node["function"]["function_name"]
            if called not in _TABLE_FUNCTIONS:
                yield f"{called}: it may read the view {RAW} and nothing else"
        elif name in _changing():
            yield f"{name} does not give the same at any time"
        if node.get("type") == "COLUMN_REF" and [one.lower() for one in node["column_names"]] in [
            [one] for one in _OF_THE_MOMENT
        ]:
            yield f"{node['column_names'][0]} does not give the same at any time"


def in_brackets(text: str) -> str:
    """Return a SELECT as a part of a statement, without the `;` that may end it."""
    select = text.rstrip("; \t\r\n")
    return f"(\n{select}\n)"


def _parsed(text: str) -> dict[str, Any]:
    with connection() as con:
        ((found,),) = con.execute("select json_serialize_sql(?)", [text]).fetchall()
    parsed: dict[str, Any] = json.loads(found)
    return parsed


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a statement as DuckDB serializes it."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value:
        if isinstance(one, dict | list):
            yield from _nodes(one)


@cache
def _changing() -> frozenset[str]:
    """Return the functions that do not give the same at any time."""
    with connection() as con:
        rows = con.execute(
            "select distinct function_name from duckdb_functions() where stability in"
            " ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
        ).fetchall()
    return frozenset(name for (name,) in rows) | {*_OF_THE_MOMENT}
