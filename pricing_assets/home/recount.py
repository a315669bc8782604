"""Recount: hold a home to the rules of its time zone, and count its logs again where they changed.

`home.toml` pins the rules that receipts were counted by, each manifest the instants that its date
covered. Which dates become stale is decided in `staleness`; nothing is published here.
"""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.common.text import counted
from pricing_assets.contract import usage_dates, zones
from pricing_assets.db import connection as duck
from pricing_assets.db.usage_dates import load_pieces
from pricing_assets.home import closings, derived
from pricing_assets.home.entries import receipt_entry
from pricing_assets.home.home import Home
from pricing_assets.home.receipt import Receipt
from pricing_assets.home.settings import HomeSettings
from pricing_assets.home.version import Reported
from pricing_assets.home.zone_rules import changed_rules, covers_others
from pricing_assets.logs import relation as events
from pricing_assets.logs.rows_by_date import rows_by_usage_date

LOGS_AT_ONCE = 200
_NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def hold(home: Home, settings: HomeSettings, limits: duck.Limits | None = None) -> HomeSettings:
    """Return the settings with the zone's rules of today, by which every receipt then counts its
    rows, for the caller to write last; ConfigurationError where they would change a closed date."""
    pinned = zones.rules_of(settings.timezone)
    if settings.zone_rules == pinned:
        return settings
    refuse_closed(home, settings)
    unproven = [log for log in home.all_receipts() if not _is_proven(home, log, settings)]
    for begin in range(0, len(unproven), LOGS_AT_ONCE):
        logs = unproven[begin : begin + LOGS_AT_ONCE]
        changed = [
            receipt_entry(replace(log, dates=counted).record())
            for log, counted in zip(logs, _count(home, logs, settings, limits), strict=True)
            if counted != log.dates
        ]
        if changed:
            home.commit(changed)
    return replace(settings, zone_rules=pinned)


def refuse_closed(home: Home, settings: HomeSettings) -> None:
    """Raise ConfigurationError, with the closed dates, where the zone's rules of today would change
    any."""
    through = closings.closed_through(home)
    if through is None or settings.zone_rules == zones.rules_of(settings.timezone):
        return
    touched = [
        reported
        for day in home.dates()
        if closings.is_closed(day, through)
        and (reported := home.reported(day)) is not None
        and covers_others(reported.manifest, day, settings)
    ]
    if touched:
        raise ConfigurationError(_refusal(home, settings, touched))


def _refusal(home: Home, settings: HomeSettings, touched: Sequence[Reported]) -> str:
    days = [one.usage_date.isoformat() for one in touched]
    more = f" and {len(days) - 3} more" if len(days) > 3 else ""
    release = touched[0].manifest.tzdata
    place = shlex.quote(str(home.path))
    return (
        f"{home.path}: {changed_rules(touched[0].manifest, settings)}, which moves rows between closed"
        f" dates ({', '.join(days[:3])}{more}); nothing was ingested or published. Reopen them"
        f" (`creditmill reopen --from {days[0]} --reason TEXT --home {place}`), so that they are"
        f" restated, or install the rules that they were closed by"
        f" (`pip install {zones.package(release)}`)"
    )


def _is_proven(home: Home, log: Receipt, settings: HomeSettings) -> bool:
    """Return whether reports say, of instants that their dates cover today, that this log has as
    many rows on each of its dates as its receipt says."""
    for iso, rows in log.dates.items():
        day = date.fromisoformat(iso)
        reported = home.reported(day)
        if reported is None or covers_others(reported.manifest, day, settings):
            return False
        inputs = reported.manifest.inputs
        if not any((one.sha256, one.rows) == (log.file, rows) for one in inputs):
            return False
    return True


def _count(
    home: Home, logs: Sequence[Receipt], settings: HomeSettings, limits: duck.Limits | None
) -> Iterable[dict[str, int]]:
    """Return rows per usage date of each log, in order of the logs."""
    near = {date.fromisoformat(iso) for log in logs for iso in log.dates}
    days = usage_dates.dates_around(
        usage_dates.dates_around(near)
    )  # a date, its UTC days, their dates
    rows_by_date: dict[str, dict[str, int]] = {log.file: {} for log in logs}
    for log in logs:
        kept = home.kept_log(log.file)
        if log.reference is None and not kept.is_file():
            raise CreditmillError(f"log {log.shown_name} is missing: restore {kept}")
    derived.ensure(home, logs)
    with duck.connection(limits, home.scratch, derived.folders(home)) as con:
        load_pieces(con, usage_dates.pieces(days, settings.timezone))
        sources = [derived.stored(home, log) for log in logs]
        events.relation_of(con, sources, settings.dimensions).create_view("arrived")
        found = rows_by_usage_date(con, _NEVER.replace(tzinfo=None))
    for file, day, rows in sorted(found):
        rows_by_date[file][day.isoformat()] = rows
    for log in logs:
        rows = sum(rows_by_date[log.file].values()) + log.without_date
        if rows != log.rows:
            raise CreditmillError(
                f"log {log.shown_name}: {counted(rows, 'row was', 'rows were')} counted again,"
                f" {log.rows:,} ingested; `creditmill verify --home {home.path}` says what differs"
            )
    return [rows_by_date[log.file] for log in logs]
