"""The lines of `rates.csv` and `aliases.csv`, and every rule that one of them can break.

Prices are read as decimal text, never through a float.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from pricing_assets.contract.billing import (
    KEY_MODES,
    PER,
    SERVICES,
    STORAGE,
    STORAGE_MODEL,
    plain_meter,
    printed_meters,
)
from pricing_assets.contract.names import fold
from pricing_assets.rates.findings import Finding, csv_rows

RATE_COLUMNS = ("service", "brand", "model", "key_mode", "meter", "credits", "per")
PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_LOOSE = re.compile(r"-?[0-9]+(\.[0-9]+)?")

Name = tuple[str, str, str]
"""(service, folded brand, folded model)."""
DISTINCT_LINES = 65_536
"""Lines that are remembered: a book's next card repeats most of those of its last one."""


@lru_cache(DISTINCT_LINES)
def name_of(service: str, brand: str, model: str) -> Name:
    """Return a card's name, as it is compared."""
    return service, fold(brand), fold(model)


@dataclass(frozen=True)
class Rate:
    """One line of `rates.csv`; `credits` None: the card prints `-`, the model is not offered."""

    line: int
    service: str
    brand: str
    model: str
    key_mode: str
    meter: str
    credits: Decimal | None
    per: int

    @property
    def name(self) -> Name:
        """Return the name as it is compared."""
        return name_of(self.service, self.brand, self.model)


def read_rates(file: Path, findings: list[Finding]) -> list[Rate]:
    """Return the lines that break no rule; the others are in `findings`."""
    rates: list[Rate] = []
    seen: dict[tuple[Name, str, str], int] = {}
    for line, row in csv_rows(file, RATE_COLUMNS, findings):
        faults = [Finding(file, line, rule, what) for rule, what in _faults(tuple(row))]
        if faults:
            findings += faults
            continue
        service, brand, model, key_mode, meter, text, per = row
        price = None if text == "-" else Decimal(text)
        rate = Rate(line, service, brand, model, key_mode, meter, price, int(per))
        key = rate.name, key_mode, meter
        if key in seen:
            findings.append(
                Finding(
                    file,
                    line,
                    "duplicate_key",
                    "the same service, brand, model, key mode and meter"
                    f" as line {seen[key]}; a key has one price",
                )
            )
            continue
        seen[key] = line
        rates.append(rate)
    return rates


@lru_cache(DISTINCT_LINES)
def _faults(row: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(rate_faults(row))


def rate_faults(row: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Yield rule and message of everything that is wrong with one line of `rates.csv`."""
    service_name, brand, model, key_mode, meter, text, per = row
    service = SERVICES.get(service_name)
    if service is None:
        yield "unknown_service", f"unknown service {service_name!r}; one of {', '.join(SERVICES)}"
        return
    if service_name == STORAGE:
        if fold(brand) or fold(model) != fold(STORAGE_MODEL):
            yield "storage_name", f"for storage, brand must be empty and model {STORAGE_MODEL!r}"
    elif not fold(model):
        yield "blank_name", "model is blank"
    modes = (*KEY_MODES, "any") if service.reads_key_mode else ("any",)
    if key_mode not in modes:
        yield (
            "unknown_key_mode",
            f"key_mode {key_mode!r} must be {' or '.join(modes)} for {service_name}",
        )
    units = PER.get(plain_meter(meter))
    priced = [name for name in service.meters if name in PER]
    if not any(meter in printed_meters(name) for name in priced):
        yield (
            "unknown_meter",
            f"meter {meter!r} is not priced for {service_name}; {' or '.join(priced)}",
        )
    elif per != str(units):
        others = [other for other, units in PER.items() if str(units) == per]
        mixed_up = f"; {per} is the unit of {', '.join(others)}" if others else ""
        yield "wrong_per", f"per {per!r} must be {units} for {meter}{mixed_up}"
    if text != "-":
        yield from _price_faults(text)
    elif "." in meter:
        yield (
            "class_not_offered",
            f"a token class cannot be not offered; without a row of {meter}, its tokens are charged"
            f" as {plain_meter(meter)}",
        )


def _price_faults(text: str) -> Iterable[tuple[str, str]]:
    """Yield rule and message where a text is not a price."""
    if PRICE.fullmatch(text):
        return
    if _LOOSE.fullmatch(text):
        rule = "negative_price" if text.startswith("-") else "too_precise_price"
    else:
        rule = "bad_price"
    yield (
        rule,
        f"credits {text!r} must be '-' or a plain decimal >= 0"
        " with at most 9 digits before and 9 after the point",
    )


def csv_line(*fields: str) -> str:
    """Return one line of CSV, without its end.

    >>> csv_line("llm", "Acme, Inc", "Chat")
    'llm,"Acme, Inc",Chat'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(fields)
    return text.getvalue()
