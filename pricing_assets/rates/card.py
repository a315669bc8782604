"""One rate card: its `card.toml`, its lines, and every rule that reading checks.

Rules of single lines belong to `rates_csv`; what is in force when belongs to `book`.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from pricing_assets.common import toml
from pricing_assets.common.instants import in_utc
from pricing_assets.contract.billing import PER, SERVICES, TIERS, plain_meter, printed_meters
from pricing_assets.rates.findings import Finding
from pricing_assets.rates.rates_csv import PRICE, Name, Rate, read_rates

_USD = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_IN_QUOTES = (
    'a plain decimal in quotes with at most 9 digits before and 9 after the point, like "0.01"'
)


@dataclass(frozen=True)
class Card:
    """One complete, dated price list; `caps` are credits per `per` units, by (service, meter)."""

    book: Path
    folder: Path
    id: str
    effective_from: datetime
    published_at: datetime
    source: str
    usd_per_credit: Decimal
    caps: dict[tuple[str, str], Decimal]
    rates: tuple[Rate, ...]
    sha256: str
    tiers_at_standard_price: tuple[str, ...] = ()
    printed: dict[Name, tuple[str, str]] = field(default_factory=dict)

    @cached_property
    def rates_of(self) -> dict[Name, list[Rate]]:
        """Return the card's lines by name."""
        found: dict[Name, list[Rate]] = {}
        for rate in self.rates:
            found.setdefault(rate.name, []).append(rate)
        return found

    def cap(self, service: str, meter: str) -> Decimal | None:
        """Return what an own key pays at most for a printed meter: its own cap, else that of what it
        is a part of; None where there is none."""
        for name in (meter, meter.partition("@")[0], plain_meter(meter)):
            if (service, name) in self.caps:
                return self.caps[service, name]
        return None

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """Return what cards are ordered by: the greatest that has begun is in force."""
        return self.effective_from, self.published_at, self.id


def read_card(book: Path, folder: Path, findings: list[Finding]) -> Card | None:
    """Return one card; None where it breaks a rule, which `findings` then names."""
    before = len(findings)
    toml, rates_csv = folder / "card.toml", folder / "rates.csv"
    for file in (toml, rates_csv):
        if not file.is_file():
            findings.append(
                Finding(file, None, "missing_file", "missing; a card is card.toml and rates.csv")
            )
    if len(findings) > before:
        return None
    head = _read_toml(toml, findings)
    rates = read_rates(rates_csv, findings)
    if len(findings) > before or head is None:
        return None
    digest = hashlib.sha256()
    for file in (toml, rates_csv):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    printed: dict[Name, tuple[str, str]] = {}
    for rate in rates:
        printed.setdefault(rate.name, (rate.brand, rate.model))
    return Card(
        book=book,
        folder=folder,
        rates=tuple(rates),
        sha256=digest.hexdigest(),
        printed=printed,
        **head,
    )


def _read_toml(file: Path, findings: list[Finding]) -> dict[str, Any] | None:
    try:
        raw = toml.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        findings.append(Finding(file, None, "bad_toml", f"not valid TOML: {error}"))
        return None
    before = len(findings)

    def wrong(key: str, what: str, rule: str = "bad_key") -> None:
        if rule == "bad_key" and key not in raw:
            rule = "missing_key"
        findings.append(Finding(file, None, rule, what, key))

    known = {"id", "effective_from", "published_at", "source", "usd_per_credit", "own_key_cap"}
    known |= {"tiers_at_standard_price"}
    for key in sorted(set(raw) - known):
        wrong(key, f"unknown key {key!r}; a card has {', '.join(sorted(known))}", "unknown_key")
    card_id = raw.get("id")
    if not isinstance(card_id, str) or not card_id.strip():
        wrong("id", "id must be a text that is not blank")
    begins = {}
    for key in ("effective_from", "published_at"):
        value = raw.get(key)
        try:
            if not isinstance(value, datetime):
                raise ValueError("is not an instant")
            begins[key] = in_utc(value)
        except ValueError as error:
            wrong(key, f"{key} must be an instant like 2026-02-01T00:00:00Z; it {error}")
    source = raw.get("source", "")
    if not isinstance(source, str):
        wrong("source", "source must be a text")
    usd = raw.get("usd_per_credit")
    if not isinstance(usd, str) or not _USD.fullmatch(usd):
        wrong(
            "usd_per_credit",
            f"usd_per_credit must be {_IN_QUOTES}",
        )
    caps: dict[tuple[str, str], Decimal] = {}
    cap_table = raw.get("own_key_cap", {})
    if not isinstance(cap_table, dict):
        wrong(
            "own_key_cap",
            "own_key_cap must be a table of services, like [own_key_cap.llm]",
            "bad_cap",
        )
        cap_table = {}
    for service, meters in cap_table.items():
        table = f"own_key_cap.{service}"
        if service not in SERVICES or not SERVICES[service].reads_key_mode:
            wrong(table, f"{table}: no service that has key modes has this name", "bad_cap")
            continue
        if not isinstance(meters, dict):
            wrong(table, f"{table} must be a table of meters", "bad_cap")
            continue
        for meter, text in meters.items():
            cap = f"{table}.{meter}"
            if not any(
                meter in printed_meters(name) for name in SERVICES[service].meters if name in PER
            ):
                wrong(cap, f"{cap}: {service} has no price of this meter", "bad_cap")
            elif not isinstance(text, str) or not PRICE.fullmatch(text):
                wrong(cap, f"{cap} must be {_IN_QUOTES}", "bad_cap")
            else:
                caps[service, meter] = Decimal(text)
    tiers = raw.get("tiers_at_standard_price", [])
    if not isinstance(tiers, list) or not set(tiers) <= set(TIERS):
        listed = ", ".join(TIERS)
        wrong(
            "tiers_at_standard_price",
            f"tiers_at_standard_price must be a list of {listed}",
            "bad_tier",
        )
    if len(findings) > before:
        return None
    return {
        "id": card_id,
        **begins,
        "source": source,
        "usd_per_credit": Decimal(str(usd)),
        "caps": caps,
        "tiers_at_standard_price": tuple(tiers),
    }
