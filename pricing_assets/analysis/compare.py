"""Why usage of two periods differs: volume, mix, price, what is new, what is gone, corrections.

How lines are taken apart belongs to `compared_lines`, why the versions of one date differ to `diff`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pricing_assets.analysis import known
from pricing_assets.charges.compared_lines import Split, added_up, compared_lines
from pricing_assets.charges.compared_parts import PARTS, SCALE
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.periods import Period
from pricing_assets.contract.table_columns import Table
from pricing_assets.contract.usage_log import Column
from pricing_assets.db import connection as duck
from pricing_assets.db.io import write_table
from pricing_assets.db.relations import register
from pricing_assets.db.statements import statement
from pricing_assets.home import Home
from pricing_assets.home.targets import require_out


@dataclass(frozen=True)
class PeriodComparison:
    """Two periods: how many of their dates are published, the whole and the groups, those that
    differ most first."""

    before: Period
    after: Period
    dates: tuple[int, int]
    by: tuple[str, ...]
    total: Split
    groups: list[Split]

    @property
    def is_per_day(self) -> bool:
        """Whether amounts are those of a day: the periods have not as many published dates."""
        return self.dates[0] != self.dates[1]


def compare(
    home: Home,
    before: Period,
    after: Period,
    by: Sequence[str] = ("org_id",),
    org_id: str | None = None,
    out: Path | None = None,
) -> PeriodComparison:
    """Compare two periods of published usage, of one organization or of all, by columns of charges;
    `out` receives every rate line with its parts, as CSV or Parquet.

    ConfigurationError where a column is none of theirs, a period has no published date, or the home
    knows no such organization.
    """
    require_out(home, out)
    between = {
        "before_first": before.first,
        "before_last": before.last,
        "after_first": after.first,
        "after_last": after.last,
    }
    with duck.open_catalog(home.catalog, home.path) as con:
        found = con.execute(statement("analysis/compare/dates"), between).fetchone()
        dates = (0, 0) if found is None else (found[0], found[1])
        charged = con.execute(statement("analysis/compare/lines"), between)
        names = [column[0] for column in charged.description or ()][:-6]
        rows = charged.fetchall()
        booked = con.execute(statement("analysis/compare/corrections"), between).fetchall()
    for period, count in zip((before, after), dates, strict=True):
        if not count:
            raise ConfigurationError(
                f"{period.name} has no published date; `creditmill status` shows those there are"
            )
    unknown = [name for name in by if name not in names]
    if unknown:
        raise ConfigurationError(f"--by {unknown[0]}: charges go by {', '.join(names)}")
    lines = compared_lines(rows, booked, names, dates, org_id)
    if org_id is not None and not lines:
        known.require_organization(home, org_id)
    if out is not None:
        _write(out, names, [line.split() for line in lines])
    total, groups = added_up(lines, [names.index(name) for name in by])
    return PeriodComparison(before, after, dates, tuple(by), total, groups)


def _write(out: Path, names: Sequence[str], lines: Sequence[Split]) -> None:
    """Write one row per rate line: its keys, credits of both periods, the difference and its parts."""
    import pyarrow as pa

    amounts = ("before", "after", "difference", *PARTS)
    table = Table(
        "compared",
        "rate line of two periods",
        (
            *(Column(name, "VARCHAR", "as in charges") for name in names),
            *(Column(name, "DECIMAL(38,9)", "credits") for name in amounts),
        ),
    )
    columns: dict[str, pa.Array] = {
        name: pa.array([line.keys[place] for line in lines], pa.string())
        for place, name in enumerate(names)
    }
    for place, name in enumerate(amounts):
        columns[name] = pa.array(
            [
                (line.before, line.after, line.difference, *line.parts.values())[place]
                for line in lines
            ],
            pa.decimal128(38, SCALE),
        )
    with duck.connection(within=[out.absolute().parent]) as con:
        register(con, "compared", pa.table(columns))
        write_table(con, table, "compared", out, ())
