"""Kinds of values: whether what JSON or TOML holds is of the types that the code declares.

Whether such a value is right belongs to its reader.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

Test = Callable[[Any], bool]
TestOfAll = Callable[[Collection[Any]], bool]


def wrong_field(record: Any) -> str | None:
    """Return the first field of a dataclass whose value is of another type than it declares; None
    where all are as declared."""
    fields = _fields(record.__class__)
    return next((name for name, test in fields if not test(getattr(record, name))), None)


def wrong_key(record: object, declared: type, optional: Collection[str] = ()) -> str | None:
    """Return the first key of a record that is missing or has the wrong type, and what is wrong with
    it; None where all are as `declared`, a TypedDict or a dataclass. Keys that are NotRequired or
    `optional` may be missing, other keys do not matter."""
    if not isinstance(record, dict):
        return "it is not a record"
    for name, test in _keys(declared).items():
        if name not in record:
            if name in optional or name in getattr(declared, "__optional_keys__", ()):
                continue
            return f"it has no {name}"
        if not test(record[name]):
            return f"{name} is not of the type that it has here"
    return None


def is_of(value: Any, declared: Any) -> bool:
    """Return whether a value, and all that it holds, is of a declared type.

    >>> is_of([["a", 1]], list[list[str]]), is_of({"a": 1}, dict[str, int]), is_of(True, int)
    (False, True, False)
    """
    return _test(declared)(value)


def as_tuple(items: object) -> tuple[Any, ...]:
    """Return a list of JSON as a tuple; TypeError for anything else that could be one, as a text."""
    if not isinstance(items, list):
        raise TypeError(f"{items!r} is not a list")
    return tuple(items)


def as_decimal(text: object) -> Decimal:
    """Return the number that a text of JSON holds; TypeError or ValueError where it holds none."""
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is not a decimal in quotes")
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(f"{text} is not a number")
    return number


@cache
def _fields(kind: type) -> list[tuple[str, Test]]:
    declared = get_type_hints(kind)
    return [(field.name, _test(declared[field.name])) for field in dataclasses.fields(kind)]


@cache
def _keys(kind: type) -> dict[str, Test]:
    return {name: _test(declared) for name, declared in get_type_hints(kind).items()}


@cache
def _test(declared: Any) -> Test:
    """Return the test of a declared type, made once: of thousands of values."""
    origin, inner = get_origin(declared), get_args(declared)
    if declared is Any:
        return lambda value: True
    if declared is None or declared is NoneType:
        return lambda value: value is None
    if origin in (Union, UnionType):
        either = [_test(one) for one in inner]
        return lambda value: any(test(value) for test in either)
    if origin is Mapping or origin is dict:
        of_keys, of_values = map(_test_of_all, inner)
        return lambda value: (
            isinstance(value, dict) and of_keys(value) and of_values(value.values())
        )
    if origin is tuple and inner[-1] is not Ellipsis:
        each = [_test(one) for one in inner]
        return lambda value: (
            type(value) is tuple
            and len(value) == len(each)
            and all(test(item) for test, item in zip(each, value, strict=True))
        )
    if origin in (list, tuple, frozenset):
        of_items = _test_of_all(inner[0])
        return lambda value: type(value) is origin and of_items(value)
    if is_typeddict(declared):
        return lambda value: wrong_key(value, declared) is None
    if issubclass(declared, tuple):  # a NamedTuple
        tests = [_test(one) for one in get_type_hints(declared).values()]
        return lambda value: (
            type(value) is declared
            and all(test(item) for test, item in zip(tests, value, strict=True))
        )
    return lambda value: type(value) is declared


@cache
def _test_of_all(declared: Any) -> TestOfAll:
    """Return the test of many values of a declared type: field by field where each has several, and
    by their types alone where these say it all, ten times as fast as one by one."""
    plain = _plain_types(declared)
    if plain is not None:
        return lambda values: plain.issuperset(map(type, values))
    if isinstance(declared, type) and issubclass(declared, tuple):  # NamedTuples
        fields = [_test_of_all(one) for one in get_type_hints(declared).values()]
        return lambda values: (
            {declared}.issuperset(map(type, values))
            and all(
                test(of_all)
                for test, of_all in zip(fields, zip(*values, strict=True), strict=False)
            )
        )
    test = _test(declared)
    return lambda values: all(map(test, values))


def _plain_types(declared: Any) -> frozenset[type] | None:
    """Return the types that a value may have; None where its type alone does not say whether it is
    of a declared one."""
    if get_origin(declared) in (Union, UnionType):
        each = [_plain_types(one) for one in get_args(declared)]
        return None if None in each else frozenset().union(*filter(None, each))
    if declared is None:
        return frozenset({NoneType})
    is_plain = isinstance(declared, type) and declared is not Any and get_origin(declared) is None
    if not is_plain or issubclass(declared, tuple) or is_typeddict(declared):
        return None
    return frozenset({declared})
