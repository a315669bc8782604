"""How many rows are in quarantine: one number per usage date, and one of the home, for every screen.

The numbers are those of the table `quarantine`, from the manifests and receipts that it is made of.
Why the rows are there, and how to fix them, is in `quarantine`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pricing_assets.common.text import counted
from pricing_assets.contract.outcomes import QUARANTINE
from pricing_assets.home import Home, Receipt


@dataclass(frozen=True)
class Quarantined:
    """Quarantined rows of each usage date, and of no date; and all rows of each usage date."""

    by_date: dict[date, int]
    undated: int
    rows_of: dict[date, int]

    def between(self, first: date | None, last: date | None) -> int:
        """Count those of the dates between the two, and where neither is given also of no date."""
        dated = sum(
            rows
            for day, rows in self.by_date.items()
            if (first is None or day >= first) and (last is None or day <= last)
        )
        return dated + (self.undated if first is None and last is None else 0)

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.by_date.values()) + self.undated

    def sentence(self) -> str:
        """Return the number, in one sentence."""
        rows = counted(self.rows, "row is", "rows are")
        sentence = f"{rows} in quarantine, none of them charged"
        return sentence + (f" ({self.undated:,} of no usage date)" if self.undated else "")

    def as_json(self) -> dict[str, int]:
        """Return the same for machines."""
        return {"rows": self.rows, "undated": self.undated}


def of_home(home: Home, receipts: Sequence[Receipt]) -> Quarantined:
    """Count the quarantined rows of every usage date and of the logs' rows of no date."""
    outcomes = {day: _outcomes(home, day) for day in home.dates()}
    return Quarantined(
        {day: _quarantined(counts) for day, counts in outcomes.items()},
        sum(sum(log.undated.values()) for log in receipts if log.undated),
        {day: sum(counts.values()) for day, counts in outcomes.items()},
    )


def of_date(home: Home, day: date) -> int:
    """Count the quarantined rows of a usage date: of its blocked attempt, else of what was last
    reported of it."""
    return _quarantined(_outcomes(home, day))


def _outcomes(home: Home, day: date) -> Mapping[str, int]:
    """Return rows per outcome of the date's blocked attempt, else of what was last reported of
    it."""
    reported = home.reported(day)
    last = home.blocked(day) or (reported.manifest if reported else None)
    return last.outcomes if last else {}


def _quarantined(outcomes: Mapping[str, int]) -> int:
    return sum(rows for name, rows in outcomes.items() if name in QUARANTINE)
