"""Logs that wait in the inboxes of a home, as a look of sensor or schedule sees it: names and stamps, no bytes.

Which of it is asked for is decided in `sensors` and `schedules`.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pricing_assets.flow import Run
from pricing_assets.home import Home
from pricing_assets.intake import inbox, inbox_scan, inboxes
from pricing_assets.intake.inbox import Stamp
from pricing_assets.intake.place import Place
from pricing_assets.sources.kept import KeptSource


class WaitingLog(NamedTuple):
    """Where a log lies, and the source that reads it."""

    place: Place
    source: KeptSource | None


def listed(run: Run) -> tuple[dict[str, WaitingLog], str]:
    """Return each log that lies in an inbox, with where it lies and the source that reads it; and digests of sources that
    read their inboxes differently than before, '' where there are none."""
    logs: dict[str, WaitingLog] = {}
    others: list[str] = []
    for one in run.inboxes:
        source = inboxes.source_of(run.home, one)
        found = inbox_scan.scan(one.path, run.home, source)
        logs |= dict.fromkeys(found.names, WaitingLog(inbox_scan.place_of(found), source))
        if source is not None and inboxes.is_read_differently(run.home, one, source):
            others.append(source.digest)
    return logs, " ".join(others)


def not_met(home: Home, logs: Mapping[str, WaitingLog]) -> Iterator[tuple[str, Stamp]]:
    """Yield each log that no run has read as it is now, with its stamp."""
    met = inbox.load_seen(home)
    for name, (place, source) in logs.items():
        try:
            stamp = place.stamp_of(name)
        except FileNotFoundError:
            continue
        known = met.get(name)
        if not (known and place.is_met(name, stamp, known, source)):
            yield name, stamp
