"""Dates whose last run failed, and why: noted in the home, so that `status` says it when the run is over.

Nothing depends on it: such a date is stale in any case, and the next run tries it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from pricing_assets.common import files, json_files
from pricing_assets.home import Home
from pricing_assets.report.outcome import DateOutcome
from pricing_assets.report.staleness import Stale


def note(home: Home, outcomes: Sequence[DateOutcome]) -> None:
    """Note the dates that failed, and why; forget those that did not any more."""
    before = load(home)
    failed = {one.day: one.reason for one in outcomes if one.state == "failed"}
    others = {one.day for one in outcomes}
    now = {day: why for day, why in before.items() if day not in others} | failed
    if now != before:
        record = {day.isoformat(): why for day, why in sorted(now.items())}
        files.write_bytes(home.failures_file, json_files.to_json(record), home.scratch)


def load(home: Home) -> dict[date, str]:
    """Return the dates whose last run failed, and why; none where the file is missing or not
    understood."""
    try:
        record = json_files.read_json(home.failures_file)
        return {date.fromisoformat(day): str(why) for day, why in record.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def named_in(stale: Stale | None, failed: Mapping[date, str]) -> Stale | None:
    """Return why a date is stale, with why its last run failed where that is noted."""
    if stale is None or stale.day not in failed:
        return stale
    return replace(stale, why=f"{stale.why}; its last run failed: {failed[stale.day]}")
