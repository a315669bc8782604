"""Statements: what each organization's workbook says in Summary, Usage and Quarantine.

How cells and tables are written is in `workbook`, what it says of credits in `credits_sheet`, of the
period before in `changes_sheet`, About in `about`; cents are made in `cents`, sums in SQL.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from pricing_assets.common.decimals import exact_sum
from pricing_assets.common.file_names import safe_name
from pricing_assets.contract import customer_words
from pricing_assets.finance import about, cents, changes_sheet, credits_sheet
from pricing_assets.finance.credits_sheet import Credits
from pricing_assets.finance.period import ExportSource
from pricing_assets.finance.workbook import Sheets


@dataclass(frozen=True)
class StatementLine:
    """One line of a statement: a billing type's usage, or what was booked for closed dates."""

    org_id: str
    kind: str
    billing_type: str
    events: int
    credits: Decimal
    usd: Decimal


@dataclass(frozen=True)
class Statement:
    """One organization's statement: lines with their cents, which sum to `total_cents`."""

    org_id: str
    lines: tuple[StatementLine, ...]
    cents: tuple[int, ...]
    total_cents: int

    @property
    def file_name(self) -> str:
        """What the workbook is called: no two organizations' names are the same."""
        return f"statement_{safe_name(self.org_id)}.xlsx"

    @property
    def credits(self) -> Decimal:
        """Exact credits of all lines."""
        return exact_sum(line.credits for line in self.lines)

    @property
    def usd(self) -> Decimal:
        """Exact dollars of all lines."""
        return exact_sum(line.usd for line in self.lines)


@dataclass(frozen=True)
class StatementRows:
    """What the sheets of one workbook show: usage, quarantine, why it is not what was used before,
    and the organization's credits where the home has a ledger."""

    usage: Iterator[Sequence[Any]]
    quarantine: Iterator[Sequence[Any]]
    changes: Sequence[Sequence[Any]] = ()
    credits: Credits | None = None


def statements(
    lines: Iterable[StatementLine], with_credits: Iterable[str] = ()
) -> tuple[list[Statement], int]:
    """Return a statement per organization, and the cents of the grand total that they sum to;
    organizations with credits have one also where they used nothing."""
    by_org: dict[str, dict[tuple[str, str], StatementLine]] = {}
    for line in lines:
        by_org.setdefault(line.org_id, {})[line.kind, line.billing_type] = line
    for org_id in with_credits:
        by_org.setdefault(org_id, {})
    by_org = dict(sorted(by_org.items()))
    amounts = {
        org_id: {key: line.usd for key, line in held.items()} for org_id, held in by_org.items()
    }
    total, totals, parts = cents.apportioned(amounts)
    statements = [
        Statement(org_id, tuple(held.values()), tuple(parts[org_id].values()), totals[org_id])
        for org_id, held in by_org.items()
    ]
    return statements, total


def write(
    file: Path,
    statement: Statement,
    source: ExportSource,
    revision: int,
    rows: StatementRows,
) -> int:
    """Write one organization's workbook; gives the rows of its Usage sheets."""
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    options = {
        "in_memory": True,
        **dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False),
    }
    book = xlsxwriter.Workbook(str(file), options)
    # the file's bytes depend on its contents alone, so its date does, too
    created = datetime(source.period.first.year, source.period.first.month, source.period.first.day)
    book.set_properties({"title": f"Statement {source.period.name}", "created": created})
    title = f"{source.period.name}, revision {revision}, {source.state}"
    sheets = Sheets(book, f"{title} · {statement.org_id}")
    _summary(sheets, statement, title)
    if rows.credits is not None:
        credits_sheet.write(sheets, statement.org_id, title, rows.credits)
    if rows.changes:
        sheets.table("What changed", changes_sheet.COLUMNS, iter(rows.changes))
    columns = _usage_columns(source.settings.dimensions)
    used = sheets.table("Usage", columns, rows.usage, len(columns) - len(EXACT_COLUMNS))
    sheets.table("Quarantine", QUARANTINE_COLUMNS, rows.quarantine)
    about.write(sheets, statement.org_id, source, revision)
    try:
        book.close()
    except FileCreateError as error:  # a full disk is reported like any other
        raise OSError(*error.args[0].args) from error
    return used


