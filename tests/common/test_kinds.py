"""Kinds of values: what JSON may hold where the code declares a type."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

import pytest

from pricing_assets.common import kinds


class Pair(NamedTuple):
    name: str
    rows: int


class Act(TypedDict):
    number: int
    reason: str | None


@pytest.mark.parametrize(
    ("value", "declared", "is_of"),
    [
        ("a", str, True),
        (None, str, False),
        (1, int, True),
        (True, int, False),  # a truth value is not a number of rows
        (1.0, int, False),
        (None, str | None, True),
        ([["a", "b"]], list[list[str]], True),
        ([["a", 1]], list[list[str]], False),
        ("ab", list[str], False),
        ({"a": ["b"]}, Mapping[str, list[str]], True),
        ({"a": "b"}, dict[str, list[str]], False),
        ([], dict[str, str], False),
        (("a",), tuple[str, ...], True),
        ((1,), tuple[str, ...], False),
        (("a", 1), tuple[str, int], True),
        (("a", 1, 2), tuple[str, int], False),
        (Pair("a", 1), Pair, True),
        (Pair("a", "1"), Pair, False),  # type: ignore[arg-type]
        (("a", 1), Pair, False),
        ((Pair("a", 1),), tuple[Pair, ...], True),
        ((Pair("a", 1), Pair("b", None)), tuple[Pair, ...], False),  # type: ignore[arg-type]
        ((Pair("a", 1), ("b", 1)), tuple[Pair, ...], False),
        ((), tuple[Pair, ...], True),
        ([1, "a", None], list[Any], True),
        ([1, None], list[int | None], True),
        ([1, True], list[int | None], False),
        ({"number": 1, "reason": None, "more": 1}, Act, True),
        ({"number": "1", "reason": None}, Act, False),
        ({"number": 1}, Act, False),
        (object(), Any, True),
    ],
)
def test_a_value_is_of_the_declared_type(value: object, declared: object, is_of: bool) -> None:
    assert kinds.is_of(value, declared) is is_of


def test_the_key_that_is_wrong_is_named() -> None:
    assert kinds.wrong_key([], Act) == "it is not a record"
    assert kinds.wrong_key({"number": 1}, Act) == "it has no reason"
    assert kinds.wrong_key({"number": [], "reason": ""}, Act) == (
        "number is not of the type that it has here"
    )
    assert kinds.wrong_key({"number": 1, "reason": ""}, Act) is None
