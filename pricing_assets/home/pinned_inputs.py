"""What a version's manifest pins: exactly the cards, aliases, agreements, cuts and settings that it was
made from, whatever the books and the home have gained since.

What is no longer there, or no longer the same, is named; nothing is computed here. The logs that it
pins belong to `pinned_logs`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pricing_assets.common.errors import CreditmillError
from pricing_assets.common.instants import parse_instant
from pricing_assets.contract.outcomes import RULES_VERSION
from pricing_assets.contract.usage_dates import Piece, Span, pieces_of, read_spans
from pricing_assets.home.home import Home
from pricing_assets.home.manifests import Contents, PinnedPrices
from pricing_assets.home.settings import HomeSettings
from pricing_assets.rates import Rates
from pricing_assets.rates.book import Book


class NoLongerThere(CreditmillError):
    """What a manifest pins is gone or changed; `lost` says each, in words, and `given_up` each log
    that is gone because somebody decided so."""

    def __init__(self, lost: Sequence[str], given_up: Sequence[str] = ()) -> None:
        self.lost, self.given_up = list(lost), list(given_up)
        super().__init__("; ".join([*lost, *given_up]))


@dataclass(frozen=True)
class PinnedRates(Rates):
    """Books restricted to what a manifest pins, cut at the instants that it pins; the date covers
    the spans that it pins, whatever the rules of the time zone are today."""

    instants: tuple[datetime, ...] = ()
    covered: tuple[Span, ...] = ()

    def price_boundaries(self) -> list[datetime]:
        """Return the instants at which the version's lines were cut."""
        return list(self.instants)

    def pieces(self, days: Iterable[date], zone: str) -> list[Piece]:
        """Return the parts of the version's date."""
        return pieces_of(dict.fromkeys(days, self.covered), self.price_boundaries())


def settings_of(manifest: Contents) -> HomeSettings:
    """Return the settings under which a version was made."""
    limits = manifest.quarantine_limits
    return HomeSettings(
        timezone=manifest.timezone,
        dimensions=manifest.dimensions,
        quarantine_limit=limits.share,
        quarantine_floor=limits.floor,
    )


def lacking(home: Home, held: Sequence[Book], books: Sequence[Book]) -> list[str]:
    """Say what the reports of the home depend on, or the books `held` so far, that these books lack
    or hold different contents: a book is its cards, aliases and agreements, wherever it lies and whatever it
    has gained."""
    pins = [
        report.manifest.prices for day in home.dates() if (report := home.reported(day)) is not None
    ]
    pins += [
        PinnedPrices(
            {card.id: card.sha256 for card in book.cards},
            {deal.id: deal.sha256 for deal in book.agreements},
            frozenset(line.fields for line in book.name_lines),
        )
        for book in held
    ]
    return list(dict.fromkeys(line for one in pins for line in _missing(one, books)))


def rates_of(manifest: Contents, books: Sequence[Book]) -> PinnedRates:
    """Return the pinned cards, aliases and agreements out of the books; NoLongerThere names the
    rest."""
    lost = []
    if manifest.rules_version != RULES_VERSION:
        lost.append(
            f"it was made by rules {manifest.rules_version}, this code uses {RULES_VERSION};"
            f" recompute it with creditmill {manifest.code_version}"
        )
    pinned = manifest.prices
    lost += _missing(pinned, books)
    if lost:
        raise NoLongerThere(lost)
    return PinnedRates(
        tuple(
            replace(
                book,
                cards=tuple(card for card in book.cards if card.id in pinned.cards),
                aliases=tuple(alias for alias in book.aliases if alias.fields in pinned.aliases),
                brands=tuple(brand for brand in book.brands if brand.fields in pinned.aliases),
                agreements=tuple(deal for deal in book.agreements if deal.id in pinned.agreements),
            )
            for book in books
        ),
        tuple(parse_instant(instant) for instant in manifest.cuts),
        read_spans(manifest.spans),
    )


def _missing(pinned: PinnedPrices, books: Sequence[Book]) -> list[str]:
    """Return what of the pinned cards, agreements and aliases is in no book, or changed, in words."""
    lost = _lost(
        "rate card",
        pinned.cards,
        {card.id: card.sha256 for book in books for card in book.cards},
    )
    lost += _lost(
        "agreement",
        pinned.agreements,
        {deal.id: deal.sha256 for book in books for deal in book.agreements},
    )
    known = {line.fields for line in Rates(tuple(books)).name_lines}
    return lost + [
        f"alias {','.join(line)} is in no book any more" for line in sorted(pinned.aliases - known)
    ]


def _lost(what: str, pinned: Mapping[str, str], held: Mapping[str, str]) -> list[str]:
    changed = []
    for name, sha256 in pinned.items():
        if name not in held:
            changed.append(
                f"{what} {name} is in no book of this home any more; give the book that holds it"
                " with --rates"
            )
        elif held[name] != sha256:
            changed.append(
                f"{what} {name} was changed since: SHA-256 {held[name]}, pinned {sha256}"
            )
    return changed