QUARANTINE_COLUMNS: Final = (
    *(("Usage date", "date"), ("Reason", 22), ("Billing type", 22), ("Brand", 14), ("Model", 26)),
    *(("Key mode", 10), ("StatementRows", "count"), ("An event", 24), ("What it means", 60)),
)
EXACT_COLUMNS: Final = (("Credits, exact", 20), ("USD, exact", 20))
"""Every digit, for those who compute; paper does without them: the numbers beside show the same."""


def _usage_columns(dimensions: Sequence[str]) -> tuple[tuple[str, str | int], ...]:
    return (
        *(("Kind", 10), ("Usage date", "date")),
        *((f"{name} (dimension)", 18) for name in dimensions),
        *(("Billing type", 22), ("Brand", 14), ("Model", 26), ("Key mode", 10), ("Meter", 14)),
        *(("Quantity", "quantity"), ("Per", "count"), ("List price", "price"), ("Price", "price")),
        *(("Credits", "credits"), ("USD", "usd")),
        *(("Rate card", 14), ("Agreement", 12), ("Why it was booked", 26), *EXACT_COLUMNS),
    )


SUMMARY_COLUMNS: Final = (
    *(("StatementLine", 12), ("Billing type", 24), ("Events", "count"), ("USD", "usd")),
    *(("Credits", "credits"), ("Credits, exact", 22), ("USD, exact", 22)),
)


def _summary(sheets: Sheets, statement: Statement, title: str) -> None:
    sheet = sheets.book.add_worksheet("Summary")
    sheets.text(sheet, 0, 0, statement.org_id, sheets.title)
    sheets.text(sheet, 1, 0, title, sheets.line)
    top = 3
    sheet.freeze_panes(top + 1, 0)
    at = top
    for line, whole in zip(statement.lines, statement.cents, strict=True):
        at += 1
        values = (line.kind, line.billing_type, line.events, None, line.credits)
        sheets.row(sheet, at, SUMMARY_COLUMNS, (*values, line.credits, line.usd))
        sheet.write_number(at, 3, cents.dollars(whole), sheets.numbers["cents"])
    sheets.frame(sheet, top, len(statement.lines), SUMMARY_COLUMNS)
    at += 1
    events = sum(line.events for line in statement.lines)
    sheets.text(sheet, at, 0, "Total", sheets.total)
    sheets.text(sheet, at, 1, "", sheets.total)
    sheet.write_number(at, 2, events, sheets.totals["count"])
    sheet.write_number(at, 3, cents.dollars(statement.total_cents), sheets.totals["cents"])
    sheet.write_number(at, 4, statement.credits, sheets.totals["credits"])
    sheets.text(sheet, at, 5, statement.credits, sheets.total)
    sheets.text(sheet, at, 6, statement.usd, sheets.total)
    sheets.for_paper(sheet, top, at, len(SUMMARY_COLUMNS))


def usage_row(row: Sequence[Any], dimensions: Sequence[str]) -> tuple[Any, ...]:
    """Return a row of `statement_usage.sql` as the Usage sheet shows it."""
    kind, usage_date, _, packed, *rest = row
    billing_type, brand, model, key_mode, meter, quantity, per, list_price, price = rest[:9]
    credits, usd, rate_card, agreement, reason = rest[9:]
    return (
        *(kind, usage_date, *(packed[name] for name in dimensions)),
        *(billing_type, brand, model, key_mode, meter, quantity, per, list_price, price),
        *(credits, usd, rate_card, agreement, reason, credits, usd),
    )


def quarantine_row(row: Sequence[Any]) -> tuple[Any, ...]:
    """Return a row of `statement_quarantine.sql` as the Quarantine sheet shows it."""
    _, usage_date, reason, *rest = row
    return (usage_date, reason, *rest, customer_words.MEANING[reason])
