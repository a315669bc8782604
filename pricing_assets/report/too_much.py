"""A date that takes more memory or temporary disk than there is: it fails alone, by name."""

from collections.abc import Sequence
from datetime import date

from pricing_assets.common.os_reasons import reason_of
from pricing_assets.common.text import counted
from pricing_assets.home import Receipt


def too_much(day: date, logs: Sequence[Receipt], error: Exception) -> str:
    """Return why a date failed that takes more than there is, with its largest log."""
    log = max(logs, key=lambda one: one.dates[day.isoformat()])
    return (
        "it takes more memory or temporary disk than there is"
        f" ({reason_of(error)}): give it more (memory_limit; room on the disk),"
        f" or look at its largest log, {log.shown_name} with"
        f" {counted(log.dates[day.isoformat()], 'row')}"
    )
