"""What is stale: one function of home and books, shared by command, sensor and status.

Reads receipts and manifests only; nothing is computed from logs here.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pricing_assets import closing
from pricing_assets.contract import RULES_VERSION
from pricing_assets.dates import usage_date
from pricing_assets.errors import RateBookError
from pricing_assets.home import Home, Receipt
from pricing_assets.rates import Rates
from pricing_assets.terms import Terms


@dataclass(frozen=True)
class Stale:
    """A usage date whose version in force is not what its inputs would give now."""

    day: date
    digest: str
    why: str
    rows: int


def input_digest(logs: Sequence[Receipt], day: date, rates: Rates, terms: Terms) -> str:
    """What a date's report hangs on: logs, cards and aliases in force, terms, rules."""
    parts = [
        f"rules {RULES_VERSION}",
        f"timezone {terms.timezone}",
        f"dimensions {terms.dimensions!r}",
        f"rates {rates.digest_on(day, terms.timezone)}",
        *sorted(log.file for log in logs),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def logs_by_date(receipts: Sequence[Receipt]) -> dict[date, list[Receipt]]:
    """The logs that each usage date is made of, in order of dates."""
    found: dict[str, list[Receipt]] = {}
    for log in receipts:
        for day in log.dates:
            found.setdefault(day, []).append(log)
    return {date.fromisoformat(day): found[day] for day in sorted(found)}


def newest(home: Home, terms: Terms, at: datetime) -> tuple[date, int] | None:
    """The newest usage date with a version in force, and how many days it is old at this instant
    in the billing time zone (0: today)."""
    found = max((day for day in home.dates() if home.current(day) is not None), default=None)
    return None if found is None else (found, (usage_date(at, terms.timezone) - found).days)


def stale_dates(home: Home, receipts: Sequence[Receipt], rates: Rates, terms: Terms) -> list[Stale]:
    """Every date to bring up to date, oldest first, and why."""
    found = []
    through = closing.closed_through(home)
    for day, logs in logs_by_date(receipts).items():
        digest = input_digest(logs, day, rates, terms)
        reported = home.reported(day)
        closed = closing.is_closed(day, through)
        blocked = home.blocked(day)
        if blocked is not None:
            if blocked["input_digest"] == digest and blocked["quarantine_limits"] == [
                terms.quarantine_limit,
                terms.quarantine_floor,
            ]:
                continue
            why = "was blocked; its inputs or limits changed"
        elif reported is None:
            why = "usage of a date that was closed without a report" if closed else "new"
        elif not closed and reported != home.current(day):
            why = "reopened: what was booked for it becomes usage"
        elif reported.manifest["input_digest"] == digest:
            continue
        else:
            reviewed = home.reviewed_file(day)
            if reviewed.is_file() and reviewed.read_text() == digest:
                continue
            said = changes(reported.manifest, logs, day, rates, terms)
            why = "; ".join(said) or "aliases or instants of the rate books changed"
            why += "; closed, so the difference will be booked" if closed else ""
        iso = day.isoformat()
        found.append(Stale(day, digest, why, sum(log.dates[iso] for log in logs)))
    return found


def check_pinned(home: Home, rates: Rates) -> None:
    """RateBookError where a card was changed in place after reports had used it: a published price
    never changes silently. Names the card and the reports that it would falsify."""
    cards = {card.id: card for book in rates.books for card in book.cards}
    falsified: dict[str, list[str]] = {}
    for day in home.dates():
        current, reported = home.current(day), home.reported(day)
        for what, side in (("version", current), ("correction", reported)):
            if side is None or (what == "correction" and side == current):
                continue
            for pinned in side.manifest["rate_cards"]:
                card = cards.get(pinned["id"])
                if card is not None and card.sha256 != pinned["sha256"]:
                    falsified.setdefault(card.id, []).append(f"{day} {what} {side.number}")
    if falsified:
        raise RateBookError(
            [
                f"{cards[card_id].folder}: card {card_id!r} was changed in place after it was used;"
                f" that would falsify {', '.join(reports[:5])}"
                f"{f' and {len(reports) - 5} more' if len(reports) > 5 else ''}. Restore it, and"
                " publish the change as a new card (`creditmill rates new`)"
                for card_id, reports in falsified.items()
            ]
        )


def changes(
    manifest: dict[str, object], logs: Sequence[Receipt], day: date, rates: Rates, terms: Terms
) -> list[str]:
    """In words, how the inputs of a date differ from those of a version."""
    inputs: list[dict[str, str]] = manifest["inputs"]  # type: ignore[assignment]
    before = {entry["sha256"] for entry in inputs}
    iso = day.isoformat()
    said = []
    late = [log for log in logs if log.file not in before]
    if late:
        names = ", ".join(sorted(log.shown_name for log in late)[:3])
        more = f" and {len(late) - 3} more" if len(late) > 3 else ""
        rows = sum(log.dates[iso] for log in late)
        said.append(f"late usage: {rows:,} rows in {names}{more}")
    cards: list[dict[str, str]] = manifest["rate_cards"]  # type: ignore[assignment]
    old = {card["id"]: card["sha256"] for card in cards}
    new = {card.id: card.sha256 for card in rates.cards_on(day, terms.timezone)}
    for card_id in sorted(old.keys() | new.keys()):
        if card_id not in old:
            said.append(f"rate card {card_id} added")
        elif card_id not in new:
            said.append(f"rate card {card_id} no longer in force")
        elif old[card_id] != new[card_id]:
            said.append(f"rate card {card_id} changed")
    deals: list[dict[str, str]] = manifest["agreements"]  # type: ignore[assignment]
    agreed = {deal["id"]: deal["sha256"] for deal in deals}
    now = {deal.id: deal.sha256 for deal in rates.agreements_on(day, terms.timezone)}
    for deal_id in sorted(agreed.keys() | now.keys()):
        if agreed.get(deal_id) != now.get(deal_id):
            what = "changed" if deal_id in agreed and deal_id in now else "no longer holds"
            said.append(f"agreement {deal_id} {'added' if deal_id not in agreed else what}")
    if manifest["rules_version"] != RULES_VERSION:
        said.append(f"rules {manifest['rules_version']} became {RULES_VERSION}")
    return said
