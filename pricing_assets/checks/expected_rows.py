"""Which rows of `daily_usage` break an expectation: those that Great Expectations would name, on exact
values.

An expectation about a whole table is about each usage date by itself. What it may say is held to in
`expected_values`, suites are read in `own_suite`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pricing_assets.checks import expected_values
from pricing_assets.checks.expected_values import COLUMNS, DIGITS, NotSupported, plain

if TYPE_CHECKING:
    import duckdb

    Connection = duckdb.DuckDBPyConnection
    Relation = duckdb.DuckDBPyRelation
    Expression = duckdb.Expression

Arguments = Mapping[str, Any]
"""Parameters of an expectation by name; None where one is not given."""


def claim(kind: str, kwargs: Arguments) -> str:
    """Return what an expectation claims, in words; NotSupported where it is none that is run here, or
    a parameter of it is wrong."""
    if kind not in SUPPORTED:
        raise NotSupported(f"it is not supported; those that are: {', '.join(SUPPORTED)}")
    parameters, _ = SUPPORTED[kind]
    arguments = expected_values.checked(kind, kwargs, parameters)
    conditions = ", ".join(
        f"{name} {_told(value)}" for name, value in arguments.items() if value is not None
    )
    return f"{kind.removeprefix('expect_').replace('_', ' ')}: {conditions}"


def _told(value: object) -> str:
    return ", ".join(map(plain, value)) if isinstance(value, list) else plain(value)


def faults(con: "Connection", kind: str, kwargs: Arguments) -> "Relation":
    """Return the rows that break it, as `usage_date` and `fault`."""
    parameters, find = SUPPORTED[kind]
    return find(con, {name: kwargs.get(name) for name in parameters})


def _column(name: str) -> "Expression":
    from duckdb import ColumnExpression

    return ColumnExpression(name)


def _call(name: str, *of: "Expression | str") -> "Expression":
    from duckdb import ConstantExpression, FunctionExpression

    parts = [ConstantExpression(one) if isinstance(one, str) else one for one in of]
    return FunctionExpression(name, *parts)


def _value(value: object, column: str) -> "Expression":
    """Return a value as one of the column, exactly."""
    import duckdb

    return duckdb.ConstantExpression(plain(value)).cast(duckdb.sqltype(COLUMNS[column]))


def _or(value: "Expression", nothing: "Expression") -> "Expression":
    """Return a value, and something else where there is none."""
    from duckdb import CaseExpression

    return CaseExpression(value.isnull(), nothing).otherwise(value)


def _shown(column: "Expression") -> "Expression":
    import duckdb

    return _or(column.cast(duckdb.sqltype("VARCHAR")), duckdb.ConstantExpression("(null)"))


def _rows(con: "Connection", column: str, breaks: "Expression") -> "Relation":
    """Return the rows that `breaks` is true of, each with its value of the column."""
    key = _shown(_column("org_id")), " ", _shown(_column("billing_type"))
    fault = _call("concat", *key, f": {column} is ", _shown(_column(column))).alias("fault")
    return con.table("daily_usage").filter(breaks).select(_column("usage_date"), fault)


def _outside(
    value: "Expression", arguments: Arguments, bound: Callable[[object], Any]
) -> "Expression":
    """Return whether a value lies outside the bounds that are given."""
    found: list[Expression] = []
    if (least := arguments["min_value"]) is not None:
        low = bound(least)
        found.append(value <= low if arguments.get("strict_min") else value < low)
    if (most := arguments["max_value"]) is not None:
        high = bound(most)
        found.append(value >= high if arguments.get("strict_max") else value > high)
    return found[0] if len(found) == 1 else found[0] | found[1]


def _between(con: "Connection", arguments: Arguments) -> "Relation":
    column = arguments["column"]
    outside = _outside(_column(column), arguments, lambda bound: _value(bound, column))
    return _rows(con, column, outside)


def _lengths(con: "Connection", arguments: Arguments) -> "Relation":
    import duckdb

    length = _call("length", _column(arguments["column"]))
    return _rows(con, arguments["column"], _outside(length, arguments, duckdb.ConstantExpression))


def _null(con: "Connection", arguments: Arguments) -> "Relation":
    return _rows(con, arguments["column"], _column(arguments["column"]).isnull())


def _not_null(con: "Connection", arguments: Arguments) -> "Relation":
    return _rows(con, arguments["column"], _column(arguments["column"]).isnotnull())


def _not_in(con: "Connection", arguments: Arguments) -> "Relation":
    column = arguments["column"]
    values = [_value(value, column) for value in arguments["value_set"]]
    return _rows(con, column, _column(column).isnotin(*values))


def _in(con: "Connection", arguments: Arguments) -> "Relation":
    column = arguments["column"]
    values = [_value(value, column) for value in arguments["value_set"]]
    return _rows(con, column, _column(column).isin(*values))


def _matches(con: "Connection", arguments: Arguments) -> "Relation":
    column = arguments["column"]
    return _rows(con, column, _call("regexp_matches", _column(column), arguments["regex"]))


def _matches_not(con: "Connection", arguments: Arguments) -> "Relation":
    column = arguments["column"]
    return _rows(con, column, ~_call("regexp_matches", _column(column), arguments["regex"]))


def _not_greater(con: "Connection", arguments: Arguments) -> "Relation":
    a, b = _column(arguments["column_A"]), _column(arguments["column_B"])
    return _rows(con, arguments["column_A"], a < b if arguments["or_equal"] else a <= b)


def _twice(con: "Connection", arguments: Arguments) -> "Relation":
    import duckdb

    names = [*dict.fromkeys(("usage_date", *arguments["column_list"]))]
    rows = duckdb.FunctionExpression("count").alias("rows_of_it")
    groups = con.table("daily_usage").aggregate([*map(_column, names), rows])
    values: list[Any] = []
    for name in names[1:]:
        values += [_shown(_column(name)), " "]
    message = _call("concat", *values, "has ", _shown(_column("rows_of_it")), " rows").alias(
        "fault"
    )
    more = _column("rows_of_it") > duckdb.ConstantExpression(1)
    return groups.filter(more).select(_column("usage_date"), message)


def _by_date(con: "Connection", value: "Expression") -> "Relation":
    """Return one row per date that is checked, also where it has no row, with `value` of its rows."""
    per_date = con.table("daily_usage").aggregate([_column("usage_date"), value.alias("found")])
    dates = con.table("checked").set_alias("checked")
    return dates.join(per_date.set_alias("of_date"), "usage_date", how="left")


def _dates(dates: "Relation", what: str, breaks: "Expression") -> "Relation":
    fault = _call("concat", f"{what} is ", _shown(_column("found"))).alias("fault")
    return dates.filter(breaks).select(_column("usage_date"), fault)


def _row_count(con: "Connection", arguments: Arguments) -> "Relation":
    import duckdb

    if "value" in arguments:
        arguments = {"min_value": arguments["value"], "max_value": arguments["value"]}
    nothing = duckdb.ConstantExpression(0)
    counted = _by_date(con, duckdb.FunctionExpression("count")).select(
        _column("usage_date"), _or(_column("found"), nothing).alias("found")
    )
    outside = _outside(_column("found"), arguments, duckdb.ConstantExpression)
    return _dates(counted, "the number of rows", outside)


def _aggregate(name: str, of_none: str | None) -> "Callable[[Connection, Arguments], Relation]":
    """Return the expectation on an aggregate of each date's rows; a date without rows has `of_none`,
    or breaks it."""

    def find(con: "Connection", arguments: Arguments) -> "Relation":
        import duckdb

        column = arguments["column"]
        exact = duckdb.sqltype(COLUMNS[column] if DIGITS.get(column) else "DECIMAL(38,0)")
        value = _column(column) if column not in DIGITS else _column(column).cast(exact)
        dates = _by_date(con, _call(name, value))
        found = _column("found")
        if of_none is not None:
            nothing = duckdb.ConstantExpression(of_none).cast(exact)
            dates = dates.select(_column("usage_date"), _or(found, nothing).alias("found"))

        def bound(value: object) -> Any:
            kind = exact if column in DIGITS else duckdb.sqltype(COLUMNS[column])
            return duckdb.ConstantExpression(plain(value)).cast(kind)

        breaks = _outside(found, arguments, bound) | found.isnull()
        return _dates(dates, f"the {name} of {column}", breaks)

    return find


_BOUNDS: Final = ("min_value", "max_value", "strict_min", "strict_max")
SUPPORTED: Final = {
    "expect_column_values_to_be_between": (("column", *_BOUNDS), _between),
    "expect_column_values_to_be_in_set": (("column", "value_set"), _not_in),
    "expect_column_values_to_not_be_in_set": (("column", "value_set"), _in),
    "expect_column_values_to_be_null": (("column",), _not_null),
    "expect_column_values_to_not_be_null": (("column",), _null),
    "expect_column_values_to_match_regex": (("column", "regex"), _matches_not),
    "expect_column_values_to_not_match_regex": (("column", "regex"), _matches),
    "expect_column_value_lengths_to_be_between": (("column", *_BOUNDS), _lengths),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        ("column_A", "column_B", "or_equal"),
        _not_greater,
    ),
    "expect_compound_columns_to_be_unique": (("column_list",), _twice),
    "expect_column_sum_to_be_between": (("column", *_BOUNDS), _aggregate("sum", "0")),
    "expect_column_min_to_be_between": (("column", *_BOUNDS), _aggregate("min", None)),
    "expect_column_max_to_be_between": (("column", *_BOUNDS), _aggregate("max", None)),
    "expect_table_row_count_to_be_between": (("min_value", "max_value"), _row_count),
    "expect_table_row_count_to_equal": (("value",), _row_count),
}
"""Expectations that are run, with the parameters that they take, and what finds the rows that break
them."""
