"""How many rows are in quarantine: one number per usage date, and one of the home, for every screen.

The numbers are those of the table `quarantine`, from the manifests and receipts that it is made of.
Why the rows are there, and how to fix them, is in `quarantine`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pricing_assets import contract
from pricing_assets.home import Home, Receipt


@dataclass(frozen=True)
class Quarantined:
    """Quarantined rows of each usage date, and of no date."""

    by_date: dict[date, int]
    undated: int

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.by_date.values()) + self.undated

    def said(self) -> str:
        """The number, in one sentence."""
        verb = "row is" if self.rows == 1 else "rows are"
        said = f"{self.rows:,} {verb} in quarantine, none of them charged"
        return said + (f" ({self.undated:,} of no usage date)" if self.undated else "")

    def as_json(self) -> dict[str, int]:
        """Return the same for machines."""
        return {"rows": self.rows, "undated": self.undated}


def of_home(home: Home, receipts: Sequence[Receipt]) -> Quarantined:
    """Count the quarantined rows of every usage date and of the logs' rows of no date."""
    return Quarantined(
        {day: of_date(home, day) for day in home.dates()},
        sum(rows for log in receipts for rows in log.undated.values()),
    )


def of_date(home: Home, day: date) -> int:
    """Count the quarantined rows of a usage date: of its blocked attempt, else of what was last
    reported of it."""
    manifest = home.blocked(day)
    if manifest is None:
        reported = home.reported(day)
        manifest = reported.manifest if reported else {"outcomes": {}}
    outcomes: dict[str, int] = manifest["outcomes"]
    return sum(rows for name, rows in outcomes.items() if name in contract.QUARANTINE)
