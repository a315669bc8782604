"""Zones of texts that name none: UTC, an offset, or a zone whose offset never changes.

A local time of a zone with daylight saving names two instants once a year, and none in another
hour, so it cannot be billed by: such a zone is refused.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

OWN = "text"
"""The zone of texts that each name their own."""
_FIRST_YEAR, _LAST_YEAR = 2000, 2037


class BadZone(ValueError):
    """A zone that a text without one cannot be read in."""


def offset_seconds(zone: str) -> int | None:
    """Return the seconds that a zone is east of UTC; None where each text names its own.
    BadZone where there is no such zone, or its offset changes.

    `UTC` gives 0, `+05:30` 19800, `Asia/Shanghai` 28800.
    """
    if zone == OWN:
        return None
    if zone in ("UTC", "Z"):
        return 0
    if match := re.fullmatch(r"([+-])([0-2]\d):([0-5]\d)", zone):
        seconds = int(match[2]) * 3600 + int(match[3]) * 60
        return -seconds if match[1] == "-" else seconds
    try:
        found = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadZone(
            f"{zone} is not a zone: UTC, an offset like +08:00, or an IANA name"
        ) from error
    begin = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    days = range(0, (_LAST_YEAR - _FIRST_YEAR) * 365, 7)
    offsets = {(begin + timedelta(days=day)).astimezone(found).utcoffset() for day in days}
    (offset, *more) = offsets
    if more or offset is None:
        raise BadZone(
            f"{zone} has changed its offset since {_FIRST_YEAR}, so a text without one can mean two"
            " instants; have the log written in UTC or with offsets"
        )
    return int(offset.total_seconds())
