"""Compare two states of a usage date that the user names, and show their difference by cause.

How a difference is taken apart belongs to `changes`.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import cast

from pricing_assets.analysis import known
from pricing_assets.common.decimals import EXACT
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.instants import parse_instant
from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import write_table
from pricing_assets.db.statements import statement
from pricing_assets.home import Home, Reported
from pricing_assets.home.manifests import Correction
from pricing_assets.home.targets import require_out
from pricing_assets.report import changes as changed
from pricing_assets.report.states import Side, StatePair

BOOKED = "c"
"""Corrections are named c1, c2, …; versions 1, 2, …."""


@dataclass(frozen=True)
class DifferencePart:
    """What one cause (of one organization, where one is named) added to credits and dollars."""

    org_id: str | None
    cause: str
    charges: int
    credits: Decimal
    usd: Decimal


@dataclass(frozen=True)
class StateComparison:
    """The difference between two states of a date, whole and in parts that sum to it."""

    usage_date: date
    before: str
    after: str
    before_credits: Decimal
    after_credits: Decimal
    causes: list[DifferencePart]
    organizations: list[DifferencePart]

    @property
    def difference(self) -> Decimal:
        """Credits after less credits before."""
        return EXACT.subtract(self.after_credits, self.before_credits)


def states(home: Home, day: date) -> dict[str, Reported]:
    """Return everything that was reported of a date, in order: its versions, and what was
    booked."""
    found: dict[str, Reported] = {
        f"{one.number}": one
        for one in home.versions(day)
        if (current := home.current(day)) is not None and one.number <= current.number
    }
    found |= {
        f"{BOOKED}{one.number}": cast(Reported, one)
        for one in home.booked(day)
        if isinstance(one.manifest, Correction)
    }
    return dict(sorted(found.items(), key=lambda item: item[1].manifest.published_at))


def compare(
    home: Home, day: date, before: str | None, after: str | None, out: Path | None = None
) -> StateComparison:
    """Compare two states of a date; without names the last and the one before it. `out` receives
    every change, one row per charge and cause, as CSV or Parquet. ConfigurationError where
    there are no two such states, or one was pruned."""
    require_out(home, out)
    known.require_published(home, day)
    found = states(home, day)
    listed = ", ".join(found) or "none"
    if before is None and after is None:
        if len(found) < 2:
            raise ConfigurationError(f"{day} has nothing to compare; its versions: {listed}")
        before, after = list(found)[-2:]
    if before is None or after is None:
        raise ConfigurationError("name two versions, or none: `creditmill diff DAY 1 2`")
    for name in (before, after):
        if name not in found:
            raise ConfigurationError(f"{day} has no version {name}; its versions: {listed}")
        if not (found[name].folder / "charges.parquet").is_file():
            raise ConfigurationError(f"{day} version {name} was pruned: its charges are gone")
    old, new = found[before], found[after]
    dimensions = home.settings().dimensions
    within = [old.folder, new.folder, *([out.parent] if out else [])]
    with duck.connection(within=within) as con:
        before_side, after_side = (Side(one.folder, one.manifest) for one in (old, new))
        made_at = parse_instant(new.manifest.published_at)
        compared = StatePair.of(home, day, before_side, after_side, made_at)
        changed.compare(con, [compared], dimensions)
        causes = con.sql(statement("analysis/diff/by_cause")).fetchall()
        organizations = con.sql(statement("analysis/diff/by_organization")).fetchall()
        if out is not None:
            write_table(con, tables.stored("changes", dimensions), "changes", out, dimensions)
    return StateComparison(
        day,
        before,
        after,
        old.manifest.totals.credits,
        new.manifest.totals.credits,
        [DifferencePart(None, *row) for row in causes],
        [DifferencePart(*row) for row in organizations],
    )
