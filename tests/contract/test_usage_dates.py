"""Usage dates as UTC spans, against `zoneinfo` asked instant by instant.

Which rows fall on a date is held elsewhere; here is only what a date covers.
"""

import itertools
import random
import zoneinfo
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract.usage_dates import (
    DAY,
    EPOCH,
    FIRST_DATE,
    Piece,
    Span,
    dates_around,
    pieces,
    spans,
    usage_date,
)
from pricing_assets.contract.zones import zone_of

MICROSECOND = timedelta(microseconds=1)

# Zones and dates where something happens, and how long the date is, in hours per span.
SPECIAL = [
    ("UTC", "2026-02-03", [24]),
    ("Europe/Berlin", "2026-02-03", [24]),
    ("Europe/Berlin", "2026-03-29", [23]),
    ("Europe/Berlin", "2026-10-25", [25]),
    ("America/New_York", "2026-03-08", [23]),
    ("Asia/Kathmandu", "2026-02-03", [24]),
    ("Australia/Lord_Howe", "2026-04-05", [24.5]),
    ("America/St_Johns", "2010-11-06", [24, 59 / 60]),  # 00:01 goes back to 23:01
    ("America/St_Johns", "2010-11-07", [1 / 60, 24]),
    ("Pacific/Apia", "2011-12-29", [24]),
    ("Pacific/Apia", "2011-12-30", []),  # never was
    ("Pacific/Apia", "2011-12-31", [24]),
    ("Pacific/Kwajalein", "1993-08-21", []),
    ("America/Sao_Paulo", "2018-11-04", [23]),  # midnight itself is skipped
    ("America/Havana", "2025-11-02", [25]),
    ("Africa/Monrovia", "1972-01-06", [24]),  # 44 minutes and 30 seconds behind
    ("Africa/Monrovia", "1972-01-07", [24 - 44.5 / 60]),
    ("America/New_York", "1969-12-31", [5]),  # only what lies in 1970
    ("Asia/Tokyo", "1970-01-01", [15]),
    ("UTC", "1969-12-31", []),
    ("Etc/UTC", "1969-12-31", []),
    ("Asia/Tokyo", "1969-12-31", []),
]


@pytest.mark.parametrize(("zone", "day", "hours"), SPECIAL)
def test_how_long_a_date_is(zone: str, day: str, hours: list[float]) -> None:
    covered = spans(date.fromisoformat(day), zone)
    assert [(span.end - span.start) / timedelta(hours=1) for span in covered] == pytest.approx(
        hours
    )
    covers_what_the_zone_says(date.fromisoformat(day), zone)


def test_the_double_date_of_st_johns() -> None:
    zone = "America/St_Johns"
    begins = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    back = begins + timedelta(minutes=1)
    again = begins + timedelta(hours=1)
    assert spans(date(2010, 11, 6), zone) == (Span(begins - DAY, begins), Span(back, again))
    assert spans(date(2010, 11, 7), zone) == (Span(begins, back), Span(again, again + DAY))


def covers_what_the_zone_says(day: date, zone: str, step: timedelta = timedelta(minutes=7)) -> None:
    """Every edge to the microsecond, and instants all around the date, one by one."""
    info = ZoneInfo(zone)
    covered = spans(day, zone)
    assert list(covered) == sorted(covered, key=lambda span: span.start)
    for before, after in itertools.pairwise(covered):
        assert before.end < after.start, "spans that touch are one"
    for span in covered:
        for instant, inside in (
            (span.start, True),
            (span.end - MICROSECOND, True),
            (span.start - MICROSECOND, False),
            (span.end, False),
        ):
            is_on_it = instant >= EPOCH and instant.astimezone(info).date() == day
            assert is_on_it == inside, (day, zone, instant)
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    until = instant + timedelta(days=3)
    while instant < until:
        expected = instant >= EPOCH and instant.astimezone(info).date() == day
        assert any(span.start <= instant < span.end for span in covered) == expected, instant
        instant += step


def changes_of(zone: str, first: int, last: int) -> list[date]:
    """Dates around each change of the zone's clocks, and two without one."""
    info = ZoneInfo(zone)
    found = {date(first, 2, 3), date(last, 8, 9)}
    at = datetime(first, 1, 1, tzinfo=UTC)
    offset = at.astimezone(info).utcoffset()
    while at.year <= last:
        at += DAY / 2
        now = at.astimezone(info).utcoffset()
        if now != offset:
            local = at.astimezone(info).date()
            found |= {local + timedelta(days=shift) for shift in (-1, 0, 1)}
            offset = now
    return sorted(found)


ZONES = sorted(available_timezones() - {"Factory"})


def test_many_zones_agree_with_zoneinfo() -> None:
    rng = random.Random(7)
    for zone in rng.sample(ZONES, 25):
        first = rng.randint(1970, 2030)
        for day in changes_of(zone, first, first + 1):
            covers_what_the_zone_says(day, zone, timedelta(minutes=31))


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_agrees_with_zoneinfo(zone: str) -> None:
    for day in changes_of(zone, 1970, 2037):
        covers_what_the_zone_says(day, zone, timedelta(minutes=31))


