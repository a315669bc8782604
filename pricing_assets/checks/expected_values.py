"""Parameters of expectations on `daily_usage`: whether they fit its columns, so that they are compared
exactly.

What breaks an expectation belongs to `expected_rows`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pricing_assets.contract import tables

COLUMNS: Final = {column.name: column.type for column in tables.tables(())["daily_usage"].columns}
"""Columns of `daily_usage`, and their types."""
DIGITS: Final = {"events": 0, "credits": 9, "usd": 11}
"""Columns of numbers, and their decimals."""
_TEXTS: Final = ("org_id", "billing_type")
_LARGEST: Final = {"events": Decimal(2**63 - 1), "credits": Decimal(10**29), "usd": Decimal(10**27)}
_LENGTHS: Final = "expect_column_value_lengths_to_be_between"


class NotSupported(ValueError):
    """An expectation, or a parameter of one, that is not run; the message says what would be."""


def checked(kind: str, kwargs: Mapping[str, Any], parameters: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of an expectation, None where one is not given; NotSupported where one is
    wrong, lacks, or is none of it."""
    if kwargs.get("mostly", 1) not in (1, None) or kwargs.get("mostly") is True:
        raise NotSupported("mostly is not supported: each row counts")
    used = {name for name, value in kwargs.items() if value is not None} - {"mostly"}
    if more := sorted(used - {*parameters}):
        raise NotSupported(f"{', '.join(more)} is not supported; it takes {', '.join(parameters)}")
    arguments = {name: kwargs.get(name) for name in parameters}
    for name in ("column", "column_A", "column_B"):
        if name in arguments:
            _require_column(arguments[name])
    for name in ("strict_min", "strict_max", "or_equal"):
        if type(arguments.get(name, False)) not in (bool, type(None)):
            raise NotSupported(f"{name} is neither true nor false")
    _check_of_columns(kind, arguments)
    return arguments


def _check_of_columns(kind: str, arguments: Mapping[str, Any]) -> None:
    column = arguments.get("column")
    if "column_A" in arguments:
        for one in (arguments["column_A"], arguments["column_B"]):
            if one not in DIGITS:
                raise NotSupported(f"{one} is not a number; compare {', '.join(DIGITS)}")
    if "regex" in arguments and not (isinstance(arguments["regex"], str) and column in _TEXTS):
        raise NotSupported(f"regex is a text, and column one of {', '.join(_TEXTS)}")
    if "column_list" in arguments:
        listed = arguments["column_list"]
        if not isinstance(listed, list) or not listed:
            raise NotSupported("column_list is not a list of columns")
        for one in listed:
            _require_column(one)
    if "value_set" in arguments:
        values = arguments["value_set"]
        if not isinstance(values, list) or not values:
            raise NotSupported("value_set is not a list of values")
        for value in values:
            _require_value("value_set", value, str(column))
    if "value" in arguments:
        _require_count("value", arguments["value"])
    if "min_value" in arguments:
        _check_bounds(kind, arguments, column)


def _check_bounds(kind: str, arguments: Mapping[str, Any], column: str | None) -> None:
    bounds = {
        name: arguments[name] for name in ("min_value", "max_value") if arguments[name] is not None
    }
    if not bounds:
        raise NotSupported("it has neither min_value nor max_value, so that every value passes")
    counts = column is None or kind == _LENGTHS
    if kind == _LENGTHS and column not in _TEXTS:
        raise NotSupported(f"{column} is not a text; the texts are {', '.join(_TEXTS)}")
    if not counts and column in _TEXTS:
        raise NotSupported(
            f"{column} is a text; bounds are of {', '.join(('usage_date', *DIGITS))}"
        )
    if kind == "expect_column_sum_to_be_between" and column not in DIGITS:
        raise NotSupported(f"{column} has no sum; numbers are {', '.join(DIGITS)}")
    for name, value in bounds.items():
        if counts:
            _require_count(name, value)
        else:
            _require_value(name, value, str(column))


def _require_column(column: object) -> None:
    if column not in COLUMNS:
        raise NotSupported(f"{column!r} is not a column; daily_usage has {', '.join(COLUMNS)}")


def _require_count(name: str, value: object) -> None:
    if type(value) is not int or not 0 <= value < 2**63:
        raise NotSupported(f"{name} {_said(value)} is not a whole number from 0")


def _require_value(name: str, value: object, column: str) -> None:
    """Raise NotSupported where a value is none that the column could hold, to the last digit."""
    if column in DIGITS:
        number = _number(value)
        if number is None or not number.is_finite():
            raise NotSupported(f"{name} {_said(value)} is not a number, as {column} is")
        if _decimals(number) > DIGITS[column]:
            raise NotSupported(
                f"{name} {_said(value)} has more decimals than {column}, which has {DIGITS[column]}"
            )
        if abs(number) >= _LARGEST[column]:
            raise NotSupported(f"{name} {_said(value)} is larger than {column} can be")
    elif column == "usage_date":
        try:
            date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError as error:
            raise NotSupported(f"{name} {_said(value)} is not a date like 2026-02-03") from error
    elif not isinstance(value, str):
        raise NotSupported(f"{name} {_said(value)} is not a text, as {column} is")


def _number(value: object) -> Decimal | None:
    if type(value) not in (int, str, Decimal):
        return None
    try:
        return Decimal(value)  # type: ignore[arg-type]
    except InvalidOperation:
        return None


def _decimals(number: Decimal) -> int:
    """Return how many decimals a finite number has, but for zeros at its end: 5.0 has none."""
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -exponent - zeros) if any(digits) else 0


def plain(value: object) -> str:
    """Return a value that was checked as a text that the database reads exactly."""
    number = _number(value) if not isinstance(value, str) else None
    return str(value) if number is None else f"{number:f}"


def _said(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)
