"""Publish the ledger: the dates whose inputs changed, and every date after them, in one commit.

Nothing is committed unless every check holds; what a date is made of is decided in `chain`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from pricing_assets.common import files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.contract.ledger_tables import ledger_tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import quoted
from pricing_assets.home import Home, closings
from pricing_assets.home.entries import LEDGER, STANDING, Entry
from pricing_assets.ledger import chain, checks, compute, standing, stored
from pricing_assets.ledger.entries import ONE_DAY
from pricing_assets.ledger.inputs import Inputs
from pricing_assets.ledger.pinned import Lines, Record, of_grant, of_plan, settle
from pricing_assets.ledger.plans import all_grants
from pricing_assets.ledger.stored import Stored

TABLES: Final = ("ledger", "burns", "balances")
FORMATS: Final = {
    "csv": "format csv, header true",
    "parquet": "format parquet, compression zstd, row_group_size 122880",
}
ROWS_AT_ONCE: Final = 1_000_000
"""Dates are computed together up to this many charges, in bounded memory."""


@dataclass
class Outcome:
    """What became of the ledger: dates that were published, in order, whether its standing was, the
    dates through which it goes, and the rows that broke each rule (none: every rule held)."""

    published: list[date] = field(default_factory=list)
    is_new: bool = False
    through: date | None = None
    faults: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What the ledger of a home is made of now: dates with their inputs and digests, lines, and what
    is published of each date."""

    inputs: Mapping[date, chain.Inputs]
    digests: Mapping[date, chain.Link]
    lines: Lines
    stored: Mapping[date, Stored]

    @property
    def stale(self) -> list[date]:
        """The dates to publish: the first that is not what it was, and all after it."""
        days = list(self.inputs)
        for place, day in enumerate(days):
            held = self.stored.get(day)
            if held is None or held.manifest["chain"] != self.digests[day].chain:
                return days[place:]
        return []


def look(home: Home, inputs: Inputs, *, at_first_open: bool = False) -> Found | None:
    """Return what the ledger is made of now; None where no usage is reported yet.

    ConfigurationError where a line that was used is changed or gone, or a new one is dated into a
    closed date; with `at_first_open` such a line counts on the first open date.
    """
    reports = chain.reported(home)
    held = {one.usage_date: one for one in stored.counting(home, LEDGER)}
    if not reports:
        return None
    last = max([*reports, *held])
    through = closings.closed_through(home)
    closed = max((day for day in held if closings.is_closed(day, through)), default=None)
    first_open = closed + ONE_DAY if closed is not None and at_first_open else None
    grants = all_grants(inputs, last)
    lines = settle(grants, inputs.voids, stored.pins_of(held), closed, at_first_open=first_open)
    written = {f"grant {one.grant_id}": one.effective_date for one in grants}
    written |= {f"void {one.void_id}": one.date for one in inputs.voids}
    dated = chain.dated(reports, lines, written, last)
    terms = home.settings()
    return Found(dated, chain.chain(dated, terms.dimensions), lines, held)


class Ahead(NamedTuple):
    """What a newest date leaves to come: grants of later dates, plans, and the digest of these with
    all dates through it."""

    grants: list[Record]
    plans: list[Record]
    digest: str


def ahead(found: Found, inputs: Inputs, last: date) -> Ahead:
    """Return what is to come after the newest date."""
    grants = [
        of_grant(one, one.effective_date)
        for one in sorted(found.lines.grants, key=lambda one: one.grant_id.encode())
        if one.effective_date > last
    ]
    plans = [of_plan(one) for one in sorted(inputs.plans, key=lambda one: one.plan_id.encode())]
    return Ahead(grants, plans, chain.digest_of(found.digests[last].chain, grants, plans))


def bring_up_to_date(
    home: Home,
    inputs: Inputs,
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
    """One run over the ledger of a locked home; `staged` are the folders of its dates."""

    home: Home
    found: Found
    limits: duck.Limits
    progress: Callable[[str], None]
    staged: dict[date, Path] = field(default_factory=dict)

    def publish(self, inputs: Inputs) -> Outcome:
        stale, last = self.found.stale, list(self.found.inputs)[-1]
        outcome = Outcome(through=last)
        dimensions = self.home.settings().dimensions
        with files.scratch_folder(self.home.scratch, "ledger-") as scratch:
            for batch in batches(stale, self.found.inputs):
                self.progress(f"{len(batch)} dates from {batch[0]}")
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
        span = compute.Span(
            first,
            days[-1],
            [folder for day in days if (folder := inputs[day].charges) is not None],
            [folder for day in days for folder in inputs[day].bookings],
            [self._folder(day) for day in inputs if day < first],
        )
        with duck.connection(self.limits, self.home.scratch, [self.home.path]) as con:
            compute.compute(con, span, self.found.lines, dimensions)
            for day in days:
                self.staged[day] = stored.new_stage(scratch)
                write_date(con, day, dimensions, self.staged[day])
            return checks.check(con, span, self.found.lines)

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
        self, inputs: Inputs, last: date, dimensions: tuple[str, ...], scratch: Path
    ) -> Iterator[Entry]:
        """Write how the newest date leaves every grant, where that is not published yet."""
        to_come = ahead(self.found, inputs, last)
        held = stored.current(self.home, STANDING, last)
        if held is not None and held.manifest["chain"] == to_come.digest:
            return
        stage = stored.new_stage(scratch)
        folders = [
            stored.waiting(self.home, day) if day in self.staged else self._folder(day)
            for day in self.found.inputs
        ]
        with duck.connection(self.limits, self.home.scratch, [self.home.path]) as con:
            compute.load_ledger(con, folders, dimensions, "ledger_through")
            standing.write(con, last, self.found.lines, inputs.plans, stage)
        said = {
            "reason": "first version" if held is None else "its ledger or grants changed",
            "chain": to_come.digest,
            "grants": to_come.grants,
            "plans": to_come.plans,
        }
        yield stored.wait(self.home, STANDING, last, stage, said)


def write_date(con: Any, day: date, dimensions: tuple[str, ...], stage: Path) -> None:
    """Write the three tables of a date into the stage, from what `compute` made: that is in total
    order already, and sorting each date again would be half of a run's cost."""
    for name in TABLES:
        columns = ", ".join(
            f"cast({'dimensions.' if column.name in dimensions else ''}{quoted(column.name)}"
            f" as {column.type}) as {quoted(column.name)}"
            for column in ledger_tables(dimensions)[name].columns
        )
        for suffix, kind in FORMATS.items():
            con.execute(
                f"copy (select {columns} from {name} where usage_date = $day) to $target ({kind})",
                {"day": day, "target": str(stage / f"{name}.{suffix}")},
            )


def batches(days: Sequence[date], inputs: Mapping[date, chain.Inputs]) -> Iterator[list[date]]:
    """Yield dates in order, together as long as they have few charges."""
    batch: list[date] = []
    rows = 0
    for day in days:
        if batch and rows + inputs[day].rows > ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append(day)
        rows += inputs[day].rows
    if batch:
        yield batch


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
