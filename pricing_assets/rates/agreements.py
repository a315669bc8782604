"""Agreed prices: what an organization pays instead of the card's price, and from when to when.

Reading and checking `agreements.csv` belongs here; choosing one is `sql/charges/applicable_agreements.sql`, applying it `sql/charges/charges.sql`.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pricing_assets.common.instants import is_no_end, parse_instant
from pricing_assets.contract.billing import KEY_MODES, PER, SERVICES, printed_meters
from pricing_assets.contract.names import fold
from pricing_assets.rates.findings import Finding, csv_rows

COLUMNS = (
    "agreement",
    "org_id",
    "service",
    "brand",
    "model",
    "key_mode",
    "meter",
    "discount",
    "price",
    "valid_from",
    "valid_to",
)
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
ANYTHING = "*"
KEY_MODE = 3
"""The place of the key mode in a pattern."""
_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_SHARE = re.compile(r"0(\.[0-9]{1,9})?|1(\.0{1,9})?")


class DatedPrice(NamedTuple):
    """One line of a card and when the card is in force; `key` is service, brand and model as they
    are compared, key mode and meter."""

    key: tuple[str, str, str, str, str]
    valid_from: datetime
    valid_to: datetime

    @property
    def is_keyless(self) -> bool:
        """Return whether its service knows no key mode."""
        return not SERVICES[self.key[0]].reads_key_mode


@dataclass(frozen=True)
class Agreement:
    """One line of `agreements.csv`; None in a pattern is `*`. `discount` is a share of the price,
    `price` credits per the meter's units: one of the two is given."""

    file: Path
    line: int
    id: str
    org_id: str
    service: str | None
    brand: str | None
    model: str | None
    key_mode: str | None
    meter: str | None
    discount: Decimal | None
    price: Decimal | None
    valid_from: datetime
    valid_to: datetime
    sha256: str

    @cached_property
    def pattern(self) -> tuple[str | None, ...]:
        """Return what it is about, as it is compared."""
        return (
            self.service,
            None if self.brand is None else fold(self.brand),
            None if self.model is None else fold(self.model),
            self.key_mode,
            self.meter,
        )

    @property
    def specificity(self) -> int:
        """Return how many of the five are named: the agreement that names most wins."""
        return sum(part is not None for part in self.pattern)

    def is_about(self, priced: "DatedPrice") -> bool:
        """Return whether it holds for a price at some instant; a price of any key mode is of
        each."""
        key = priced.key
        return (
            self.valid_from < priced.valid_to
            and priced.valid_from < self.valid_to
            and all(
                part is None or part == key[n]
                for n, part in enumerate(self.pattern)
                if n != KEY_MODE
            )
            and (self.key_mode is None or key[3] in (self.key_mode, "any"))
        )

    def ties_with(self, other: "Agreement", priced: Callable[[], Iterable["DatedPrice"]]) -> bool:
        """Return whether some charge could go by either with equal right: of two key modes both
        count where a service knows none. `priced` gives the prices of the books."""
        begin, end = max(self.valid_from, other.valid_from), min(self.valid_to, other.valid_to)
        if self.org_id != other.org_id or self.specificity != other.specificity or begin >= end:
            return False
        differ = [
            n
            for n, (one, another) in enumerate(zip(self.pattern, other.pattern, strict=True))
            if one is not None and another is not None and one != another
        ]
        return not differ or (
            differ == [KEY_MODE]
            and any(
                one.is_keyless
                and self.is_about(one)
                and other.is_about(one)
                and max(begin, one.valid_from) < min(end, one.valid_to)
                for one in priced()
            )
        )


def load_agreements(file: Path, findings: list[Finding]) -> tuple[Agreement, ...]:
    """Read and check a book's agreements; findings name line and rule."""
    if not file.exists():
        return ()
    read: list[Agreement] = []
    for line, row in csv_rows(file, COLUMNS, findings):
        faults = list(_faults(row))
        if faults:
            findings += [Finding(file, line, "bad_agreement", fault) for fault in faults]
            continue
        name, org_id, service, brand, model, key_mode, meter, discount, price, since, until = row
        read.append(
            Agreement(
                file=file,
                line=line,
                id=name,
                org_id=org_id,
                service=_pattern(service),
                brand=_pattern(brand),
                model=_pattern(model),
                key_mode=_pattern(key_mode),
                meter=_pattern(meter),
                discount=Decimal(discount) if discount else None,
                price=Decimal(price) if price else None,
                valid_from=parse_instant(since),
                valid_to=_end(until),
                sha256=hashlib.sha256("\0".join(row).encode()).hexdigest(),
            )
        )
    return tuple(read)


def _pattern(text: str) -> str | None:
    return None if text == ANYTHING else text


def _end(text: str) -> datetime:
    """Return the instant at which an agreement ends; FOREVER where it does not."""
    return FOREVER if not text or is_no_end(text) else parse_instant(text)


def _faults(row: list[str]) -> Iterable[str]:
    name, org_id, service, _, _, key_mode, meter, discount, price, since, until = row
    if not name.strip():
        yield "agreement is blank"
    if not org_id.strip() or org_id == ANYTHING:
        yield "org_id must name one organization"
    if service != ANYTHING and service not in SERVICES:
        yield f"unknown service {service!r}; '*' or one of {', '.join(SERVICES)}"
    if key_mode not in (*KEY_MODES, ANYTHING):
        yield f"key_mode {key_mode!r} must be '*', platform or own"
    if meter != ANYTHING and not any(meter in printed_meters(name) for name in PER):
        yield f"meter {meter!r} has no price; '*' or one of {', '.join(PER)}"
    if bool(discount) == bool(price):
        yield "give either a discount or a price"
    if discount and not _SHARE.fullmatch(discount):
        yield (
            f"discount {discount!r} must be a share from 0 to 1 with at most 9 digits after the point,"
            " like 0.15"
        )
    if price and not _PRICE.fullmatch(price):
        yield f"price {price!r} must be a plain decimal with at most 9 digits before and 9 after the point"
    if price and (service == ANYTHING or meter == ANYTHING):
        yield "a fixed price needs a service and a meter, since meters have different units"
    ends = []
    for name, read, text in (("valid_from", parse_instant, since), ("valid_to", _end, until)):
        try:
            ends.append(read(text))
        except ValueError as error:
            yield (
                f"{name} {text!r} {error}; write it like 2026-03-01T00:00:00Z; leave valid_to"
                " blank where the agreement has no end"
            )
    if len(ends) == 2 and ends[0] >= ends[1]:
        yield "valid_to must be after valid_from"
