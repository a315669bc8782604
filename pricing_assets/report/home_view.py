"""A home as readers see it: its settings, rate books and receipts, and which dates are stale.

What a run writes belongs to `flow`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from pricing_assets import rates
from pricing_assets.contract.usage_dates import FIRST_DATE
from pricing_assets.home import (
    Home,
    HomeSettings,
    Inputs,
    Receipt,
    closings,
    held_books,
    presence,
    recount,
    used_prices,
)
from pricing_assets.home.asked_books import load_asked
from pricing_assets.report import staleness
from pricing_assets.report.staleness import SourceDigests, Stale


@dataclass
class HomeView:
    """A home and the settings that it is read under; its books and receipts are read once."""

    home: Home
    settings: HomeSettings
    _receipts: list[Receipt] | None = field(default=None, init=False, repr=False)

    @cached_property
    def rates(self) -> rates.Rates:
        """The home's rate books, read and checked."""
        return load_asked(self.home, self.settings.books)

    @property
    def receipts(self) -> list[Receipt]:
        """The receipt of every ingested log that was not withdrawn."""
        if self._receipts is None:
            self._receipts = self.home.all_receipts()
        return self._receipts

    def forget_receipts(self) -> None:
        """Read the receipts once more when they are next asked for: some were added."""
        self._receipts = None

    @property
    def inputs(self) -> Inputs:
        """The home, with the receipts, rate books and settings of today."""
        return Inputs(self.home, self.receipts, self.rates, self.settings)

    @cached_property
    def closed_through(self) -> date | None:
        """The last closed date when this view was opened."""
        return closings.closed_through(self.home)

    @property
    def first_open(self) -> date:
        """The earliest usage date that is not closed: what corrections are booked on."""
        through = self.closed_through
        return through + timedelta(days=1) if through else FIRST_DATE

    def logs_of(self, days: Iterable[date]) -> dict[date, list[Receipt]]:
        """Return the logs of each of the dates that has any."""
        by_date = self.inputs.logs_by_date
        return {day: by_date[day] for day in days if day in by_date}

    def require_whole(self) -> None:
        """Raise DamagedHome where what the journal names is gone, RateBookError where a price that
        was used is in no book any more."""
        presence.require_whole(self.home)
        held_books.require_used(self.home, self.settings)
        used_prices.check_used(self.home, self.rates)

    def source_digests(self) -> dict[date, SourceDigests]:
        """Return digests of the logs and of the prices of each usage date that logs touch."""
        return staleness.source_digests(self.inputs)

    def stale(
        self,
        first: date | None = None,
        last: date | None = None,
        unfinished: Collection[date] = (),
    ) -> list[Stale]:
        """Return the dates to bring up to date, of those between the two; dates that the zone's
        rules changed go together, and `unfinished` ones are among them. RateBookError where a card was changed in place after reports had
        used it, or is gone; DamagedHome where anything is."""
        self.require_whole()
        recount.refuse_closed(self.home, self.settings)
        staleness.check_pinned(self.home, self.rates)
        return [
            found
            for found in staleness.stale_dates(self.inputs, unfinished)
            if found.moved
            or ((first is None or found.day >= first) and (last is None or found.day <= last))
        ]
