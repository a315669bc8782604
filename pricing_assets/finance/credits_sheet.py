"""The sheet Credits of a statement: each grant of an organization in the period, and what is left.

What its numbers are is decided in `credit_tables`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pricing_assets.common.decimals import exact_sum
from pricing_assets.finance.workbook import Sheets

if TYPE_CHECKING:
    import duckdb

COLUMNS: Final = (
    *(("Grant", 24), ("Kind", 12), ("For", 24), ("From", "date"), ("Ends", "date")),
    *(("Opening", "credits"), ("Granted", "credits"), ("Used", "credits")),
    *(("Voided", "credits"), ("Ended unused", "credits"), ("Left", "credits")),
    ("Left, exact", 22),
)
TEXTS: Final = 5
"""Columns before the amounts."""
MEANING: Final = (
    "Credits",
    "what each grant had, and what changed it. Credits can be used through the day before the date"
    " under Ends; nothing under Ends: they do not end. Overdraft is usage that no grant covers yet",
)


@dataclass
class Credits:
    """One organization's credits in a period: a row per grant, as `grants_of_period` has it after
    the organization, and what no grant covers at the end."""

    grants: list[Sequence[Any]] = field(default_factory=list)
    overdraft: Decimal = Decimal(0)


def of_organizations(con: "duckdb.DuckDBPyConnection") -> dict[str, Credits]:
    """Return the credits of each organization that had any in the period."""
    found: dict[str, Credits] = {}
    for org_id, *row in con.table("grants_of_period").fetchall():
        found.setdefault(org_id, Credits()).grants.append(row)
    for org_id, overdraft in con.table("overdrafts").fetchall():
        found.setdefault(org_id, Credits()).overdraft = overdraft
    return found


def write(sheets: Sheets, org_id: str, title: str, shown: Credits) -> None:
    """Write the sheet: a row per grant, their sums, and the overdraft."""
    sheet = sheets.book.add_worksheet("Credits")
    sheets.text(sheet, 0, 0, org_id, sheets.title)
    sheets.text(sheet, 1, 0, title, sheets.line)
    top = 3
    sheet.freeze_panes(top + 1, 0)
    for at, (grant_id, kind, types, *rest) in enumerate(shown.grants, start=top + 1):
        values = (grant_id, kind, types.replace("|", ", "), *rest, rest[-1])
        sheets.row(sheet, at, COLUMNS, values)
    sheets.frame(sheet, top, len(shown.grants), COLUMNS)
    at = top + max(len(shown.grants), 1) + 1
    sums = [
        exact_sum(grant[place] for grant in shown.grants)
        for place in range(TEXTS, len(COLUMNS) - 1)
    ]
    sheets.text(sheet, at, 0, "Total", sheets.total)
    for place in range(1, TEXTS):
        sheets.text(sheet, at, place, "", sheets.total)
    for place, amount in enumerate(sums, start=TEXTS):
        sheet.write_number(at, place, amount, sheets.totals["credits"])
    sheets.text(sheet, at, len(COLUMNS) - 1, sums[-1], sheets.total)
    sheets.text(sheet, at + 1, 0, "Overdraft")
    sheet.write_number(at + 1, len(COLUMNS) - 2, shown.overdraft, sheets.numbers["credits"])
    sheets.text(sheet, at + 1, len(COLUMNS) - 1, shown.overdraft)
    sheets.for_paper(sheet, top, at + 1, len(COLUMNS) - 1)
