"""Asset checks over the whole home, whatever dates a run is about: rejected logs, blocked and stale
dates.

Runs show them with their assets, the sensor whenever they change between runs. What is rejected,
blocked or stale is decided in `pricing_assets`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import dagster as dg

from pipelines import metadata
from pipelines.names import Names
from pricing_assets.home import Home
from pricing_assets.home.manifests import BlockedAttempt
from pricing_assets.intake import inbox, late_digests
from pricing_assets.report import Stale


class HomeClaim(NamedTuple):
    """What a check over the home claims of an asset."""

    name: str
    asset: str
    text: str

    def key(self, names: Names) -> dg.AssetCheckKey:
        """Return the check's key."""
        return dg.AssetCheckKey(names.key(self.asset), self.name)

    def spec(self, names: Names) -> dg.AssetCheckSpec:
        """Return the check as the step of its asset declares it."""
        return dg.AssetCheckSpec(self.name, asset=names.key(self.asset), description=self.text)


REJECTED = HomeClaim(
    "no_log_is_rejected",
    "intake",
    "no file that was rejected lies in an inbox, and no digest that is not its log's",
)
BLOCKED = HomeClaim(
    "no_date_is_blocked",
    "report",
    "no usage date of the home is blocked, whichever dates the run is about",
)
STALE = HomeClaim(
    "no_date_is_stale",
    "report",
    "every usage date of the home is what its logs and prices give now",
)
MOST_SAID = 3


@dataclass(frozen=True)
class HomeCheck:
    """One check and the faults of the home that it found; it passes where there are none."""

    claim: HomeClaim
    columns: tuple[str, ...]
    faults: Sequence[tuple[object, ...]]
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR

    @property
    def metadata(self) -> metadata.Metadata:
        """How many faults there are, and the first of them."""
        return {"faults": len(self.faults), "found": metadata.table(self.columns, self.faults)}

    def result(self, names: Names) -> dg.AssetCheckResult:
        """Return the check's result, as a step shows it."""
        return dg.AssetCheckResult(
            asset_key=names.key(self.claim.asset),
            check_name=self.claim.name,
            passed=not self.faults,
            severity=self.severity,
            metadata=self.metadata,
        )

    def evaluation(self, names: Names) -> dg.AssetCheckEvaluation:
        """Return the same for where no step runs."""
        return dg.AssetCheckEvaluation(
            asset_key=names.key(self.claim.asset),
            check_name=self.claim.name,
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
        return f"{self.claim.name}: {first}{f'; and {more:,} more' if more > 0 else ''}"


def rejected_logs(home: Home) -> HomeCheck:
    """Check that no rejected file lies in an inbox, and no digest that is not its log's."""
    found = [
        (one.path, one.reason, one.detail.removeprefix(f"{one.reason}: "))
        for one in inbox.rejected_before(home)
    ]
    digests = late_digests.wrong_digests(home, late_digests.in_folders(home))
    found += [(one.path, inbox.WRONG_DIGEST, one.detail) for one in digests]
    return HomeCheck(REJECTED, ("file", "reason", "what is wrong"), found)


def blocked_attempts(home: Home, besides: Iterable[date] = ()) -> dict[date, BlockedAttempt]:
    """Return the attempts that are blocked, `besides` those of a run."""
    days = set(home.dates()) - set(besides)
    found = {day: home.blocked(day) for day in sorted(days)}
    return {day: attempt for day, attempt in found.items() if attempt is not None}


def blocked_dates(home: Home) -> HomeCheck:
    """Check that no usage date is blocked."""
    found = [(day, attempt.reason) for day, attempt in blocked_attempts(home).items()]
    return HomeCheck(BLOCKED, ("usage date", "why"), found)


def dates_blocked_by(rule: str, attempts: Mapping[date, BlockedAttempt]) -> HomeCheck:
    """Check that no attempt breaks this rule."""
    found = [(day, one.reason) for day, one in attempts.items() if one.checks.get(rule)]
    return HomeCheck(BLOCKED, ("usage date", "why"), found)


def stale_dates(stale: Iterable[Stale]) -> HomeCheck:
    """Check that no usage date is stale; one that is will be asked for, so this only warns."""
    found = [(one.day, one.why) for one in stale]
    return HomeCheck(STALE, ("usage date", "why"), found, dg.AssetCheckSeverity.WARN)
