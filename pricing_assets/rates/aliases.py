"""The lines of `aliases.csv`, and every rule that one of them can break."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pricing_assets.contract.billing import SERVICES
from pricing_assets.contract.names import fold
from pricing_assets.rates.findings import Finding, csv_rows
from pricing_assets.rates.rates_csv import Name, name_of

ALIAS_COLUMNS = ("service", "brand", "alias", "model")


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
        """Return the line's fields, as they are written."""
        return self.service, self.brand, self.alias, self.model

    @property
    def name(self) -> Name:
        """Return the logged name as it is compared."""
        return name_of(self.service, self.brand, self.alias)

    @property
    def target(self) -> Name:
        """Return the printed name that it stands for."""
        return name_of(self.service, self.brand, self.model)


def load_aliases(file: Path, findings: list[Finding]) -> tuple[tuple[Alias, ...], str]:
    """Return a book's aliases, and the digest of their file; none where there is no file."""
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
        line_alias = Alias(line, service, brand, alias, model)
        first = seen.setdefault(line_alias.name, line_alias)
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
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    return tuple(aliases), digest
