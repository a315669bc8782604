"""Usage dates as partitions: which there are, and how a run names a range of them."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Final

import dagster as dg

from pricing_assets.common.batching import contiguous


def usage_dates(first: date) -> dg.DailyPartitionsDefinition:
    """Return the usage dates from the first one to the day after tomorrow: an instant of tomorrow may
    be that date east of Greenwich."""
    return dg.DailyPartitionsDefinition(first.isoformat(), timezone="UTC", end_offset=3)


RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"
PARTITION: Final = "dagster/partition"


DATES: Final = "creditmill/dates"
"""Of a run that publishes what it finds: `TO_BE_FOUND`, and the dates as soon as it has ingested."""
TO_BE_FOUND: Final = "to be found"
NONE_FOUND: Final = "none"


def span(first: date, last: date) -> str:
    """Return a range of dates in words, like 2026-02-01..2026-02-03."""
    return first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}"


def spans(days: Collection[date]) -> str:
    """Return dates in words, like 2026-02-01..2026-02-03, 2026-02-09."""
    return ", ".join(span(first, last) for first, last in contiguous(days)) or NONE_FOUND


def dates_named(tags: Mapping[str, str]) -> set[date]:
    """Return the dates that the tags of a run name, found ones too; ValueError where one is not a date."""
    first = tags.get(RANGE_START, tags.get(PARTITION))
    last = tags.get(RANGE_END if RANGE_START in tags else PARTITION)
    ranges = [(first, last)] if first and last else []
    found = tags.get(DATES, TO_BE_FOUND)
    if found not in (TO_BE_FOUND, NONE_FOUND):
        ends = [one.split("..") for one in found.split(", ")]
        ranges += [(one[0], one[-1]) for one in ends]
    days: set[date] = set()
    for begin, end in ((date.fromisoformat(a), date.fromisoformat(b)) for a, b in ranges):
        days |= {begin + timedelta(days=step) for step in range((end - begin).days + 1)}
    return days


def dates_of(context: dg.AssetExecutionContext) -> list[date]:
    """Return the usage dates of a run; Failure where it has none."""
    tags = context.run.tags
    if DATES in tags:
        # as its first step left them: what Dagster handed to this one is from before
        run = context.instance.get_run_by_id(context.run.run_id)
        return sorted(dates_named(run.tags if run else tags))
    first = tags.get(RANGE_START, tags.get(PARTITION))
    try:
        date.fromisoformat(first or "")
        date.fromisoformat(tags.get(RANGE_END if RANGE_START in tags else PARTITION) or "")
    except ValueError:
        raise dg.Failure(
            "This run names no usage date: give it one, like `dg launch --job daily --partition"
            " 2026-02-03`, or choose partitions in Dagster's pages.",
            allow_retries=False,
        ) from None
    if not context.partition_keys:
        raise dg.Failure("The range holds no date: it ends before it begins.", allow_retries=False)
    return [date.fromisoformat(key) for key in context.partition_keys]
