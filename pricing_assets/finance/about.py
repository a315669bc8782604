"""The sheet About of a workbook: what it is of, which versions it shows, and what its words mean."""

from decimal import Decimal
from typing import Final

from pricing_assets.finance import credits_sheet
from pricing_assets.finance.period import Before, ExportSource
from pricing_assets.finance.workbook import HEIGHT, MOST_LINES, Sheets

ABOUT_WIDTH: Final = 110
STATES: Final = {
    "final": "every date of the period is closed",
    "provisional": "dates of the period are still open, and may change",
}


def write(sheets: Sheets, org_id: str, source: ExportSource, revision: int) -> None:
    """Add the sheet About of an organization's workbook."""
    sheet = sheets.book.add_worksheet("About")
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, ABOUT_WIDTH)
    through = ", ".join(f"{one.usage_date} v{one.number}" for one in source.versions)
    booked = ", ".join(f"{one.usage_date} correction {one.number}" for one in source.corrections)
    facts = (
        ("Organization", org_id),
        ("Period", f"{source.period.first} to {source.period.last}, both included"),
        ("Time zone", source.settings.timezone),
        ("Revision", f"{revision}, {source.state}: {STATES[source.state]}"),
        ("Versions", through or "none"),
        *((("Not charged yet", _blocked(source)),) if source.blocked else ()),
        ("Corrections", booked or "none"),
        ("Rate cards", ", ".join(f"{name} (USD {usd} a credit)" for name, usd in _cards(source))),
        ("Credits", "quantity x price / per, rounded half to even at 9 decimals, once per charge"),
        ("USD", "whole cents by largest remainder; the exact dollars stand beside"),
        ("Exact values", "text, since a spreadsheet keeps 15 digits of a number"),
        ("A correction", "what was booked in this period for a date that was closed before"),
        ("Quarantine", "usage that is not charged, by reason: without a price, or unclear"),
        *((_compared(source.before),) if source.before else ()),
        *((credits_sheet.MEANING,) if source.ledger else ()),
    )
    for at, (name, text) in enumerate(facts):
        sheets.text(sheet, at, 0, name, sheets.bold)
        sheets.text(sheet, at, 1, text)
        sheet.set_row(at, HEIGHT * min(-(-len(text) // ABOUT_WIDTH), MOST_LINES))
    sheets.for_paper(sheet, 0, len(facts) - 1, 2)


def _compared(before: Before) -> tuple[str, str]:
    through = ", ".join(f"{one.usage_date} v{one.number}" for one in before.versions)
    return (
        "What changed",
        f"{before.period.name}, the parts of the difference, and this period, which they sum to; per"
        f" published date where the two have not as many. Versions of {before.period.name}: {through}",
    )


def _blocked(source: ExportSource) -> str:
    """Return in words what blocked dates keep out of a statement."""
    numbers = {one.usage_date: one.number for one in source.versions}
    return "; ".join(
        f"newer usage of {day}, which has not passed its checks: version {numbers[day]} is charged"
        if day in numbers
        else f"usage of {day}, which has not passed its checks"
        for day in source.blocked
    )


def _cards(source: ExportSource) -> list[tuple[str, Decimal]]:
    return sorted(source.usd_per_credit.items())
