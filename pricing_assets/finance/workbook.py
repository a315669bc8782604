"""Workbooks: sheets that are Excel tables, every text written as text, never as formula or link,
each laid out for paper: landscape A4, one page wide, the heads on every page.

Numbers are floats inside XLSX by the format's nature: callers put the exact value beside, as text.
What a sheet says does not belong here.
"""

import unicodedata
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


TEXT: Final = {"align": "left", "indent": 1}
DIGITS: Final = {"quantity": 0, "count": 0, "price": 9, "credits": 9, "usd": 11}
"""Decimals that a number of each kind shows."""
A4: Final = 9
GROWTH: Final = 12
HEIGHT: Final = 15
MOST_LINES: Final = 27
"""A row is 409 points high at most."""
LONGEST_HEADING: Final = 100
"""Characters of what stands above each printed page; Excel holds 255, and `&` takes two."""


class Sheets:
    """A workbook's formats and its tables; `heading` stands above every printed page."""

    def __init__(self, book: "Workbook", heading: str = "") -> None:
        self.book = book
        self.heading = heading
        self.widest: dict[int, int] = {}
        self.plain = book.add_format(TEXT | {"valign": "top", "text_wrap": True})
        self.total = book.add_format(TEXT | {"bold": True, "top": 1})
        self.head = book.add_format(TEXT | {"bold": True})
        self.head_of_numbers = book.add_format({"bold": True, "align": "right"})
        self.line = book.add_format()
        self.bold = book.add_format({"bold": True, "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.numbers: dict[str, Format] = {
            kind: book.add_format(
                {"num_format": text, "valign": "top"} | (TEXT if kind == "date" else {})
            )
            for kind, text in FORMATS.items()
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
        printed: int | None = None,
    ) -> int:
        """Write a sheet (more where one cannot hold all) that is one table; return its rows. Only
        the first `printed` columns go to paper."""
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
            self.for_paper(sheet, 0, max(at, 1), printed or len(columns))
            count, part = count + at, part + 1
        return count

    def frame(
        self, sheet: "Worksheet", top: int, rows: int, columns: Sequence[tuple[str, str | int]]
    ) -> None:
        """Make the rows below `top` an Excel table with these heads; an empty one has a blank
        row."""
        self.tables += 1
        status = sheet.add_table(
            *(top, 0, top + max(rows, 1), len(columns) - 1),
            {
                "name": f"Table{self.tables}",
                "style": "Table Style Light 9",
                "columns": [
                    {
                        "header": text_of(head),
                        "header_format": self.head_of_numbers if kind in DIGITS else self.head,
                    }
                    for head, kind in columns
                ],
            },
        )
        if status:
            raise ValueError(f"table {self.tables} of {sheet.name}: {columns}")
        for place, (head, kind) in enumerate(columns):
            width = max(WIDTHS[kind] if isinstance(kind, str) else kind, _columns_of(head) + 4)
            sheet.set_column(place, place, max(width, self.widest.pop(place, 0)))

    def for_paper(self, sheet: "Worksheet", top: int, last: int, columns: int) -> None:
        """Lay the rows to `last` out for paper, with the heads at `top` on every page."""
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(top)
        sheet.print_area(0, 0, last, columns - 1)
        heading = text_of(self.heading)
        if len(heading) > LONGEST_HEADING:
            heading = f"{heading[:LONGEST_HEADING]}…"
        # a letter or digit after the & of a code would be taken for part of it
        sheet.set_header(f"&L {heading.replace('&', '&&')}")
        sheet.set_footer("&L&A&RPage &P of &N")

    def row(
        self,
        sheet: "Worksheet",
        at: int,
        columns: Sequence[tuple[str, str | int]],
        values: Sequence[Any],
    ) -> None:
        """Write one row; a column whose kind is a width holds text: it grows by `GROWTH` at most,
        and a longer text is wrapped."""
        lines = 1
        for place, ((_, kind), value) in enumerate(zip(columns, values, strict=True)):
            if value is None:
                continue
            if isinstance(value, date):
                sheet.write_datetime(at, place, value, self.numbers["date"])
            elif isinstance(kind, str) and isinstance(value, int | Decimal):
                sheet.write_number(at, place, value, self.numbers[kind])
                self._widen(place, _width(value, DIGITS[kind]))
            else:
                self.text(sheet, at, place, value)
                if isinstance(kind, int):
                    length = _columns_of(text_of(value)) + 3
                    self._widen(place, min(length, kind + GROWTH))
                    lines = max(lines, -(-length // (kind + GROWTH)))
        if lines > 1:
            sheet.set_row(at, HEIGHT * min(lines, MOST_LINES))

    def _widen(self, place: int, width: int) -> None:
        self.widest[place] = max(self.widest.get(place, 0), width)

    def text(
        self, sheet: "Worksheet", at: int, place: int, value: object, how: "Format | None" = None
    ) -> None:
        """Write a cell of text, whatever it begins with."""
        sheet.write_string(at, place, text_of(value), how or self.plain)


def _width(value: int | Decimal, digits: int) -> int:
    """Return the characters of a number with its separators, sign and decimals, and room at its
    sides."""
    whole = len(str(abs(int(value))))
    return whole + (whole - 1) // 3 + (value < 0) + (digits and digits + 1) + 2


def _columns_of(text: str) -> int:
    """Return how wide a text is, in digits: letters of East Asia take two."""
    if text.isascii():
        return len(text)
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def text_of(value: object) -> str:
    """Return the text of a cell: exact, cut where Excel would lose the whole cell."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = text.translate(NO_XML)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… (cut)"
