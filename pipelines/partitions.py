"""Usage dates as partitions: which there are, and how a run names a range of them."""

from datetime import date
from typing import Final

import dagster as dg


def usage_dates(first: date) -> dg.DailyPartitionsDefinition:
    """Return the usage dates from the first one to the day after tomorrow: an instant of tomorrow may
    be that date east of Greenwich."""
    return dg.DailyPartitionsDefinition(first.isoformat(), timezone="UTC", end_offset=3)


RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"
PARTITION: Final = "dagster/partition"


def span(first: date, last: date) -> str:
    """Return a range of dates in words, like 2026-02-01..2026-02-03."""
    return first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}"


def dates_of(context: dg.AssetExecutionContext) -> list[date]:
    """Return the usage dates of a run; Failure where it has none."""
    tags = context.run.tags
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
