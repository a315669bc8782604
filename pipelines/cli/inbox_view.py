"""What a run says of its inbox: files that are rejected, and what it did not read.

What happened to usage dates belongs to `run_summary`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipelines.cli import output
from pipelines.cli.rejected_view import show_rejections
from pricing_assets.home import Home
from pricing_assets.intake import inbox
from pricing_assets.intake.arrivals import Arrivals
from pricing_assets.intake.inbox import Rejection
from pricing_assets.intake.inbox_scan import Found
from pricing_assets.intake.late_digests import WrongDigest, wrong_digests


@dataclass
class InboxView:
    """One look at an inbox (None: the run took no logs from anywhere), and what came of it."""

    home: Home
    found: Found | None = None
    arrivals: Arrivals = field(default_factory=Arrivals)
    dimensions: tuple[str, ...] = ()

    @cached_property
    def rejected_before(self) -> list[Rejection]:
        """Files that an earlier run rejected and that still lie there, in any inbox."""
        new = {rejection.path for rejection in self.arrivals.rejected}
        return [one for one in inbox.rejected_before(self.home) if one.path not in new]

    @cached_property
    def wrong_digests(self) -> list[WrongDigest]:
        """Logs of which another digest was stated after they were ingested."""
        if self.found is None:
            return []
        return wrong_digests(self.home, self.found.digest_files, self.found.root)

    @property
    def is_empty(self) -> bool:
        """Whether there was no log to read."""
        return self.found is not None and not self.found.names

    @cached_property
    def is_wrong(self) -> bool:
        """Whether no log was there to read, and none ever was: likely another folder is meant."""
        return (
            self.found is not None
            and self.is_empty
            and not inbox.was_ingested_from(self.home, self.found.root)
        )

    @property
    def exit_code(self) -> int:
        """1 where a file is rejected, in this run or since, or waits, or no log was ever in the
        inbox."""
        left = self.arrivals.rejected or self.rejected_before or self.arrivals.waiting
        return int(bool(left or self.is_wrong or self.wrong_digests))

    def headline(self, dates: int, blocked: int, logs: int) -> str:
        """Say that no date changed, in the words that what lies in the inbox allows; of the dates,
        those that are blocked are not up to date."""
        up_to_date = f"{output.counted(dates - blocked, 'date')} up to date"
        up_to_date += f", {blocked:,} blocked" if blocked else ""
        up_to_date += f", {output.counted(logs, 'log')} known"
        if self.found is not None and self.is_empty:
            return f"No usage log in {output.harmless(self.found.root)}; {up_to_date}."
        rejected = len(self.arrivals.rejected) + len(self.rejected_before)
        if rejected:
            return f"No date changed: {up_to_date}, {output.counted(rejected, 'file')} rejected."
        if self.arrivals.waiting:
            return f"No date changed: {up_to_date}, {len(self.arrivals.waiting):,} not read yet."
        return f"{'No date' if blocked or self.wrong_digests else 'Nothing'} changed: {up_to_date}."

    def tell(self) -> None:
        """Say what is rejected, and what was left out."""
        show_rejections(self.arrivals.rejected)
        show_rejections(self.rejected_before, still=True)
        for wrong in self.wrong_digests:
            output.problem(f"{wrong.path}: {wrong.detail}")
        if self.arrivals.waiting:
            output.problem(waits("new log", self.arrivals.waiting))
        for warning in self.arrivals.warnings:
            output.warn(warning)
        if self.found is None:
            return
        left_out = self.found.left_out()
        if self.is_empty:
            said = "; ".join(left_out) or "it is empty"
            told = output.problem if self.is_wrong else output.warn
            told(f"no usage log (*.parquet) in {self.found.root}: {said}")
        else:
            for said in left_out:
                output.warn(f"not read in {self.found.root}: {said}")
            for said in self.found.in_paths(self.dimensions):
                output.warn(f"columns in the paths of {self.found.root}: {said}")

    def _found_as_json(self) -> dict[str, Any] | None:
        if self.found is None:
            return None
        return {**self.found.as_json(), "columns_in_paths": self.found.in_paths(self.dimensions)}

    def as_json(self) -> dict[str, Any]:
        """Return the same for machines."""
        return {
            "rejected": [rejection.__dict__ for rejection in self.arrivals.rejected],
            "still_rejected": [rejection.__dict__ for rejection in self.rejected_before],
            "waiting": self.arrivals.waiting,
            "wrong_digests": [wrong.__dict__ for wrong in self.wrong_digests],
            "inbox": self._found_as_json(),
            "warnings": self.arrivals.warnings,
        }


def waits(what: str, left: Sequence[object]) -> str:
    """Say what is left for the next run, and why."""
    return (
        f"{output.counted(len(left), what)} left for the next run, from {left[0]}: this one came near"
        " max_run_seconds (CREDITMILL_MAX_RUN_SECONDS)"
    )