@pytest.mark.parametrize(("zone", "day", "hours"), SPECIAL)
def test_pieces_share_out_a_date(zone: str, day: str, hours: list[float]) -> None:
    """Cut at midnights and at the instants of cards, with none lost and none twice."""
    usage_day = date.fromisoformat(day)
    covered = spans(usage_day, zone)
    around = datetime(usage_day.year, usage_day.month, usage_day.day, tzinfo=UTC)
    rng = random.Random(day)
    cuts = sorted(around + rng.uniform(-1.5, 2.5) * DAY for _ in range(6))
    cuts += [edge for span in covered for edge in (span.start, span.end)]
    made = sorted(pieces([usage_day], zone, sorted(cuts)), key=lambda piece: piece.span.start)
    assert merged([piece.span for piece in made]) == list(covered)
    begins = sorted({covered[0].start, *cuts}) if covered else []
    for piece in made:
        assert piece.usage_date == usage_day
        assert piece.utc_day == piece.span.start.date() == (piece.span.end - MICROSECOND).date()
        # prices are constant within a piece: no card takes effect inside it
        assert not [cut for cut in cuts if piece.span.start < cut < piece.span.end]
        since = begins[bisect_right(begins, piece.span.start) - 1]
        assert piece.rates_from == max(since, covered[0].start)


def merged(found: list[Span]) -> list[Span]:
    """Spans in order, those that touch put together; fails where two overlap."""
    whole: list[Span] = []
    for span in found:
        if whole and whole[-1].end == span.start:
            whole[-1] = Span(whole[-1].start, span.end)
        else:
            assert not whole or whole[-1].end < span.start
            whole.append(span)
    return whole


def test_a_card_of_another_date_leaves_the_pieces_as_they_were() -> None:
    day, noon = date(2026, 2, 3), datetime(2026, 2, 3, 12, tzinfo=UTC)
    alone = pieces([day], "UTC")
    assert alone == [Piece(day, day, Span(noon - DAY / 2, noon + DAY / 2), noon - DAY / 2)]
    assert pieces([day], "UTC", [noon - DAY, noon - DAY / 2, noon + DAY / 2, noon + DAY]) == alone
    assert [piece.rates_from for piece in pieces([day], "UTC", [noon])] == [noon - DAY / 2, noon]


def test_instants_before_1970_belong_to_no_date() -> None:
    for zone in ("UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"):
        for back in range(3):
            for span in spans(FIRST_DATE - timedelta(days=back), zone):
                assert span.start >= EPOCH
        days = dates_around([EPOCH.date()])
        assert min(piece.span.start for piece in pieces(days, zone)) == EPOCH


def test_the_dates_around_utc_days_hold_all_their_instants() -> None:
    utc_days = [date(2026, 3, 29), date(2010, 11, 7), date(2011, 12, 30)]
    near = dates_around(utc_days)
    for zone in ZONES:
        for utc_day in utc_days:
            midnight = datetime(utc_day.year, utc_day.month, utc_day.day, tzinfo=UTC)
            for instant in (midnight, midnight + DAY - MICROSECOND):
                assert usage_date(instant, zone) in near


NO_ZONES = [
    *(("Mars/Olympus", "is unknown; use an IANA name"), ("", "is unknown; use an IANA name")),
    *(("../UTC", "is unknown"), ("Europe", "is unknown"), ("Europe/../UTC", "is unknown")),
    *(("tzdata.zi", "is unknown"), ("zone.tab", "is unknown"), ("__init__.py", "is unknown")),
    *(
        ("europe/berlin", "the IANA name is Europe/Berlin"),
        ("UTC ", "the IANA name is UTC"),
        ("utc", "is UTC"),
    ),
    *((name, "not mean the same on every machine") for name in ("localtime", "posixrules")),
    *((name, "not mean the same on every machine") for name in ("Factory", "/etc/localtime")),
    *((name, "not mean the same on every machine") for name in ("posix/UTC", "right/UTC")),
]


@pytest.mark.parametrize(("name", "said"), NO_ZONES)
def test_what_is_no_place_is_a_named_error(name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        zone_of(name)


def test_the_zone_files_of_the_machine_are_not_read(
    tmp_path: Path,
) -> None:
    """A machine whose Tokyo is UTC, and which knows zones of its own."""
    for name in ("Asia/Tokyo", "Mars/Olympus"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(files("tzdata").joinpath("zoneinfo", "UTC").read_bytes())
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([tmp_path])
    try:
        zone_of.cache_clear()
        assert usage_date(datetime(2026, 2, 3, 20, tzinfo=UTC), "Asia/Tokyo") == date(2026, 2, 4)
        with pytest.raises(ConfigurationError, match="is unknown"):
            zone_of("Mars/Olympus")
    finally:
        zoneinfo.reset_tzpath(before)
