"""What is stale: one function of home and books, shared by command, sensor and status.

Reads receipts and manifests only; nothing is computed from logs here.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pricing_assets.checks import own_rules
from pricing_assets.common.errors import RateBookError
from pricing_assets.contract.outcomes import RULES_VERSION
from pricing_assets.contract.usage_dates import spelled, usage_date
from pricing_assets.home import DateState, Home, HomeSettings, Inputs, Receipt, closings
from pricing_assets.home.zone_rules import covers_others
from pricing_assets.logs.path_columns import values_of
from pricing_assets.rates import Rates
from pricing_assets.report.reasons import why_changed


@dataclass(frozen=True)
class Stale:
    """A usage date whose version in force is not what its inputs would give now. `moved`: the date
    covers other instants now, so that rows move between it and its neighbours."""

    day: date
    digest: str
    why: str
    rows: int
    moved: bool = False


@dataclass(frozen=True)
class SourceDigests:
    """Digests of what comes into a usage date: its logs and the settings that they are read by, and
    its prices."""

    logs: str
    rates: str


def input_digest(logs: Sequence[Receipt], day: date, rates: Rates, settings: HomeSettings) -> str:
    """Return the digest of what a date's report depends on: logs, cards and aliases in force,
    settings, rules."""
    parts = [
        f"rules {RULES_VERSION}",
        *_settings_of(day, settings),
        f"rates {rates.digest_on(day, settings.timezone)}",
        *_logs_of(logs),
    ]
    return _digest(parts)


def _settings_of(day: date, settings: HomeSettings) -> list[str]:
    return [
        f"timezone {settings.timezone}",
        f"spans {spelled(day, settings.timezone)!r}",
        f"dimensions {settings.dimensions!r}",
    ]


def _logs_of(logs: Sequence[Receipt]) -> list[str]:
    schemas = {id(log.schema): log.schema for log in logs}  # thousands of logs share one
    in_paths = {key: values_of(schema) for key, schema in schemas.items()}
    return sorted(
        f"{log.file} source {log.source['sha256']}"
        if log.source
        else f"{log.file} {in_path}"
        if (in_path := in_paths[id(log.schema)])
        else log.file
        for log in logs
    )


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def source_digests(inputs: Inputs) -> dict[date, SourceDigests]:
    """Return, for each usage date that logs touch or touched, digests of what its report depends on:
    together with the version of the rules they are what `input_digest` covers."""
    home, settings, by_date = inputs.home, inputs.settings, inputs.logs_by_date
    return {
        day: SourceDigests(
            _digest([*_settings_of(day, settings), *_logs_of(by_date.get(day, []))]),
            inputs.rates.digest_on(day, settings.timezone),
        )
        for day in sorted({*by_date, *home.dates()})
        if day in by_date or is_emptied(home.state(day))
    }


def newest(home: Home, settings: HomeSettings, at: datetime) -> tuple[date, int] | None:
    """Return the newest usage date with a version in force, and how many days it is old at this
    instant in the billing time zone (0: today)."""
    found = max((day for day in home.dates() if home.current(day) is not None), default=None)
    return None if found is None else (found, (usage_date(at, settings.timezone) - found).days)


def stale_dates(inputs: Inputs, unfinished: Collection[date] = ()) -> list[Stale]:
    """Return every date to bring up to date, oldest first, and why; `unfinished` are dates whose last run
    ended before it was done, however they are reported."""
    home, settings, by_date = inputs.home, inputs.settings, inputs.logs_by_date
    found = []
    through = closings.closed_through(home)
    for day in sorted({*by_date, *home.dates()}):
        logs = by_date.get(day, [])
        state = home.state(day)
        if not logs and not is_emptied(state):
            continue
        digest = input_digest(logs, day, inputs.rates, settings)
        reported, blocked = state.reported, state.blocked
        closed = closings.is_closed(day, through)
        if blocked is not None:
            limits = settings.quarantine_limit, settings.quarantine_floor
            is_same = blocked.input_digest == digest and blocked.quarantine_limits == limits
            if is_same and blocked.own_rules == own_rules.rules_of(settings.checks):
                continue
            why = f"was blocked; its {'own rules' if is_same else 'inputs or limits'} changed"
        elif reported is None and not logs:
            continue
        elif reported is None:
            why = "usage of a date that was closed without a report" if closed else "new"
        elif not closed and reported != state.current:
            why = "reopened: what was booked for it becomes usage"
        elif reported.manifest.input_digest == digest or state.is_reviewed(digest):
            if day not in unfinished:
                continue
            why = "its last run ended before it was done"
        else:
            why = why_changed(reported.manifest, logs, day, inputs)
            why += "; closed, so the difference will be booked" if closed else ""
        iso = day.isoformat()
        rows = sum(log.dates[iso] for log in logs)
        moved = reported is not None and covers_others(reported.manifest, day, settings)
        found.append(Stale(day, digest, why, rows, moved))
    return found


def is_emptied(state: DateState) -> bool:
    """Return whether a date that no log has rows of any more had some when it was last looked at:
    its logs were withdrawn, or their source or the zone's rules moved their rows."""
    last = state.last_attempt
    return last is not None and bool(last.inputs)


def check_pinned(home: Home, rates: Rates) -> None:
    """Raise RateBookError where a card was changed in place after reports had used it: a published
    price never changes silently. Names the card and the reports that it would falsify."""
    cards = {card.id: card for book in rates.books for card in book.cards}
    falsified: dict[str, list[str]] = {}
    for day in home.dates():
        current, reported = home.current(day), home.reported(day)
        for what, side in (("version", current), ("correction", reported)):
            if side is None or (what == "correction" and side == current):
                continue
            for pinned in side.manifest.rate_cards:
                card = cards.get(pinned.id)
                if card is not None and card.sha256 != pinned.sha256:
                    falsified.setdefault(card.id, []).append(f"{day} {what} {side.number}")
    if falsified:
        raise RateBookError(
            [
                f"{cards[card_id].folder}: card {card_id!r} was changed in place after it was used;"
                f" that would falsify {', '.join(reports[:5])}"
                f"{f' and {len(reports) - 5} more' if len(reports) > 5 else ''}. Move it"
                " away, let `creditmill restore` write the used one again, and publish the change as a"
                " new card (`creditmill rates new`)"
                for card_id, reports in falsified.items()
            ]
        )
