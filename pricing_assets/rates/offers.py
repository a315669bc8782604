"""Offers: lines of names that would let a logged name stand for a printed one, and the files that they
are appended to.

Which lines are offered for a name belongs to `lookup`, what they would charge to `analysis`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from pricing_assets.common.decimals import exact_sum
from pricing_assets.rates.aliases import ALIAS_COLUMNS, Alias
from pricing_assets.rates.book import Book
from pricing_assets.rates.brands import BRAND_COLUMNS, BRANDS_FILE, BrandAlias
from pricing_assets.rates.naming import cells_of
from pricing_assets.rates.rates_csv import Name, csv_line
from pricing_assets.rates.readings import Reading

HEADERS = {"aliases.csv": ALIAS_COLUMNS, BRANDS_FILE: BRAND_COLUMNS}


@dataclass(frozen=True)
class Proposal:
    """Lines that, added to a book, let a logged name stand for a printed one; not both are needed
    where one of them is there or says it all, and none where the book has them."""

    book: str
    name: Name
    target: Name
    alias: Alias | None = None
    brand: BrandAlias | None = None


def with_lines(book: Book, proposal: Proposal) -> Book:
    """Return a book with the lines of a proposal."""
    aliases = (proposal.alias,) if proposal.alias is not None else ()
    brands = (proposal.brand,) if proposal.brand is not None else ()
    return replace(book, aliases=(*book.aliases, *aliases), brands=(*book.brands, *brands))


@dataclass(frozen=True)
class Offered:
    """A reading of a name, the lines that make it hold, and the credits per organization that they
    would charge."""

    reading: Reading
    proposal: Proposal
    charges: dict[str, Decimal] = field(default_factory=dict)

    @property
    def credits(self) -> Decimal:
        """What the lines would charge, in all."""
        return exact_sum(self.charges.values())

    @property
    def alias_line(self) -> str | None:
        """The line of `aliases.csv`, if one is needed."""
        alias = self.proposal.alias
        return None if alias is None else csv_line(*cells_of(alias.fields))

    @property
    def brand_line(self) -> str | None:
        """The line of `brands.csv`, if one is needed."""
        brand = self.proposal.brand
        return None if brand is None else csv_line(*cells_of(brand.fields))

    def lines(self) -> Iterator[tuple[Path, str]]:
        """Yield each line that is needed, with the file that it is appended to."""
        for file, line in (("aliases.csv", self.alias_line), (BRANDS_FILE, self.brand_line)):
            if line is not None:
                yield Path(self.proposal.book, file), line

    def as_json(self) -> dict[str, Any]:
        """Return all of it, for machines."""
        return {
            "brand": self.reading.brand,
            "model": self.reading.model,
            "rule": self.reading.rule,
            "doubt": self.reading.doubt,
            "book": self.proposal.book,
            "alias_line": self.alias_line,
            "brand_line": self.brand_line,
            "charges": self.charges,
            "credits": self.credits,
        }


@dataclass(frozen=True)
class Addition:
    """What is to be appended to one file of a book, line by line."""

    file: Path
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> list[str]:
        """Return the lines, after the header where there is no file yet."""
        header = [] if self.file.is_file() else [csv_line(*HEADERS[self.file.name])]
        return [*header, *self.lines]


def additions(offers: Iterable[Offered]) -> list[Addition]:
    """Return what offers append, by file, each line once."""
    found: dict[Path, dict[str, None]] = {}
    for offer in offers:
        for file, line in offer.lines():
            found.setdefault(file, {})[line] = None
    return [Addition(file, list(lines)) for file, lines in found.items()]
