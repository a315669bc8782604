"""Lists of changed prices, CSV or XLSX: reading them, and applying them to a card's rows.

Every fault is named by line before anything is applied. What is made of the rows belongs to
`new_card`.
"""

import csv
import difflib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from pricing_assets.common.errors import ConfigurationError, RateBookError
from pricing_assets.common.text import counted
from pricing_assets.contract.billing import PER, plain_meter
from pricing_assets.contract.names import fold
from pricing_assets.rates import xlsx
from pricing_assets.rates.aliases import Alias
from pricing_assets.rates.card import Card
from pricing_assets.rates.findings import Finding
from pricing_assets.rates.rates_csv import Name, Rate, rate_faults

COLUMNS: Final = ("service", "brand", "model", "key_mode", "meter", "credits")
OPTIONAL: Final = ("per",)
Key = tuple[Name, str, str]
"""(name, key mode, meter)."""


@dataclass(frozen=True)
class AppliedLine:
    """One line of the list and what it did: `changed`, `added`, or `same` as before."""

    line: int
    did: str
    before: Rate | None
    rate: Rate


def read(file: Path) -> list[Rate]:
    """Return the listed prices, with their line numbers; RateBookError names every faulty line.
    ConfigurationError where the file has no rows."""
    table = _table(file)
    if not table:
        raise ConfigurationError(f"{file}: no rows; the header must be {','.join(COLUMNS)}")
    (at, header), *lines = table
    columns = _columns(file, at, header)
    findings: list[Finding] = []
    rates: list[Rate] = []
    seen: dict[Key, int] = {}
    for line, cells in lines:
        if any(cells[len(header) :]):
            what = f"{counted(len(cells), 'field')} instead of {len(header)}"
            findings.append(Finding(file, line, "bad_width", what))
            continue
        row = {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}
        meter = row["meter"]
        units = row.get("per") or str(PER.get(plain_meter(meter), ""))
        faults = [
            Finding(file, line, rule, _hinted(rule, what))
            for rule, what in rate_faults([*(row[name] for name in COLUMNS), units])
        ]
        findings += faults
        if faults:
            continue
        price = None if row["credits"] == "-" else Decimal(row["credits"])
        rate = Rate(
            line,
            row["service"],
            row["brand"],
            row["model"],
            row["key_mode"],
            meter,
            price,
            PER[plain_meter(meter)],
        )
        if (first := seen.setdefault(_key(rate), line)) != line:
            what = f"the same key as line {first}; a key has one price"
            findings.append(Finding(file, line, "duplicate_key", what))
        rates.append(rate)
    if findings:
        raise RateBookError([str(finding) for finding in findings])
    return rates


def _hinted(rule: str, what: str) -> str:
    return f"{what}; write '-' where it is no longer offered" if rule == "bad_price" else what


def _table(file: Path) -> list[tuple[int, list[str]]]:
    """Return rows that are not blank, with their numbers, cells without blanks around them."""
    if not file.is_file():
        raise ConfigurationError(f"{file}: this file of changed prices does not exist")
    if file.suffix.casefold() == ".xlsx":
        rows = xlsx.rows(file)
    elif file.suffix.casefold() == ".csv":
        rows = list(_csv_rows(file))
    else:
        raise ConfigurationError(
            f"{file}: changed prices must be a .csv or .xlsx file; save it as one of these"
        )
    stripped = [(number, [cell.strip() for cell in cells]) for number, cells in rows]
    return [(number, cells) for number, cells in stripped if any(cells)]


def _csv_rows(file: Path) -> Iterable[tuple[int, list[str]]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: not UTF-8 text ({error}); save it as UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise ConfigurationError(f"{file}:{reader.line_num}: not valid CSV: {error}") from error


def _columns(file: Path, at: int, header: Sequence[str]) -> dict[str, int]:
    wrong = [repr(name) for name in header if name not in (*COLUMNS, *OPTIONAL)]
    wrong += [f"{name!r} twice" for name in COLUMNS + OPTIONAL if header.count(name) > 1]
    wrong += [f"no {name!r}" for name in COLUMNS if name not in header]
    if wrong:
        raise ConfigurationError(
            f"{file}:{at}: the header must name {', '.join(COLUMNS)} and may name"
            f" {', '.join(OPTIONAL)}; it has {', '.join(wrong)}"
        )
    return {name: place for place, name in enumerate(header)}


def _key(rate: Rate) -> Key:
    return rate.name, rate.key_mode, rate.meter


def apply(
    listed: Sequence[Rate], file: Path, card: Card, aliases: Sequence[Alias], *, allow_new: bool
) -> tuple[list[Rate], list[AppliedLine]]:
    """Return the card's rows with the listed prices, and what each line did.

    Keys match as the contract compares names; rows keep their place, names and units. A new key is
    an error that names the line, unless `allow_new`: then it comes after its model, brand or
    service, under the name that the card prints where it prints one. RateBookError names every
    faulty line.
    """
    rows = list(card.rates)
    places = {_key(rate): place for place, rate in enumerate(rows)}
    done: list[AppliedLine] = []
    added: list[Rate] = []
    findings: list[Finding] = []
    for rate in listed:
        place = places.get(_key(rate))
        if place is not None:
            before = rows[place]
            if before.credits == rate.credits:
                done.append(AppliedLine(rate.line, "same", before, before))
                continue
            rows[place] = replace(before, credits=rate.credits)
            done.append(AppliedLine(rate.line, "changed", before, rows[place]))
        elif allow_new:
            brand, model = card.printed.get(rate.name, (rate.brand, rate.model))
            added.append(replace(rate, brand=brand, model=model))
            done.append(AppliedLine(rate.line, "added", None, added[-1]))
        else:
            what = _unmatched(rate, card, aliases)
            findings.append(Finding(file, rate.line, "no_such_price", what))
    if findings:
        raise RateBookError([str(finding) for finding in findings])
    for rate in added:
        rows.insert(_place(rate, rows), rate)
    return rows, done


def _place(rate: Rate, rows: Sequence[Rate]) -> int:
    """Return the place after the last row of the same model, else brand, else service, else the
    end."""
    for parts in (3, 2, 1):
        alike = [n for n, row in enumerate(rows) if row.name[:parts] == rate.name[:parts]]
        if alike:
            return alike[-1] + 1
    return len(rows)


def _unmatched(rate: Rate, card: Card, aliases: Sequence[Alias]) -> str:
    """Return why a listed price matches nothing, and what may be meant."""
    key = f"{rate.service} {rate.brand!r} {rate.model!r} {rate.key_mode} {rate.meter}"
    keys = [_key(row)[1:] for row in card.rates if row.name == rate.name]
    alias = next((alias for alias in aliases if alias.name == rate.name), None)
    if keys:
        listed = ", ".join(f"{mode} {meter}" for mode, meter in keys)
        hint = f"the card has {listed}"
    elif alias is not None:
        hint = f"it is an alias of {alias.model!r}; list the printed name"
    else:
        names = {
            fold(model): model
            for (service, brand, _), (_, model) in card.printed.items()
            if (service, brand) == rate.name[:2]
        }
        near = difflib.get_close_matches(rate.name[2], names, n=1)
        hint = f"the nearest name is {names[near[0]]!r}" if near else "no printed name is similar"
    return f"{key} matches no price of card {card.id!r}: {hint}; --allow-new adds new prices"
