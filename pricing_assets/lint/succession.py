"""What the linter finds between a card and the next one of its book, in the order of force.

One rule per function, which has its name; what a single card says does not belong here.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from pricing_assets.lint.card import Printed
from pricing_assets.rates.agreements import FOREVER
from pricing_assets.rates.book import Book
from pricing_assets.rates.card import Card
from pricing_assets.rates.findings import Finding
from pricing_assets.rates.rates_csv import Name

StillNamed = Callable[[Card, Card, Name], str]
"""In words, the usage dates that name what a card prints and its successor does not; '' for none."""


def nobody(before: Card, after: Card, name: Name) -> str:
    """Return what is known of usage without a home."""
    return ""


def tied_cards(before: Printed, after: Printed) -> Iterator[Finding]:
    """Find two cards that take effect and were published at the same instants."""
    if before.card.order[:2] == after.card.order[:2]:
        yield _overtaken(before, after, "tied_cards", "and was published at the same instants as")


def replaced_card(before: Printed, after: Printed) -> Iterator[Finding]:
    """Find a card for whose instant another was published later."""
    same = before.card.effective_from == after.card.effective_from
    if same and before.card.published_at != after.card.published_at:
        yield _overtaken(before, after, "replaced_card", "at the same instant as the newer")


def _overtaken(before: Printed, after: Printed, rule: str, how: str) -> Finding:
    return Finding(
        before.card.folder / "card.toml",
        None,
        rule,
        f"takes effect {how} {after.card.id!r}, which wins: this card is not in force beside it",
        "effective_from",
    )


def price_jump(before: Printed, after: Printed, threshold: Decimal) -> Iterator[Finding]:
    """Find a price, after the cap, that changed by more than the threshold's share."""
    seen = set()
    for name, prices in after.prices.items():
        for key, price in prices.items():
            old = before.prices.get(name, {}).get(key)
            if old is None or old.price is None or price.price is None:
                continue
            moved = abs(price.price - old.price)
            if moved <= threshold * old.price or (price.line, old.line) in seen:
                continue
            seen.add((price.line, old.line))
            if old.price:
                percent = (price.price - old.price) * 100 / old.price
                how = f"by {percent.quantize(Decimal('0.1')):+f} %"
            else:
                how = "from free"
            yield Finding(
                after.file,
                price.line,
                "price_jump",
                f"{after.label(name)}, {key[0]} {key[1]}: from {old.price:f} to {price.price:f},"
                f" {how}, against card {before.card.id!r}",
            )


def vanished_name(
    book: Book, before: Printed, after: Printed, still_named: StillNamed
) -> Iterator[Finding]:
    """Find a name that the card before prints and this one does not, nor an alias leads on from."""
    for name in before.prices:
        if book.naming.find(name, after.prices, FOREVER) is not None:
            continue
        dates = still_named(before.card, after.card, name)
        used = f"; usage of {dates} names it" if dates else ""
        yield Finding(
            after.file,
            None,
            "vanished_in_use" if dates else "vanished_name",
            f"{before.label(name)} was in card {before.card.id!r} and is not here; keep it, or"
            f" print '-' where it is no longer offered{used}",
        )
