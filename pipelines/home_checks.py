"""Asset checks over the whole home, whatever dates a run is about: rejected logs, blocked and stale
dates.

Runs show them with their assets, the sensor whenever they change between runs. What is rejected,
blocked or stale is decided in `pricing_assets`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import dagster as dg

from pipelines import metadata
from pricing_assets.home import Home
from pricing_assets.intake import inbox, late_digests
from pricing_assets.report import Stale

REJECTED = dg.AssetCheckSpec(
    "no_log_is_rejected",
    asset="intake",
    description="no file that was rejected lies in an inbox, and no digest that is not its log's",
)
BLOCKED = dg.AssetCheckSpec(
    "no_date_is_blocked",
    asset="report",
    description="no usage date of the home is blocked, whichever dates the run is about",
)
STALE = dg.AssetCheckSpec(
    "no_date_is_stale",
    asset="report",
    description="every usage date of the home is what its logs and prices give now",
)
MOST_SAID = 3


@dataclass(frozen=True)
class HomeCheck:
    """One check and the faults of the home that it found; it passes where there are none."""

    spec: dg.AssetCheckSpec
    columns: tuple[str, ...]
    faults: Sequence[tuple[object, ...]]
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR

    @property
    def metadata(self) -> metadata.Metadata:
        """How many faults there are, and the first of them."""
        return {"faults": len(self.faults), "found": metadata.table(self.columns, self.faults)}

    def result(self) -> dg.AssetCheckResult:
        """Return the check's result, as a step shows it."""
        return dg.AssetCheckResult(
            asset_key=self.spec.asset_key,
            check_name=self.spec.name,
            passed=not self.faults,
            severity=self.severity,
            metadata=self.metadata,
        )

    def evaluation(self) -> dg.AssetCheckEvaluation:
        """Return the same for where no step runs."""
        return dg.AssetCheckEvaluation(
            asset_key=self.spec.asset_key,
            check_name=self.spec.name,
            passed=not self.faults,
            severity=self.severity,
            metadata=self.metadata,
        )

    def sentence(self) -> str:
        """Name the first faults in a line; '' where there are none."""
        if not self.faults:
            return ""
        first = "; ".join(": ".join(map(str, fault)) for fault in self.faults[:MOST_SAID])
        more = len(self.faults) - MOST_SAID
        return f"{self.spec.name}: {first}{f'; and {more:,} more' if more > 0 else ''}"


def rejected_logs(home: Home) -> HomeCheck:
    """Check that no rejected file lies in an inbox, and no digest that is not its log's."""
    found = [
        (one.path, one.reason, one.detail.removeprefix(f"{one.reason}: "))
        for one in inbox.rejected_before(home)
    ]
    digests = late_digests.wrong_digests(home, late_digests.in_folders(home))
    found += [(one.path, inbox.WRONG_DIGEST, one.detail) for one in digests]
    return HomeCheck(REJECTED, ("file", "reason", "what is wrong"), found)


def blocked_dates(home: Home, besides: Iterable[date] = ()) -> HomeCheck:
    """Check that no usage date is blocked, `besides` those of a run."""
    left_out = set(besides)
    blocked = [(day, home.blocked(day)) for day in home.dates() if day not in left_out]
    found = [(day, attempt.reason) for day, attempt in blocked if attempt is not None]
    return HomeCheck(BLOCKED, ("usage date", "why"), found)


def stale_dates(stale: Iterable[Stale]) -> HomeCheck:
    """Check that no usage date is stale; one that is will be asked for, so this only warns."""
    found = [(one.day, one.why) for one in stale]
    return HomeCheck(STALE, ("usage date", "why"), found, dg.AssetCheckSeverity.WARN)
