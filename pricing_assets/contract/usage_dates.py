"""Usage dates: which instants a calendar date of the billing time zone covers, as UTC spans.

Where a zone's rules come from belongs to `zones`; no engine's time-zone functions are used anywhere.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from pricing_assets.common.instants import parse_instant
from pricing_assets.contract.zones import zone_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST_DATE = date(1969, 12, 31)
"""1970-01-01T00:00Z is still this date west of Greenwich."""


@dataclass(frozen=True)
class Span:
    """A half-open stretch of instants, [start, end), in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Piece:
    """The part of a usage date's span on one UTC day, within one interval of constant prices.

    `rates_from` is where that interval begins within the date, so that a card which takes
    effect on another date leaves this one's lines as they were.
    """

    utc_day: date
    usage_date: date
    span: Span
    rates_from: datetime


def usage_date(instant: datetime, zone: str) -> date:
    """Return the calendar date of an instant in the zone."""
    return instant.astimezone(zone_of(zone)).date()


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _constant_offsets(
    start: datetime, end: datetime, zone: ZoneInfo
) -> Iterable[tuple[Span, timedelta]]:
    """Yield stretches of [start, end) with one offset each; transitions lie on whole seconds."""
    since, offset, at = start, _offset(start, zone), start
    while at < end:
        later = min(at + HOUR, end)
        while _offset(later, zone) != offset:
            low, high = 0, int((later - at).total_seconds())
            while high - low > 1:
                middle = (low + high) // 2
                if _offset(at + timedelta(seconds=middle), zone) == offset:
                    low = middle
                else:
                    high = middle
            change = at + timedelta(seconds=high)
            yield Span(since, change), offset
            since, offset, at = change, _offset(change, zone), change
        at = later
    if since < end:
        yield Span(since, end), offset


def spans(day: date, zone: str) -> tuple[Span, ...]:
    """Return the instants of a usage date, in order: one span, two where clocks go back over
    midnight, none where the zone skipped the date. Instants before 1970 belong to no date."""
    if zone == "UTC":
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return (Span(midnight, midnight + DAY),) if midnight >= EPOCH else ()
    return _spans(day, zone_of(zone))


@cache
def _spans(day: date, zone: ZoneInfo) -> tuple[Span, ...]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    covered: list[Span] = []
    for stretch, offset in _constant_offsets(midnight - DAY, midnight + 2 * DAY, zone):
        start = max(stretch.start, midnight - offset, EPOCH)
        end = min(stretch.end, midnight + DAY - offset)
        if start >= end:
            continue
        if covered and covered[-1].end == start:
            covered[-1] = Span(covered[-1].start, end)
        else:
            covered.append(Span(start, end))
    return tuple(covered)


Spelled = list[list[str]]
"""Spans as manifests hold them: [start, end] in ISO format."""


def spelled(day: date, zone: str) -> Spelled:
    """Return the spans of a usage date as its manifest pins them."""
    return [[span.start.isoformat(), span.end.isoformat()] for span in spans(day, zone)]


def read_spans(pinned: Spelled) -> tuple[Span, ...]:
    """Return the spans that a manifest pins."""
    return tuple(Span(*(parse_instant(text) for text in span)) for span in pinned)


def dates_around(utc_days: Collection[date]) -> list[date]:
    """Return every usage date, of any zone, that instants of these UTC days may fall on."""
    near = {day + timedelta(days=shift) for day in utc_days for shift in (-1, 0, 1)}
    return sorted(near)


def pieces(days: Iterable[date], zone: str, boundaries: Sequence[datetime] = ()) -> list[Piece]:
    """Return the dates cut at the instants where prices may change (`boundaries`), and at UTC
    midnights: one piece per date, interval of constant prices, span and UTC day."""
    return pieces_of({day: spans(day, zone) for day in days}, boundaries)


def pieces_of(
    covering: Mapping[date, tuple[Span, ...]], boundaries: Sequence[datetime]
) -> list[Piece]:
    """Return the same pieces of dates whose spans are given."""
    parts: list[Piece] = []
    for day, covered in covering.items():
        if not covered:
            continue
        begin = covered[0].start
        inside = [instant for instant in boundaries if begin < instant < covered[-1].end]
        starts = [begin, *sorted(set(inside))]
        ends = [*starts[1:], covered[-1].end]
        for rates_from, until in zip(starts, ends, strict=True):
            for span in covered:
                start, end = max(span.start, rates_from), min(span.end, until)
                while start < end:
                    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
                    stop = min(end, midnight + DAY)
                    parts.append(Piece(start.date(), day, Span(start, stop), rates_from))
                    start = stop
    return parts
