"""Records of another shape: every value of a record of JSON replaced by one of each other kind.

What a reader must say of them belongs to its tests.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

OTHERS: tuple[Any, ...] = (None, [], {}, "x", -1, 1.5, True)


class Reshaped(NamedTuple):
    """A record with one value replaced: where, what stood there, what stands there, all of it."""

    at: tuple[str | int, ...]
    was: Any
    now: Any
    record: Any


def reshaped(record: Any) -> Iterator[Reshaped]:
    """Yield the record with each value replaced in turn, itself the first; of a list its first."""
    for at in _places(record, ()):
        for now in OTHERS:
            was = _held(record, at)
            if type(was) is not type(now):
                yield Reshaped(at, was, now, _put(record, at, now))


def _places(value: Any, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*at, key))
    elif isinstance(value, list) and value:
        yield from _places(value[0], (*at, 0))


def _held(record: Any, at: tuple[str | int, ...]) -> Any:
    for key in at:
        record = record[key]
    return record


def _put(record: Any, at: tuple[str | int, ...], now: Any) -> Any:
    if not at:
        return now
    copy = json.loads(json.dumps(record))
    _held(copy, at[:-1])[at[-1]] = now
    return copy
