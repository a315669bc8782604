"""XLSX cells as text, from the standard library: numbers keep the decimal text they are stored as.

Spreadsheet libraries hand numbers out as floats, which no price may pass through. Formulas count
by their stored result; styles, dates and hidden rows mean nothing here.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path, PurePosixPath
from typing import Final
from xml.etree import ElementTree as ET

from pricing_assets.common.decimals import EXACT
from pricing_assets.common.errors import ConfigurationError

LARGEST: Final = 50_000_000
"""Bytes of one unpacked part; a price list is far smaller."""
SHOWN: Final = Context(prec=15, rounding=ROUND_HALF_EVEN)
"""Spreadsheets keep 15 digits of what is typed, and may store 0.044 as 4.3999999999999997E-2."""
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, ET.ParseError, EOFError, OSError),
    *(LookupError, ValueError, RuntimeError),  # zipfile on what is encrypted or cut off
)
_REFUSED: Final = {"b": "a truth value", "e": "an error", "d": "a date"}


def rows(file: Path) -> list[tuple[int, list[str]]]:
    """Return the rows that are not blank, by number, of the one sheet that has any.
    ConfigurationError where the file is not a workbook, or a cell is neither text nor a number.

    ConfigurationError where the file is not a workbook, or a cell is neither text nor a number.
    """
    try:
        with zipfile.ZipFile(file) as book:
            strings = _strings(book)
            sheets = {name: list(_rows(book, part, strings)) for name, part in _sheets(book)}
    except _BROKEN as error:
        raise ConfigurationError(
            f"{file}: not a complete XLSX workbook ({error}); save it again, or as CSV"
        ) from error
    except _WrongCell as wrong:
        raise ConfigurationError(f"{file}:{wrong.row}: {wrong.what}") from wrong
    filled = {name: held for name, held in sheets.items() if held}
    if len(filled) > 1:
        names = ", ".join(repr(name) for name in filled)
        raise ConfigurationError(f"{file}: sheets {names} have rows; keep the one with the changes")
    return next(iter(filled.values()), [])


class _WrongCell(Exception):
    def __init__(self, row: int, what: str) -> None:
        self.row, self.what = row, what
        super().__init__(what)


def _part(book: zipfile.ZipFile, name: str) -> ET.Element:
    if book.getinfo(name).file_size > LARGEST:
        raise ValueError(f"{name} unpacks to more than {LARGEST:,} bytes")
    data = book.read(name)
    if b"<!DOCTYPE" in data:
        raise ValueError(f"{name} declares entities")
    return ET.fromstring(data)


def _texts(item: ET.Element) -> str:
    """Return the text of a string item: plain or in runs, without phonetic readings."""
    return "".join(
        text.text or "" for path in ("{*}t", "{*}r/{*}t") for text in item.iterfind(path)
    )


def _strings(book: zipfile.ZipFile) -> list[str]:
    name = "xl/sharedStrings.xml"
    if name not in book.namelist():
        return []
    return [_texts(item) for item in _part(book, name).iterfind("{*}si")]


def _sheets(book: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield each sheet's name and the part that holds it."""
    targets = {
        link.attrib["Id"]: link.attrib["Target"]
        for link in _part(book, "xl/_rels/workbook.xml.rels")
    }
    for sheet in _part(book, "xl/workbook.xml").iterfind("{*}sheets/{*}sheet"):
        link = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        yield sheet.attrib["name"], str(PurePosixPath("/xl") / targets[link]).removeprefix("/")


def _rows(book: zipfile.ZipFile, part: str, strings: list[str]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    for row in _part(book, part).iterfind("{*}sheetData/{*}row"):
        number = int(row.get("r") or number + 1)
        cells: list[str] = []
        for cell in row.iterfind("{*}c"):
            place = _column(cell.get("r")) if cell.get("r") else len(cells)
            cells += [""] * (place - len(cells))
            cells.append(_text(cell, strings, number))
        if any(text.strip() for text in cells):
            yield number, cells


def _column(reference: str | None) -> int:
    """Return the place of a cell's column: `B12` is column 1."""
    letters = re.match(r"[A-Z]{1,3}(?=[0-9])", reference or "")
    if letters is None:
        raise ValueError(f"cell {reference!r}")
    place = 0
    for letter in letters[0]:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _text(cell: ET.Element, strings: list[str], row: int) -> str:
    kind = cell.get("t", "n")
    value = cell.findtext("{*}v")
    if kind == "inlineStr":
        inline = cell.find("{*}is")
        return "" if inline is None else _texts(inline)
    if value is None:
        return ""
    if kind == "s":
        return strings[int(value)]
    if kind == "str":
        return value
    if kind in _REFUSED:
        what = f"cell {cell.get('r')} holds {_REFUSED[kind]}; write it as text or a number"
        raise _WrongCell(row, what)
    text = number_text(value)
    if text is None:
        what = f"cell {cell.get('r')} holds {value}, more digits than spreadsheets keep"
        raise _WrongCell(row, f"{what}; write it as text, or round its formula")
    return text


def number_text(stored: str) -> str | None:
    """Return the decimal that was typed, from the stored text: no exponent, at most 15 digits.

    None where it has more digits than come of storing such a decimal in binary; ValueError where
    the text is not a number.
    """
    if not re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", stored.strip()):
        raise ValueError(f"number {stored!r}")
    exact = Decimal(stored.strip())
    typed = SHOWN.create_decimal(exact)
    noise = EXACT.multiply(EXACT.subtract(exact, typed), Decimal(2**52))
    if abs(noise) > abs(exact):
        return None
    text = f"{typed:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
