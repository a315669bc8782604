"""The sheet What changed of a statement: why its credits are not those of the period before.

How lines are taken apart is in `compared_lines`; how cells are written, in `workbook`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pricing_assets.charges.compared_lines import Split, added_up, compared_lines
from pricing_assets.charges.compared_parts import PARTS_OF_ONE
from pricing_assets.db.statements import statement
from pricing_assets.finance.period import ExportSource

if TYPE_CHECKING:
    import duckdb

Rows = list[Sequence[Any]]
KEYS: Final = ("org_id", "dimensions", "billing_type", "brand", "model", "key_mode", "meter")
COLUMNS: Final = (
    *(("Billing type", 24), ("Part", 22), ("What it means", 60), ("Credits", "credits")),
    ("Credits, exact", 22),
)
ALL: Final = "all usage"


def of_organizations(con: "duckdb.DuckDBPyConnection", source: ExportSource) -> dict[str, Rows]:
    """Return the rows of the sheet by organization: of all its usage, then of each billing type,
    credits of the period before, each part of the difference, and credits of this period, which
    they sum to; nothing where nothing was used before.

    Usage counts on its date and a correction where it was booked, as in the rest of a statement.
    """
    if source.before is None:
        return {}
    charged = _by_organization(con, "finance/statement_compared")
    booked = _by_organization(con, "finance/statement_compared_corrections")
    dates = (len(source.before.versions), len(source.versions))
    return {
        org_id: list(_rows(charged.get(org_id, []), booked.get(org_id, []), dates, source))
        for org_id in {*charged, *booked}
    }


def _by_organization(con: "duckdb.DuckDBPyConnection", name: str) -> dict[str, Rows]:
    found: dict[str, Rows] = defaultdict(list)
    for row in con.execute(statement(name)).fetchall():
        found[row[0]].append(row)
    return found


def _rows(
    charged: Rows, booked: Rows, dates: tuple[int, int], source: ExportSource
) -> Iterator[Sequence[Any]]:
    lines = compared_lines(map(tuple, charged), map(tuple, booked), KEYS, dates)
    total, groups = added_up(lines, [KEYS.index("billing_type")])
    if not total.before:
        return
    for name, one in ((ALL, total), *((group.keys[0], group) for group in groups)):
        yield from _rows_of(name, one, dates, source)


def _rows_of(
    name: str, one: Split, dates: tuple[int, int], source: ExportSource
) -> Iterator[Sequence[Any]]:
    assert source.before is not None
    a_day = " a day" if dates[0] != dates[1] else ""
    ends = (
        (period.name, f"usage and corrections{a_day}, {count} published dates")
        for period, count in zip((source.before.period, source.period), dates, strict=True)
    )
    amounts: list[tuple[str, str, Decimal]] = [(*next(ends), one.before)]
    amounts += [
        (part, PARTS_OF_ONE[part], credits)
        for part, credits in one.parts.items()
        if credits or name == ALL
    ]
    amounts.append((*next(ends), one.after))
    for part, meaning, credits in amounts:
        yield name, part, meaning, credits, credits
