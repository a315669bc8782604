"""Which published versions and corrections an export of a period is made of.

What is read from them is in `tables`; no file of theirs is opened here but manifests.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pricing_assets.common import files
from pricing_assets.common.decimals import exact_sum
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.periods import Period, period_of
from pricing_assets.home import Booked, Home, Version, closings
from pricing_assets.home.entries import LEDGER
from pricing_assets.home.manifests import CHECKS, FILE_NAME, Reversal
from pricing_assets.home.settings import HomeSettings
from pricing_assets.ledger import stored
from pricing_assets.ledger.behind import dates_behind
from pricing_assets.ledger.stored import Stored

LAYOUT = 4
"""Raised when the files of an export are laid out differently: the same inputs are then exported again."""


@dataclass(frozen=True)
class Before:
    """The period before one that is exported, as many dates or a month, of which versions are
    published: these, and the corrections that were booked in it."""

    period: Period
    versions: tuple[Version, ...]
    corrections: tuple[Booked, ...]


@dataclass(frozen=True)
class ExportSource:
    """What an export is made of: the versions in force of the period's dates, the corrections
    booked on one of its dates, of whatever date they are, and the ledger of credits through its
    last date (nothing where the home has none).

    `usd_per_credit` are the rate cards of the period, `cards_before` those of all dates, since a
    grant may repay overdraft of any, and `credit_prices` what a credit cost by the newest card of
    each date; both only beside a ledger. `before` is what statements compare the period with.
    """

    period: Period
    settings: HomeSettings
    versions: tuple[Version, ...]
    corrections: tuple[Booked, ...]
    blocked: tuple[date, ...]
    final: bool
    usd_per_credit: dict[str, Decimal]
    ledger: tuple[Stored, ...]
    cards_before: dict[str, Decimal]
    credit_prices: dict[date, Decimal]
    before: Before | None

    @property
    def state(self) -> str:
        """`final` where every date of the period is closed, else `provisional`."""
        return "final" if self.final else "provisional"

    def digest(self, provider: str, *, excel: bool) -> str:
        """Return a digest of all that the bytes of an export depend on, with files for Excel or
        without."""
        parts = [f"layout {LAYOUT}", self.period.name, self.state, repr(self.settings.timezone)]
        parts += [repr(self.settings.dimensions), repr(provider), f"excel {excel}"]
        for kind, found in (("version", self.versions), ("correction", self.corrections)):
            parts += [f"{kind} {one.usage_date} {one.number} {sealed(one)}" for one in found]
        if self.before is not None:
            for kind, found in (
                ("version before", self.before.versions),
                ("correction before", self.before.corrections),
            ):
                parts += [f"{kind} {one.usage_date} {one.number} {sealed(one)}" for one in found]
        parts += [f"blocked {day}" for day in self.blocked]
        parts += [f"ledger {one.manifest['chain']}" for one in self.ledger[-1:]]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def usage_totals(self) -> tuple[Decimal, Decimal]:
        """Return credits and dollars of usage, as the versions' manifests say."""
        totals = [version.manifest.totals for version in self.versions]
        return (
            exact_sum(one.credits for one in totals),
            exact_sum(one.usd for one in totals),
        )


def sealed(version: Version | Booked) -> str:
    """Return one digest of the files of a version or a correction that are exported."""
    outputs = version.manifest.outputs
    exported = [name for name in sorted(outputs) if name != CHECKS and "changes" not in name]
    parts = [f"{name} {outputs[name].sha256}" for name in exported]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def source_of(home: Home, period: Period) -> ExportSource:
    """Return what a period's export is made of now; ConfigurationError where nothing is published,
    or where the ledger of credits is behind what is."""
    versions, corrections, blocked = [], [], []
    rates: dict[str, Decimal] = {}
    ledger = tuple(one for one in stored.counting(home, LEDGER) if one.usage_date <= period.last)
    cards_before: dict[str, Decimal] = {}
    credit_prices: dict[date, Decimal] = {}
    for day in home.dates():
        booked = [one for one in home.booked(day) if one.manifest.booked_on in period]
        corrections += booked
        current = home.current(day)
        if ledger and current is not None and current.manifest.rate_cards:
            cards = sorted(current.manifest.rate_cards, key=lambda card: card.effective_from)
            cards_before |= {card.id: card.usd_per_credit for card in cards}
            credit_prices[day] = cards[-1].usd_per_credit
        if day in period:
            versions += [current] if current else []
            blocked += [day] if home.blocked(day) else []
        if day in period or booked:
            # a correction may take back a charge at the price of any version before it
            for one in (*home.versions(day), *home.all_corrections(day)):
                if not isinstance(one.manifest, Reversal):
                    for card in one.manifest.rate_cards:
                        rates[card.id] = card.usd_per_credit
    has_balances = any(one.usage_date in period for one in ledger)
    if not versions and not corrections and not has_balances:
        raise ConfigurationError(
            f"nothing is published for {period.name} in {home.path}; `creditmill status` lists"
            " the dates that are"
        )
    behind = [day for day in dates_behind(home, None) if day <= period.last]
    if behind:
        raise ConfigurationError(
            f"the ledger of credits is behind what is published, from {behind[0]} on; `creditmill"
            " run` with the folder of grants (setting `credits`) brings it up to date"
        )
    final = closings.is_closed(period.last, closings.closed_through(home))
    return ExportSource(
        period,
        home.settings(),
        tuple(versions),
        tuple(corrections),
        tuple(blocked),
        final,
        rates,
        ledger,
        cards_before,
        credit_prices,
        _before(home, period) if versions else None,
    )


def _before(home: Home, period: Period) -> Before | None:
    """Return the month before a month, or the date before a date; None where nothing of it is
    published."""
    if period.first == date.min:
        return None
    last = period.first - timedelta(days=1)
    is_month = period.name == period.first.isoformat()[:7]
    before = period_of(last.isoformat()[: 7 if is_month else None])
    days = home.dates()
    versions = [current for day in days if day in before and (current := home.current(day))]
    booked = [one for day in days for one in home.booked(day) if one.manifest.booked_on in before]
    return Before(before, tuple(versions), tuple(booked)) if versions else None


def manifest_sha256(version: Version | Booked) -> str:
    """Return SHA-256 of the manifest that seals a version or a correction."""
    return files.sha256_of(version.folder / FILE_NAME)
