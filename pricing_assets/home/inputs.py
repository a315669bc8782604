"""Inputs: what the reports of a home are made of, which travels together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from pricing_assets.home.home import Home
from pricing_assets.home.manifests import AliasLine
from pricing_assets.home.receipt import Receipt
from pricing_assets.home.settings import HomeSettings

if TYPE_CHECKING:
    from pricing_assets.rates import Rates


@dataclass(frozen=True)
class Inputs:
    """A home, the receipts of its logs, the rate books and the settings that it goes by."""

    home: Home
    receipts: Sequence[Receipt]
    rates: "Rates"
    settings: HomeSettings

    @cached_property
    def lines_by_files(self) -> Mapping[tuple[str, ...], set[AliasLine]]:
        """The lines of names that what is reported of the dates uses, by the files (SHA-256) that it was
        made with."""
        found: dict[tuple[str, ...], set[AliasLine]] = {}
        for day in self.home.dates():
            reported = self.home.reported(day)
            if reported is not None:
                of = reported.manifest
                found.setdefault(tuple(of.alias_files), set()).update(of.aliases)
        return found

    @cached_property
    def by_file(self) -> Mapping[str, Receipt]:
        """The logs, by SHA-256."""
        return {log.file: log for log in self.receipts}

    @cached_property
    def logs_by_date(self) -> Mapping[date, list[Receipt]]:
        """The logs that each usage date is made of, in order of dates."""
        return logs_by_date(self.receipts)


def logs_by_date(receipts: Iterable[Receipt]) -> dict[date, list[Receipt]]:
    """Return the logs that each usage date is made of, in order of dates."""
    found: dict[str, list[Receipt]] = {}
    for log in receipts:
        for day in log.dates:
            found.setdefault(day, []).append(log)
    return {date.fromisoformat(day): found[day] for day in sorted(found)}
