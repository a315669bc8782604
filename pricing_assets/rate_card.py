"""One rate card as it is written: its lines, its aliases, and every rule that reading checks.

Prices are read as decimal text. What is in force when belongs to `rates`.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pricing_assets.contract import KEY_MODES, PER, SERVICES, STORAGE_MODEL
from pricing_assets.names import Finding, csv_rows, fold

RATE_COLUMNS = ("service", "brand", "model", "key_mode", "meter", "credits", "per")
ALIAS_COLUMNS = ("service", "brand", "alias", "model")
_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_LOOSE = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_USD = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")

Name = tuple[str, str, str]
"""(service, folded brand, folded model)."""


@dataclass(frozen=True)
class Rate:
    """One line of `rates.csv`; `credits` None is the printed `-`: not offered."""

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
        """The name as it is compared."""
        return self.service, fold(self.brand), fold(self.model)


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
    printed: dict[Name, tuple[str, str]] = field(default_factory=dict)

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """The greatest of these that has begun is in force."""
        return self.effective_from, self.published_at, self.id


@dataclass(frozen=True)
class Alias:
    """One line of `aliases.csv`."""

    line: int
    service: str
    brand: str
    alias: str
    model: str

    @property
    def fields(self) -> tuple[str, str, str, str]:
        """The line's fields, as they are written."""
        return self.service, self.brand, self.alias, self.model

    @property
    def name(self) -> Name:
        """The logged name as it is compared."""
        return self.service, fold(self.brand), fold(self.alias)

    @property
    def target(self) -> Name:
        """The printed name that it stands for."""
        return self.service, fold(self.brand), fold(self.model)


def read_card(book: Path, folder: Path, findings: list[Finding]) -> Card | None:
    """One card; None where it breaks a rule, which `findings` then names."""
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
    rates = _read_rates(rates_csv, findings)
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
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        findings.append(Finding(file, None, "bad_toml", f"not valid TOML: {error}"))
        return None
    before = len(findings)

    def wrong(key: str, what: str, rule: str = "bad_key") -> None:
        if rule == "bad_key" and key not in raw:
            rule = "missing_key"
        findings.append(Finding(file, None, rule, what, key))

    known = {"id", "effective_from", "published_at", "source", "usd_per_credit", "own_key_cap"}
    for key in sorted(set(raw) - known):
        wrong(key, f"unknown key {key!r}; a card has {', '.join(sorted(known))}", "unknown_key")
    card_id = raw.get("id")
    if not isinstance(card_id, str) or not card_id.strip():
        wrong("id", "id must be a non-blank text")
    instants = {}
    for key in ("effective_from", "published_at"):
        value = raw.get(key)
        if not isinstance(value, datetime) or value.tzinfo is None:
            wrong(key, f"{key} must be an instant with an offset, like 2026-02-01T00:00:00Z")
        else:
            try:
                instants[key] = value.astimezone(UTC)
            except OverflowError:
                wrong(key, f"{key} must lie between the years 1 and 9999 in UTC")
    source = raw.get("source", "")
    if not isinstance(source, str):
        wrong("source", "source must be a text")
    usd = raw.get("usd_per_credit")
    if not isinstance(usd, str) or not _USD.fullmatch(usd):
        wrong(
            "usd_per_credit",
            'usd_per_credit must be a decimal in quotes with at most 2 decimals, like "0.01"',
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
            wrong(table, f"{table}: no service with key modes is named so", "bad_cap")
            continue
        if not isinstance(meters, dict):
            wrong(table, f"{table} must be a table of meters", "bad_cap")
            continue
        for meter, text in meters.items():
            cap = f"{table}.{meter}"
            if meter not in SERVICES[service].meters or meter not in PER:
                wrong(cap, f"{cap}: {service} has no price for such a meter", "bad_cap")
            elif not isinstance(text, str) or not _PRICE.fullmatch(text):
                wrong(cap, f'{cap} must be a decimal in quotes, like "0.01"', "bad_cap")
            else:
                caps[service, meter] = Decimal(text)
    if len(findings) > before:
        return None
    return {
        "id": card_id,
        **instants,
        "source": source,
        "usd_per_credit": Decimal(str(usd)),
        "caps": caps,
    }


def _read_rates(file: Path, findings: list[Finding]) -> list[Rate]:
    rates: list[Rate] = []
    seen: dict[tuple[Name, str, str], int] = {}
    for line, row in csv_rows(file, RATE_COLUMNS, findings):
        faults = [Finding(file, line, rule, what) for rule, what in rate_faults(row)]
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


def rate_faults(row: list[str]) -> Iterable[tuple[str, str]]:
    """Rule and message of everything wrong with one line of `rates.csv`."""
    service_name, brand, model, key_mode, meter, text, per = row
    service = SERVICES.get(service_name)
    if service is None:
        yield "unknown_service", f"unknown service {service_name!r}; one of {', '.join(SERVICES)}"
        return
    if service_name == "storage":
        if fold(brand) or fold(model) != fold(STORAGE_MODEL):
            yield "storage_name", f"storage is brand empty, model {STORAGE_MODEL!r}"
    elif not fold(model):
        yield "blank_name", "model is blank"
    modes = (*KEY_MODES, "any") if service.reads_key_mode else ("any",)
    if key_mode not in modes:
        yield (
            "unknown_key_mode",
            f"key_mode {key_mode!r} must be {' or '.join(modes)} for {service_name}",
        )
    if meter not in service.meters or meter not in PER:
        priced = [name for name in service.meters if name in PER]
        yield (
            "unknown_meter",
            f"meter {meter!r} is not priced for {service_name}; {' or '.join(priced)}",
        )
    elif per != str(PER[meter]):
        others = [other for other, units in PER.items() if str(units) == per]
        mixed_up = f"; {per} is the unit of {', '.join(others)}" if others else ""
        yield "wrong_per", f"per {per!r} must be {PER[meter]} for {meter}{mixed_up}"
    if text != "-":
        yield from _price_faults(text)


def _price_faults(text: str) -> Iterable[tuple[str, str]]:
    """Rule and message where a text is no price."""
    if _PRICE.fullmatch(text):
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


def load_aliases(file: Path, findings: list[Finding]) -> tuple[tuple[Alias, ...], str]:
    """A book's aliases, and the digest of their file; none where there is no file."""
    if not file.exists():
        return (), ""
    aliases: list[Alias] = []
    seen: dict[Name, Alias] = {}
    for line, (service, brand, alias, model) in csv_rows(file, ALIAS_COLUMNS, findings):
        if service not in SERVICES:
            findings.append(Finding(file, line, "unknown_service", f"unknown service {service!r}"))
            continue
        if not fold(alias) or not fold(model):
            findings.append(Finding(file, line, "blank_name", "alias and model must not be blank"))
            continue
        made = Alias(line, service, brand, alias, model)
        first = seen.setdefault(made.name, made)
        if first.target != made.target:
            findings.append(
                Finding(
                    file,
                    line,
                    "alias_conflict",
                    f"alias {alias!r} already names {first.model!r} in line"
                    f" {first.line}; an alias names one model",
                )
            )
        elif first is made:
            aliases.append(made)
    return tuple(aliases), hashlib.sha256(file.read_bytes()).hexdigest()
