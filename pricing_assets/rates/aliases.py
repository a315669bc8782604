"""The lines of `aliases.csv`, and every rule that one of them can break.

A line says which printed model a logged name, or each name of a pattern, stands for. Which of several
lines holds when belongs to `naming`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from pricing_assets.common.instants import parse_instant
from pricing_assets.contract.billing import SERVICES
from pricing_assets.contract.names import fold
from pricing_assets.rates.findings import Finding, csv_rows
from pricing_assets.rates.patterns import Pattern, pattern_of
from pricing_assets.rates.rates_csv import Name, name_of

ALIAS_COLUMNS = ("service", "brand", "alias", "model")
SINCE = "valid_from"
"""The column that may come last: the instant from which on a line holds; blank: always."""


class SinceLine:
    """A line that may say from when on it holds: `since`, as it is written."""

    since: str

    @cached_property
    def valid_from(self) -> datetime | None:
        """Return the instant (UTC) from which on it holds; None: always."""
        return parse_instant(self.since) if self.since else None


@dataclass(frozen=True)
class Alias(SinceLine):
    """One line of `aliases.csv`; `since` is its `valid_from` as it is written, '' for always."""

    line: int
    service: str
    brand: str
    alias: str
    model: str
    since: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the line's fields, as they are written."""
        fields = self.service, self.brand, self.alias, self.model
        return (*fields, self.since) if self.since else fields

    @property
    def label(self) -> str:
        """Return what it is about, for people."""
        return f"{self.service} {self.brand!r} {self.alias!r}"

    @property
    def change(self) -> str:
        """Return what it says, as a reason: `alias gpt-4o is now GPT-4o-128k`."""
        since = f" from {self.since} on" if self.since else ""
        return f"alias {self.alias} is now {self.model}{since}"

    @cached_property
    def name(self) -> Name:
        """Return the logged name as it is compared."""
        return name_of(self.service, self.brand, self.alias)

    @cached_property
    def target(self) -> Name:
        """Return the printed name that it stands for."""
        return name_of(self.service, self.brand, self.model)

    @cached_property
    def pattern(self) -> Pattern | None:
        """Return the pattern of the names that it is about; None where it is about one name."""
        return pattern_of(self.alias)

    def is_about(self, name: Name) -> bool:
        """Return whether it is about a logged name."""
        if self.pattern is None:
            return self.name == name
        return self.name[:2] == name[:2] and self.pattern.matches(name[2])


def load_aliases(file: Path, findings: list[Finding]) -> tuple[tuple[Alias, ...], str]:
    """Return a book's aliases, and the digest of their file; none where there is no file."""
    if not file.exists():
        return (), ""
    aliases: list[Alias] = []
    seen: dict[tuple[Name, datetime | None], Alias] = {}
    for line, row in csv_rows(file, ALIAS_COLUMNS, findings, optional=(SINCE,)):
        service, brand, alias, model, since = row
        faults = [
            *service_faults(service),
            *name_faults(alias, model, what="alias and model"),
            *since_faults(since),
            *_pattern_faults(alias),
        ]
        if faults:
            findings += [Finding(file, line, rule, message) for rule, message in faults]
            continue
        line_alias = Alias(line, service, brand, alias, model, since)
        first = seen.setdefault((line_alias.name, line_alias.valid_from), line_alias)
        if first.target != line_alias.target:
            findings.append(
                Finding(
                    file,
                    line,
                    "alias_conflict",
                    f"alias {alias!r} already names {first.model!r} in line"
                    f" {first.line}; an alias names one model",
                )
            )
        elif first is line_alias:
            aliases.append(line_alias)
    findings += _overlaps(file, aliases)
    return tuple(aliases), digest_of(file)


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file; '' where it is not a regular file."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def service_faults(service: str) -> list[tuple[str, str]]:
    """Return rule and message where a service is unknown."""
    return [] if service in SERVICES else [("unknown_service", f"unknown service {service!r}")]


def name_faults(*names: str, what: str) -> list[tuple[str, str]]:
    """Return rule and message where one of the names is blank."""
    return [] if all(map(fold, names)) else [("blank_name", f"{what} must not be blank")]


def since_faults(since: str) -> list[tuple[str, str]]:
    """Return rule and message where the text of `valid_from` is not an instant."""
    try:
        if since:
            parse_instant(since)
    except ValueError as error:
        message = (
            f"{SINCE} {since!r} {error}; write it like 2026-03-01T00:00:00Z, or leave it blank"
        )
        return [("bad_valid_from", message)]
    return []


def _pattern_faults(alias: str) -> list[tuple[str, str]]:
    try:
        pattern_of(alias)
    except ValueError as error:
        return [("bad_pattern", f"alias {alias!r} {error}")]
    return []


def _overlaps(file: Path, aliases: Sequence[Alias]) -> list[Finding]:
    """Return a finding for each pattern that matches a name which an earlier one matches too."""
    findings = []
    patterns = [alias for alias in aliases if alias.pattern is not None]
    for place, later in enumerate(patterns):
        for first in patterns[:place]:
            if first.name == later.name or first.name[:2] != later.name[:2]:
                continue
            if first.pattern and later.pattern and first.pattern.overlaps(later.pattern):
                message = (
                    f"pattern {later.alias!r} matches names that {first.alias!r} in line"
                    f" {first.line} matches too; a name matches one pattern at most"
                )
                findings.append(Finding(file, later.line, "overlapping_patterns", message))
                break
    return findings
