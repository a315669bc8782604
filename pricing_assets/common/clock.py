"""The clock: the instant that something happens at."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this instant, in UTC, to the microsecond."""
    return datetime.now(UTC)
