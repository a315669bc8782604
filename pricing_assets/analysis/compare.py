"""Why usage of two periods differs: volume, mix, price, what is new, what is gone, corrections.

Each rate line (organization, dimensions, billing type, model, key mode, meter) is taken apart by itself, in
whole numbers, so that the parts of any group of lines sum to its difference. Why the versions of one date
differ belongs to `diff`.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from pricing_assets.analysis.compared_parts import PARTS, SCALE, Line, Use, apportion, split
from pricing_assets.common.decimals import EXACT
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.periods import Period
from pricing_assets.contract.table_columns import Table
from pricing_assets.contract.usage_log import Column
from pricing_assets.db import connection as duck
from pricing_assets.db.io import require_out, write_table
from pricing_assets.db.relations import register
from pricing_assets.db.statements import statement
from pricing_assets.home import Home


@dataclass(frozen=True)
class Split:
    """Credits of a group of lines in two periods, and the parts of the difference, which sum to it:
    Decimal(38, 9), a day's where the periods have not as many dates."""

    keys: tuple[Any, ...]
    before: Decimal
    after: Decimal
    parts: dict[str, Decimal]

    @property
    def difference(self) -> Decimal:
        """Credits after less credits before."""
        return EXACT.subtract(self.after, self.before)


@dataclass(frozen=True)
class Comparison:
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
) -> Comparison:
    """Compare two periods of published usage, of one organization or of all, by columns of charges;
    `out` receives every rate line with its parts, as CSV or Parquet.

    ConfigurationError where a column is none of theirs, or a period has no published date.
    """
    require_out(out)
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
    lines = list(_lines(rows, booked, names, org_id))
    weights = _weights(*dates)
    parts_of = split([line for _, line, _ in lines], weights)
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 8)
    places = [names.index(name) for name in by]
    written = []
    for (keys, line, corrected), parts in zip(lines, parts_of, strict=True):
        amounts = _amounts(line, corrected, parts, weights)
        for group in ((), tuple(keys[place] for place in places)) if by else ((),):
            sums[group] = [one + more for one, more in zip(sums[group], amounts, strict=True)]
        if out is not None:
            written.append(_rounded(keys, amounts, weights[2]))
    if out is not None:
        _write(out, names, written)
    total = _rounded((), sums.pop((), [0] * 8), weights[2])
    groups = [_rounded(keys, amounts, weights[2]) for keys, amounts in sums.items()]
    groups.sort(key=lambda one: (-abs(one.difference), [str(key or "") for key in one.keys]))
    return Comparison(before, after, dates, tuple(by), total, groups)


def _lines(
    rows: Iterable[tuple[Any, ...]],
    booked: Iterable[tuple[Any, ...]],
    names: Sequence[str],
    org_id: str | None,
) -> Iterator[tuple[tuple[Any, ...], Line, tuple[int, int]]]:
    """Yield each rate line of the charges or corrections: its keys, its use, and what was booked for
    each period."""
    width = len(names)
    org, kind, meter = (names.index(name) for name in ("org_id", "billing_type", "meter"))
    use: dict[tuple[Any, ...], tuple[Use, Use]] = {}
    for row in rows:
        per, price, *amounts = row[width:]
        of_line = use.setdefault(row[:width], (Use(), Use()))
        for one, quantity, credits in zip(of_line, amounts[::2], amounts[1::2], strict=True):
            one.quantity += int(quantity or 0)
            one.cost += Fraction(int(quantity or 0) * _billionths(price), per)
            one.credits += _billionths(credits)
    corrected = {row[:width]: row[width:] for row in booked}
    for keys in dict.fromkeys((*use, *corrected)):
        if org_id is None or keys[org] == org_id:
            line = Line((keys[kind], keys[meter]), *use.get(keys, (Use(), Use())))
            was, is_now = corrected.get(keys, (None, None))
            yield keys, line, (_billionths(was), _billionths(is_now))


def _billionths(amount: Decimal | None) -> int:
    return 0 if amount is None else int(amount.scaleb(SCALE, EXACT))


def _weights(before: int, after: int) -> tuple[int, int, int]:
    """Return what amounts of each period are multiplied by, and then divided by together: 1, 1, 1 where
    they have as many dates; else such that they are those of a day."""
    if before == after:
        return 1, 1, 1
    both = math.lcm(before, after)
    return both // before, both // after, both


def _amounts(
    line: Line, corrected: tuple[int, int], parts: Sequence[int], weights: tuple[int, int, int]
) -> list[int]:
    """Return credits before and after and each of `PARTS`, in weighted billionths."""
    before, after = (
        (credits + booked) * weight
        for credits, booked, weight in zip(
            (line.before.credits, line.after.credits), corrected, weights[:2], strict=True
        )
    )
    booked = corrected[1] * weights[1] - corrected[0] * weights[0]
    return [before, after, *parts, booked]


def _rounded(keys: tuple[Any, ...], amounts: Sequence[int], over: int) -> Split:
    """Return weighted billionths as credits: before and after rounded half to even, and parts that
    sum to their difference."""
    before, after = (_half_even(amount, over) for amount in amounts[:2])
    parts = apportion([Fraction(amount, over) for amount in amounts[2:]], after - before)
    return Split(
        keys, _credits(before), _credits(after), dict(zip(PARTS, map(_credits, parts), strict=True))
    )


def _half_even(amount: int, over: int) -> int:
    whole, rest = divmod(amount, over)
    return whole + (2 * rest > over or (2 * rest == over and whole % 2))


def _credits(billionths: int) -> Decimal:
    return Decimal(billionths).scaleb(-SCALE, EXACT)


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
