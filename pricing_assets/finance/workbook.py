"""Workbooks: sheets that are Excel tables, every text written as text, never as formula or link.

Numbers are floats inside XLSX by the format's nature: callers put the exact value beside, as text.
What a sheet says does not belong here.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS: Final = 1_000_000
"""Rows of one sheet; Excel holds 1,048,576, and more go on in a sheet of their own."""
LONGEST_TEXT: Final = 32_000
"""Characters of one cell; Excel holds 32,767."""
NO_XML: Final = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"} | dict.fromkeys(
    range(0xD800, 0xE000), "\ufffd"
)
"""Characters that no XML may hold; control characters are escaped, not lost."""
WIDTHS: Final = {"quantity": 14, "price": 13, "credits": 18, "usd": 16, "date": 12, "count": 9}
FORMATS: Final = {
    "quantity": "#,##0",
    "count": "#,##0",
    "price": "#,##0.000000000",
    "credits": "#,##0.000000000",
    "usd": "#,##0.00000000000",
    "cents": "#,##0.00",
    "date": "yyyy-mm-dd",
}


class Sheets:
    """A workbook's formats and its tables."""

    def __init__(self, book: "Workbook") -> None:
        self.book = book
        self.plain = book.add_format({"valign": "top"})
        self.bold = book.add_format({"bold": True})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.numbers: dict[str, Format] = {
            kind: book.add_format({"num_format": text}) for kind, text in FORMATS.items()
        }
        self.totals: dict[str, Format] = {
            kind: book.add_format({"num_format": text, "bold": True, "top": 1})
            for kind, text in FORMATS.items()
        }
        self.tables = 0

    def table(
        self,
        name: str,
        columns: Sequence[tuple[str, str | int]],
        rows: Iterator[Sequence[Any]],
    ) -> int:
        """A sheet (more where one cannot hold all) that is one table; gives its rows."""
        count, part = 0, 1
        waiting = next(rows, None)
        while waiting is not None or part == 1:
            sheet = self.book.add_worksheet(name if part == 1 else f"{name} {part}")
            sheet.freeze_panes(1, 0)
            at = 0
            while waiting is not None and at < MOST_ROWS:
                at += 1
                self.row(sheet, at, columns, waiting)
                waiting = next(rows, None)
            self.frame(sheet, 0, at, columns)
            count, part = count + at, part + 1
        return count

    def frame(
        self, sheet: "Worksheet", top: int, rows: int, columns: Sequence[tuple[str, str | int]]
    ) -> None:
        """Make the rows below `top` an Excel table with these heads; an empty one has a blank row."""
        self.tables += 1
        made = sheet.add_table(
            *(top, 0, top + max(rows, 1), len(columns) - 1),
            {
                "name": f"Table{self.tables}",
                "style": "Table Style Light 9",
                "columns": [{"header": text_of(head)} for head, _ in columns],
            },
        )
        if made:
            raise ValueError(f"table {self.tables} of {sheet.name}: {columns}")
        for place, (_, kind) in enumerate(columns):
            sheet.set_column(place, place, WIDTHS[kind] if isinstance(kind, str) else kind)

    def row(
        self,
        sheet: "Worksheet",
        at: int,
        columns: Sequence[tuple[str, str | int]],
        values: Sequence[Any],
    ) -> None:
        """One row; a column whose kind is a width holds text."""
        for place, ((_, kind), value) in enumerate(zip(columns, values, strict=True)):
            if value is None:
                continue
            if isinstance(value, date):
                sheet.write_datetime(at, place, value, self.numbers["date"])
            elif isinstance(kind, str) and isinstance(value, int | Decimal):
                sheet.write_number(at, place, value, self.numbers[kind])
            else:
                self.text(sheet, at, place, value)

    def text(
        self, sheet: "Worksheet", at: int, place: int, value: object, how: "Format | None" = None
    ) -> None:
        """A cell of text, whatever it begins with."""
        sheet.write_string(at, place, text_of(value), how or self.plain)


def text_of(value: object) -> str:
    """The text of a cell: exact, cut where Excel would lose the whole cell."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = text.translate(NO_XML)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… (cut)"
