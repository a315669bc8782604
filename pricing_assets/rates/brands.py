"""The lines of `brands.csv`: under which printed brand the models of a logged brand are looked up.

It is the only way in which a name crosses brands. What wins where several lines do belongs to `naming`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from pricing_assets.contract.names import fold
from pricing_assets.rates.aliases import (
    SINCE,
    SinceLine,
    digest_of,
    name_faults,
    service_faults,
    since_faults,
)
from pricing_assets.rates.findings import Finding, csv_rows
from pricing_assets.rates.patterns import is_one_name

BRAND_COLUMNS = ("service", "alias", "brand")
BRANDS_FILE = "brands.csv"
_NO_PATTERN = "a brand has no pattern; write a line for each brand that is logged"


@dataclass(frozen=True)
class BrandAlias(SinceLine):
    """One line of `brands.csv`; `since` is its `valid_from` as it is written, '' for always."""

    line: int
    service: str
    alias: str
    brand: str
    since: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the line's fields, as they are written, after the name of the file: what tells them
        from those of an alias."""
        fields = BRANDS_FILE, self.service, self.alias, self.brand
        return (*fields, self.since) if self.since else fields

    @property
    def label(self) -> str:
        """Return what it is about, for people."""
        return f"{self.service} brand {self.alias!r}"

    @property
    def change(self) -> str:
        """Return what it says, as a reason: `brand bedrock is now Anthropic`."""
        since = f" from {self.since} on" if self.since else ""
        return f"brand {self.alias} is now {self.brand}{since}"

    @cached_property
    def logged(self) -> tuple[str, str]:
        """Return service and logged brand, as they are compared."""
        return self.service, fold(self.alias)

    @cached_property
    def target(self) -> tuple[str, str]:
        """Return service and printed brand, as they are compared."""
        return self.service, fold(self.brand)


def load_brands(file: Path, findings: list[Finding]) -> tuple[tuple[BrandAlias, ...], str]:
    """Return a book's aliases of brands, and the digest of their file; none where there is no
    file."""
    if not file.exists():
        return (), ""
    brands: dict[tuple[tuple[str, str], tuple[str, str], datetime | None], BrandAlias] = {}
    for line, row in csv_rows(file, BRAND_COLUMNS, findings, optional=(SINCE,)):
        service, alias, brand, since = row
        faults = [
            *service_faults(service),
            *name_faults(alias, brand, what="alias and brand"),
            *since_faults(since),
        ]
        if not is_one_name(alias):
            faults.append(("bad_pattern", f"brand {alias!r}: {_NO_PATTERN}"))
        if not faults and fold(alias) == fold(brand):
            faults = [("brand_of_itself", f"brand {alias!r} stands for itself")]
        if faults:
            findings += [Finding(file, line, rule, message) for rule, message in faults]
            continue
        read = BrandAlias(line, service, alias, brand, since)
        brands.setdefault((read.logged, read.target, read.valid_from), read)
    return tuple(brands.values()), digest_of(file)
