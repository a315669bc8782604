"""What a run says of its inbox: files that are rejected, and what it did not read.

What happened to usage dates belongs to `run_summary`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipelines.cli import output
from pipelines.cli.rejected_view import show_rejections, show_unread, show_wrong_digests
from pricing_assets.home import Home, Receipt
from pricing_assets.intake import inbox, unread
from pricing_assets.intake.arrivals import Arrivals
from pricing_assets.intake.inbox import Rejection
from pricing_assets.intake.inbox_contents import InboxContents
from pricing_assets.intake.late_digests import WrongDigest, wrong_digests


@dataclass
class InboxView:
    """One look at each inbox of a run (none: it took no logs from anywhere), and what came of it."""

    home: Home
    looks: Sequence[InboxContents] = ()
    arrivals: Arrivals = field(default_factory=Arrivals)
    dimensions: tuple[str, ...] = ()

    @cached_property
    def rejected_before(self) -> list[Rejection]:
        """Files that an earlier run rejected and that still lie there, in any inbox."""
        new = {rejection.path for rejection in self.arrivals.rejected}
        return [one for one in inbox.rejected_before(self.home) if one.path not in new]

    @cached_property
    def waiting(self) -> list[str]:
        """Files that this run or an earlier one left unread and that still lie there, in any inbox."""
        mine = self.arrivals.waiting
        return mine + sorted({*unread.waiting(self.home)} - {*mine})

    @cached_property
    def wrong_digests(self) -> list[WrongDigest]:
        """Logs of which another digest was stated after they were ingested."""
        return [
            wrong
            for found in self.looks
            for wrong in wrong_digests(self.home, found.digest_files, found.root)
        ]

    @property
    def empty(self) -> list[InboxContents]:
        """The inboxes without any log to read."""
        return [found for found in self.looks if not found.names]

    @cached_property
    def wrong(self) -> list[InboxContents]:
        """Those of them that never had one, or hold files that nothing reads: likely another folder
        is meant, or a source."""
        return [
            found
            for found in self.empty
            if found.other_files or not inbox.was_ingested_from(self.home, found.root)
        ]

    @cached_property
    def withdrawn(self) -> int:
        """How many logs lie in the inboxes whose bytes were withdrawn."""
        withdrawn = self.home.journal.named.withdrawn
        if not withdrawn:
            return 0
        seen = inbox.load_seen(self.home)
        names = {name for found in self.looks for name in found.names if name in seen}
        return sum(seen[name].sha256 in withdrawn for name in names)

    @property
    def exit_code(self) -> int:
        """1 where a file is rejected, in this run or since, or waits, or no log was ever in the
        inbox."""
        left = self.arrivals.rejected or self.rejected_before or self.waiting
        return int(bool(left or self.wrong or self.wrong_digests))

    def headline(self, dates: int, blocked: int, logs: int) -> str:
        """Say that no date changed, in the words that what lies in the inbox allows; of the dates,
        those that are blocked are not up to date, of the logs those of this run are not known."""
        taken = self.arrivals.taken
        up_to_date = f"{output.counted(dates - blocked, 'date')} up to date"
        up_to_date += f", {blocked:,} blocked" if blocked else ""
        if taken:
            up_to_date += f", {output.counted(len(taken), 'log')} ingested{_undated(taken)}"
        if logs > len(taken) or not taken:
            up_to_date += f", {output.counted(logs - len(taken), 'log')} known"
        up_to_date += f", {self.withdrawn:,} withdrawn" if self.withdrawn else ""
        if self.empty:
            roots = ", ".join(output.harmless(found.asked) for found in self.empty)
            return f"No usage log in {roots}; {up_to_date}."
        rejected = len(self.arrivals.rejected) + len(self.rejected_before)
        if rejected:
            return f"No date changed: {up_to_date}, {output.counted(rejected, 'file')} rejected."
        if self.waiting:
            return f"No date changed: {up_to_date}, {len(self.waiting):,} not read yet."
        nothing = not (blocked or taken or self.wrong_digests)
        return f"{'Nothing' if nothing else 'No date'} changed: {up_to_date}."

    def tell(self) -> None:
        """Say what is rejected, and what was left out."""
        show_rejections(self.arrivals.rejected)
        show_rejections(self.rejected_before, still=True)
        show_wrong_digests(self.wrong_digests)
        if self.arrivals.waiting:
            output.problem(waits("new log", self.arrivals.waiting))
        show_unread(self.waiting[len(self.arrivals.waiting) :])
        for warning in self.arrivals.warnings:
            output.warn(warning)
        for found in self.looks:
            self._tell_of(found)

    def _tell_of(self, found: InboxContents) -> None:
        if not found.names:
            show = output.problem if found in self.wrong else output.warn
            kind = " (*.parquet)" if found.source is None else ""
            show(f"no usage log{kind} in {found.asked}: {found.why_none()}")
            return
        for message in found.left_out():
            output.warn(f"not read in {found.root}: {message}")
        if found.source is None:
            for message in found.in_paths(self.dimensions):
                output.warn(f"columns in the paths of {found.root}: {message}")

    def _as_json(self, found: InboxContents) -> dict[str, Any]:
        return {**found.as_json(), "columns_in_paths": found.in_paths(self.dimensions)}

    def as_json(self) -> dict[str, Any]:
        """Return the same for machines."""
        return {
            "rejected": [rejection.__dict__ for rejection in self.arrivals.rejected],
            "still_rejected": [rejection.__dict__ for rejection in self.rejected_before],
            "waiting": self.waiting,
            "wrong_digests": [wrong.__dict__ for wrong in self.wrong_digests],
            "inbox": self._as_json(self.looks[0]) if self.looks else None,
            **({"inboxes": [self._as_json(one) for one in self.looks]} if self.looks[1:] else {}),
            "warnings": self.arrivals.warnings,
        }


def _undated(taken: Sequence[Receipt]) -> str:
    """Say which of the logs have no row of any usage date."""
    undated = sum(not log.dates for log in taken)
    if not undated:
        return ""
    which = "" if len(taken) == 1 else "all " if undated == len(taken) else f"{undated:,} of them "
    return f" ({which}without a usage date)"


def undated(log: Receipt) -> str:
    """Say how many rows of a log have no usage date."""
    rows = sum(log.undated.values())
    has = "has" if rows == 1 else "have"
    return f"{log.file_name}: {rows:,} of {output.counted(log.rows, 'row')} {has} no usage date"


def waits(what: str, left: Sequence[object]) -> str:
    """Say what is left for the next run, and why."""
    return (
        f"{output.counted(len(left), what)} left for the next run, from {left[0]}: this one came near"
        " max_run_seconds (CREDITMILL_MAX_RUN_SECONDS)"
    )
