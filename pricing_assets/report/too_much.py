"""A date that takes more memory or temporary disk than there is: it fails alone, by name."""

from collections.abc import Sequence
from datetime import date

from pricing_assets.common import resources
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.common.text import counted
from pricing_assets.home import Receipt


def is_too_much(error: Exception) -> bool:
    """Return whether a date takes more memory or disk than there is."""
    return resources.is_out_of_memory(error) or resources.is_disk_full(error)


def too_much(day: date, logs: Sequence[Receipt], error: Exception) -> str:
    """Return why a date failed that takes more than there is, with its largest log."""
    log = max(logs, key=lambda one: one.dates[day.isoformat()])
    return (
        "it takes more memory or temporary disk than there is"
        f" ({reason_of(error)}): give it more (memory_limit; room on the disk),"
        f" or look at its largest log, {log.shown_name} with"
        f" {counted(log.dates[day.isoformat()], 'row')}"
    )
