"""Instants as users write them: the one place where text becomes an instant in UTC.

Which option or column the text stands in, and how to write it right, is for callers to say.
"""

from datetime import UTC, datetime
from typing import Final

LAST_SECOND: Final = datetime(9999, 12, 31, 23, 59, 59)


def parse_instant(text: str, *, naive_is_utc: bool = False) -> datetime:
    """Return the instant in UTC; ValueError says what is wrong with it, as `is not an instant`."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("is not an instant") from error
    if read.tzinfo is None and naive_is_utc:
        return read.replace(tzinfo=UTC)
    return in_utc(read)


def in_utc(read: datetime) -> datetime:
    """Return an instant in UTC; ValueError where it has no offset, or lies outside all years."""
    if read.tzinfo is None:
        raise ValueError("has no offset")
    try:
        return read.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from error


def shown(at: datetime) -> str:
    """Return an instant in UTC as people read it, to the second: `2026-02-03T12:00:00Z`."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def is_no_end(text: str) -> bool:
    """Return whether a text means `for ever`, as the last second of the year 9999 does at any
    offset, and what lies beyond it in UTC: `9999-12-31T23:59:59-05:00` is in the year 10000."""
    try:
        read = datetime.fromisoformat(text)
        in_utc(read)
    except ValueError as error:
        return isinstance(error.__cause__, OverflowError) and read.year == LAST_SECOND.year
    return read.replace(tzinfo=None) >= LAST_SECOND
