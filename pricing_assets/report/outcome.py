"""Outcomes: what is to become of a usage date in a run, and what became of it.

How that is decided and done belongs to `publish`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pricing_assets.checks import Verdict
from pricing_assets.contract.outcomes import EXCLUDED, QUARANTINE
from pricing_assets.home import DateState, Receipt, Reported
from pricing_assets.home.manifests import CauseSums, Contents

Became = Literal["published", "corrected", "unchanged", "blocked", "failed"]
DONE: tuple[Became, ...] = ("published", "corrected", "unchanged")
"""What becomes of a date that passed; the others are blocked or failed."""


@dataclass(frozen=True)
class DateOutcome:
    """What became of one usage date: published, corrected, unchanged, blocked or failed.

    `version` is the one in force then; `events` and `credits` are the date's as it is now,
    `difference` is in credits, to what was reported before; `quarantined` and `excluded` count
    rows, `warnings` names the first offending rows of each rule.
    """

    day: date
    state: Became
    version: int | None = None
    events: int = 0
    credits: Decimal = Decimal(0)
    difference: Decimal | None = None
    quarantined: int = 0
    excluded: int = 0
    reason: str = ""
    warnings: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class StagedDate:
    """A usage date as this run made it: its tables in `folder`, the logs, and what its manifest
    says of both."""

    folder: Path
    logs: Sequence[Receipt]
    contents: Contents

    @property
    def usage_date(self) -> date:
        """The usage date."""
        return self.contents.usage_date


@dataclass(frozen=True)
class DatePlan:
    """What is to become of a staged date. `outcome` says it, but for the number of a new version;
    `before` is what a new version or correction is compared with, `changes` are the sums of their
    difference by cause, once it is explained."""

    state: DateState
    staged: StagedDate
    outcome: DateOutcome
    before: Reported | None = None
    changes: dict[str, CauseSums] | None = None

    @property
    def charges(self) -> int:
        """Rows of the charges before and now."""
        sides = [self.staged.contents, *([self.before.manifest] if self.before else [])]
        return sum(side.outputs["charges.parquet"].rows for side in sides)

    @property
    def is_to_be_explained(self) -> bool:
        """Whether there is a difference to explain: not of the first version of a date."""
        state = self.outcome.state
        return state == "corrected" or (state == "published" and self.before is not None)


def outcome_of(state: DateState, staged: StagedDate, verdict: Verdict) -> DateOutcome:
    """Return what is known of every date, as of one that failed."""
    contents = staged.contents
    rows = contents.outcomes.items()
    return DateOutcome(
        staged.usage_date,
        "failed",
        version=state.current.number if state.current else None,
        events=contents.totals.events,
        credits=contents.totals.credits,
        quarantined=sum(of_one for outcome, of_one in rows if outcome in QUARANTINE),
        excluded=sum(of_one for outcome, of_one in rows if outcome in EXCLUDED),
        warnings=verdict.warnings,
    )
