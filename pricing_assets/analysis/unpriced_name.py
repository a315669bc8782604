"""A logged name without a price, and lines of names that would give it one, with what they charge.

Which lines are offered, and which are doubtful, belongs to `unpriced`.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pricing_assets.analysis.alias_charges import Proposal
from pricing_assets.common.decimals import exact_sum
from pricing_assets.common.visible_text import is_unseen
from pricing_assets.contract import billing as contract
from pricing_assets.contract.names import fold
from pricing_assets.rates.naming import cells_of
from pricing_assets.rates.rates_csv import Name, csv_line
from pricing_assets.rates.readings import Reading


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
class Unpriced:
    """A logged name, in all its spellings that match alike, that has no price where it was used.

    `offer` is made where a printed name is the same model beyond doubt; `doubtful` are what else it
    may mean. `nearest` is only alike. `with_brand` are the printed names that one without a brand is with one. `held` says which card holds the name at another time or in
    another key mode: no line can be added then. `least_credits` to `most_credits` are at risk; None
    where its service has no price at all.
    """

    service: str
    brand: str
    model: str
    key_modes: tuple[str, ...]
    rows: int
    first_used: datetime
    last_used: datetime
    least_credits: Decimal | None = None
    most_credits: Decimal | None = None
    nearest: str | None = None
    held: str | None = None
    offer: Offered | None = None
    doubtful: tuple[Offered, ...] = ()
    with_brand: tuple[tuple[str, str], ...] = ()

    @property
    def used(self) -> tuple[datetime, datetime]:
        """The first and the last instant of its use, in UTC."""
        return self.first_used.replace(tzinfo=UTC), self.last_used.replace(tzinfo=UTC)

    @property
    def name(self) -> Name:
        """The name as it is compared."""
        return self.service, fold(self.brand), fold(self.model)

    def as_json(self) -> dict[str, Any]:
        """Return all of it, for machines."""
        return {
            "service": self.service,
            "brand": self.brand,
            "model": self.model,
            "rows": self.rows,
            "first_used": self.first_used,
            "last_used": self.last_used,
            "least_credits": self.least_credits,
            "most_credits": self.most_credits,
            "nearest": self.nearest,
            "held": self.held,
            "aliases_file": f"{self.offer.proposal.book}/aliases.csv" if self.offer else None,
            "alias_line": self.offer.alias_line if self.offer else None,
            "brand_line": self.offer.brand_line if self.offer else None,
            "charges": self.offer.charges if self.offer else {},
            "doubtful": [one.as_json() for one in self.doubtful],
            "with_brand": self.with_brand,
            "rate_lines": self.rate_lines,
        }

    @property
    def can_be_written(self) -> bool:
        """Whether a line of text can hold the name so that it can be pasted."""
        text = plain(self.brand) + plain(self.model)
        unseen = any(is_unseen(char) for char in text)
        return bool(fold(self.model)) and not unseen and len(text) <= 300

    @property
    def rate_lines(self) -> tuple[str, ...]:
        """Lines of `rates.csv` for the name, not offered (`-`) until a price is written there; none
        where another line holds it or would."""
        if self.offer is not None or self.held is not None or not self.can_be_written:
            return ()
        known = contract.SERVICES[self.service]
        return tuple(
            csv_line(
                *(self.service, plain(self.brand), plain(self.model), mode),
                *(meter, "-", str(contract.PER[meter])),
            )
            for mode in (self.key_modes if known.reads_key_mode else ("any",))
            for meter in known.meters
            if meter in contract.PER
        )


def plain(name: str) -> str:
    """Return a name as a line holds it: it matches what it is of, without blanks that nobody
    sees."""
    return " ".join(unicodedata.normalize("NFKC", name).split())
