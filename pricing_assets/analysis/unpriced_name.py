"""A logged name without a price, what is known of it, and lines of a card that would hold it.

Which lines of names are offered belongs to `rates.lookup`, what they charge to `unpriced`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pricing_assets.contract import billing as contract
from pricing_assets.rates.lookup import LoggedName, NameLookup, can_be_written, plain
from pricing_assets.rates.offers import Offered
from pricing_assets.rates.rates_csv import Name, csv_line


@dataclass(frozen=True)
class Unpriced:
    """A logged name, in all its spellings that match alike, that has no price where it was used.

    `found` is what is known of it; `by_next_run`, where the books as they are now price it, the credits
    per organization that the next run charges, else None. `least_credits` to `most_credits` are at
    risk; None where its service has no price at all. Of a name that was not `looked_at`, since others have
    more rows, nothing is known beside.
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
    found: NameLookup = field(default_factory=NameLookup)
    by_next_run: dict[str, Decimal] | None = None
    looked_at: bool = True

    @property
    def offer(self) -> Offered | None:
        """The lines that would price it, beyond doubt."""
        return self.found.offer

    @property
    def doubtful(self) -> tuple[Offered, ...]:
        """What else it may mean."""
        return self.found.doubtful

    @property
    def logged(self) -> LoggedName:
        """The name, as it is looked up."""
        used = self.first_used.replace(tzinfo=UTC), self.last_used.replace(tzinfo=UTC)
        return LoggedName(self.service, self.brand, self.model, used, self.key_modes)

    @property
    def name(self) -> Name:
        """The name as it is compared."""
        return self.logged.name

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
            "looked_at": self.looked_at,
            "nearest": self.found.nearest,
            "held": self.found.held,
            "by_next_run": self.by_next_run,
            "aliases_file": f"{self.offer.proposal.book}/aliases.csv" if self.offer else None,
            "alias_line": self.offer.alias_line if self.offer else None,
            "brand_line": self.offer.brand_line if self.offer else None,
            "charges": self.offer.charges if self.offer else {},
            "doubtful": [one.as_json() for one in self.doubtful],
            "with_brand": self.found.with_brand,
            "rate_lines": self.rate_lines,
        }

    @property
    def can_be_written(self) -> bool:
        """Whether a line of text can hold the name so that it can be pasted."""
        return can_be_written(self.brand, self.model)

    @property
    def rate_lines(self) -> tuple[str, ...]:
        """Lines of `rates.csv` for the name, not offered (`-`) until a price is written there; none
        where another line holds it or would, or where that is not known."""
        if (
            not self.looked_at
            or self.offer is not None
            or self.found.held is not None
            or not self.can_be_written
        ):
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
