"""Publish the ledger: the dates whose inputs changed, and every date after them, in one commit.

Nothing is committed unless every check holds; which dates there are is decided in `found`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pricing_assets.common import files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.common.text import counted
from pricing_assets.db import connection as duck
from pricing_assets.home import Home
from pricing_assets.home.entries import LEDGER, STANDING, JournalEntry
from pricing_assets.ledger import carried, chain, checks, compute, standing, stored
from pricing_assets.ledger.entries import ONE_DAY
from pricing_assets.ledger.found import LedgerState, ahead, look
from pricing_assets.ledger.inputs import CreditLines
from pricing_assets.ledger.loading import load_ledger
from pricing_assets.ledger.writing import batches, write_date


@dataclass
class Outcome:
    """What became of the ledger: dates that were published, in order, whether its standing was, the
    dates through which it goes, and the rows that broke each rule (none: every rule held)."""

    published: list[date] = field(default_factory=list)
    is_new: bool = False
    through: date | None = None
    faults: dict[str, list[str]] = field(default_factory=dict)


def bring_up_to_date(
    home: Home,
    inputs: CreditLines,
    *,
    at_first_open: bool = False,
    limits: duck.Limits | None = None,
    progress: Callable[[str], None] = lambda detail: None,
) -> Outcome:
    """Publish every date of the ledger that is not what its inputs give, and how the newest leaves
    every grant. The home is locked by the caller; where a check is broken nothing is published.

    ConfigurationError as in `look`, and where a void takes more than is left of its grant.
    """
    found = look(home, inputs, at_first_open=at_first_open)
    if found is None:
        return Outcome()
    run = _Run(home, found, limits or duck.Limits(), progress)
    return run.publish(inputs)


@dataclass
class _Run:
    """One run over the ledger of a locked home; `staged` are the folders of its dates, `left` is what all
    dates so far leave."""

    home: Home
    found: LedgerState
    limits: duck.Limits
    progress: Callable[[str], None]
    staged: dict[date, Path] = field(default_factory=dict)
    left: carried.Left | None = None

    def publish(self, inputs: CreditLines) -> Outcome:
        stale, last = self.found.stale, list(self.found.inputs)[-1]
        outcome = Outcome(through=last)
        dimensions = self.home.settings().dimensions
        with files.scratch_folder(self.home.scratch, "ledger-") as scratch:
            for batch in batches(stale, self.found.inputs, self.found.lines):
                self.progress(f"{counted(len(batch), 'date')} from {batch[0]}")
                outcome.faults = self._compute(batch, dimensions, scratch)
                if any(outcome.faults.values()):
                    return outcome
            entries = [
                stored.wait(self.home, LEDGER, day, self.staged[day], self._says(day))
                for day in stale
            ]
            entries += self._stand(inputs, last, dimensions, scratch)
            if entries:
                self.home.commit(entries)
        outcome.published, outcome.is_new = stale, bool(entries)
        return outcome

    def _compute(
        self, days: Sequence[date], dimensions: tuple[str, ...], scratch: Path
    ) -> dict[str, list[str]]:
        """Compute dates together, and write their files; return the rows that break each rule."""
        inputs, first = self.found.inputs, days[0]
        span = compute.DateSpan(
            first,
            days[-1],
            [folder for day in days if (folder := inputs[day].charges) is not None],
            [folder for day in days for folder in inputs[day].bookings],
            [self._folder(day) for day in inputs if day < first],
        )
        before = self.left or self._left_before(first, dimensions)
        with duck.connection(self.limits, self.home.scratch, [self.home.path]) as con:
            tables, self.left = compute.compute(con, span, self.found.lines, dimensions, before)
            for day in days:
                self.staged[day] = stored.new_stage(scratch)
                write_date(con, tables, day, dimensions, self.staged[day])
            return checks.check(con, span, self.found.lines, tables)

    def _left_before(self, first: date, dimensions: tuple[str, ...]) -> carried.Left:
        """Return what the dates before this one leave: what a standing kept, and the entries since."""
        chains = {day: link.chain for day, link in self.found.digests.items()}
        held = carried.standing_before(self.home, first, chains)
        with duck.connection(self.limits, self.home.scratch, [self.home.path]) as con:
            left = None if held is None else carried.read(con, held, dimensions)
            since = [
                self._folder(day)
                for day in self.found.inputs
                if day < first and (held is None or day > held.usage_date)
            ]
            if left is not None and not since:
                return left
            return carried.summed(con, since, dimensions, left)

    def _folder(self, day: date) -> Path:
        return self.staged[day] if day in self.staged else self.found.stored[day].folder

    def _says(self, day: date) -> dict[str, Any]:
        """Return what the manifest of a date says of its inputs."""
        one, held = self.found.inputs[day], self.found.stored.get(day)
        link = self.found.digests[day]
        reason = "first version"
        if held is not None:
            is_own = held.manifest["own"] != link.own
            reason = (
                "its charges, grants or voids changed" if is_own else "a date before it changed"
            )
        return {
            "reason": reason,
            "own": link.own,
            "chain": link.chain,
            "rules_version": chain.RULES_VERSION,
            "dimensions": list(self.home.settings().dimensions),
            "charges": sorted(one.digests),
            "grants": one.grants,
            "voids": one.voids,
            "checks": dict.fromkeys(checks.RULES, 0),
        }

    def _stand(
        self, inputs: CreditLines, last: date, dimensions: tuple[str, ...], scratch: Path
    ) -> Iterator[JournalEntry]:
        """Write how the newest date leaves every grant, where that is not published yet."""
        to_come = ahead(self.found, inputs, last)
        held = stored.current(self.home, STANDING, last)
        if held is not None and held.manifest["chain"] == to_come.digest:
            return
        left = self.left or self._left_before(last + ONE_DAY, dimensions)
        stage = stored.new_stage(scratch)
        folders = [
            stored.waiting(self.home, day) if day in self.staged else self._folder(day)
            for day in standing.recent(self.found.inputs, last)
        ]
        with duck.connection(self.limits, self.home.scratch, [self.home.path]) as con:
            carried.load(con, left, "through")
            load_ledger(con, folders, dimensions, "recent_entries")
            newest = standing.Newest(last, chain.reported_since(self.found.inputs))
            standing.write(con, newest, self.found.lines, inputs.plans, stage)
            carried.write(con, dimensions, stage)
        facts = {
            "reason": "first version" if held is None else "its ledger or grants changed",
            "chain": to_come.digest,
            "through": self.found.digests[last].chain,
            "grants": to_come.grants,
            "voids": to_come.voids,
            "plans": to_come.plans,
        }
        yield stored.wait(self.home, STANDING, last, stage, facts)


def require_sound(outcome: Outcome) -> None:
    """Raise CreditmillError where a check of the ledger is broken: its last version stays."""
    broken = {rule: rows for rule, rows in outcome.faults.items() if rows}
    if broken:
        lines = [
            f"{rule} ({checks.RULES[rule]}): {'; '.join(rows)}" for rule, rows in broken.items()
        ]
        raise CreditmillError(
            "the ledger of credits is not published, what was published stays in force: "
            + "\n".join(lines)
        )
