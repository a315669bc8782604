"""What the linter finds in a book's aliases: names that lead nowhere, in circles, or to two models.

One rule per function, which has its name; whether reports depend on an alias does not belong here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pricing_assets.lint.card import Printed
from pricing_assets.rates.aliases import Alias
from pricing_assets.rates.book import Book
from pricing_assets.rates.brands import BRANDS_FILE, BrandAlias
from pricing_assets.rates.findings import Finding
from pricing_assets.rates.naming import Held
from pricing_assets.rates.rates_csv import Name


def look(book: Book, cards: Sequence[Printed]) -> Iterator[Finding]:
    """Yield every finding about the book's aliases."""
    printed = {name for one in cards for name in one.rates}
    aliases = {alias.name: alias for alias in book.aliases}
    for alias in book.aliases:
        yield from shadowed_alias(book, cards, alias)
        if alias.target in printed:
            continue
        end = _end(alias, aliases, printed)
        if end is None:
            yield alias_loop(book, alias)
        elif end is not alias:
            yield alias_chain(book, alias, end)
        else:
            yield alias_of_nothing(book, alias)
    for alias in book.aliases:
        yield from wide_pattern(book, printed, alias)
    for brand in book.brands:
        yield from brand_of_nothing(book, printed, brand)
        yield from brand_conflict(book, printed, brand)


def _end(alias: Alias, aliases: dict[Name, Alias], printed: set[Name]) -> Alias | None:
    """Return the alias at which following from this one ends; None where it comes round to this
    one."""
    here, passed = alias, {alias.name}
    while here.target not in printed and here.target in aliases:
        if here.target == alias.name:
            return None
        here = aliases[here.target]
        if here.name in passed:
            return here
        passed.add(here.name)
    return here


def _finding(book: Book, alias: Alias, rule: str, message: str) -> Finding:
    return Finding(book.path / "aliases.csv", alias.line, rule, f"{alias.label} {message}")


def shadowed_alias(book: Book, cards: Sequence[Printed], alias: Alias) -> Iterator[Finding]:
    """Find an alias that the last card prints as a name of its own; an older one may: it was
    renamed."""
    own = [one.card.id for one in cards if alias.name in one.rates]
    if own and alias.name in cards[-1].rates:
        listed = ", ".join(repr(card_id) for card_id in own)
        message = f"is a printed name in card {listed}, which wins over the alias there"
        yield _finding(book, alias, "shadowed_alias", message)


def alias_loop(book: Book, alias: Alias) -> Finding:
    """Find an alias that leads back to itself."""
    message = f"stands for {alias.model!r}, which leads back to it; no card prints either"
    return _finding(book, alias, "alias_loop", message)


def alias_chain(book: Book, alias: Alias, end: Alias) -> Finding:
    """Find an alias of an alias."""
    message = (
        f"stands for {alias.model!r}, itself an alias; write the printed name"
        f" ({end.model!r} at the end of the chain)"
    )
    return _finding(book, alias, "alias_chain", message)


def alias_of_nothing(book: Book, alias: Alias) -> Finding:
    """Find an alias of what no card prints."""
    message = f"stands for {alias.model!r}, which no card of the book prints"
    return _finding(book, alias, "alias_of_nothing", message)


def wide_pattern(book: Book, printed: set[Name], alias: Alias) -> Iterator[Finding]:
    """Find a pattern that matches a printed name of another model: it reaches too far."""
    if alias.pattern is None:
        return
    others = sorted(name for name in printed if alias.is_about(name) and name != alias.target)
    if others:
        listed = ", ".join(repr(_as_printed(book, name)) for name in others[:3])
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        message = f"matches {listed}{more}, not only {alias.model!r}; write a narrower pattern"
        yield _finding(book, alias, "wide_pattern", message)


def _as_printed(book: Book, name: Name) -> str:
    return next(card.printed[name][1] for card in book.cards if name in card.printed)


def brand_of_nothing(book: Book, printed: set[Name], line: BrandAlias) -> Iterator[Finding]:
    """Find a brand that stands for one of which no card lists a model."""
    if not any(name[:2] == line.target for name in printed):
        message = f"stands for {line.brand!r}, and no card of the book lists a model of this brand"
        yield _brand_finding(book, line, "brand_of_nothing", message)


def brand_conflict(book: Book, printed: set[Name], line: BrandAlias) -> Iterator[Finding]:
    """Find two brands that one brand stands for from the same instant on, and that share a name."""
    for other in book.brands:
        if other is line:
            return
        if (other.logged, other.valid_from) != (line.logged, line.valid_from):
            continue
        models = [
            Held(replace(book.naming, brands=()), {n for n in printed if n[:2] == one.target})
            for one in (other, line)
        ]
        shared = models[0].of(line.logged).shared(models[1].of(line.logged))
        if shared:
            message = (
                f"stands for {line.brand!r} and, in line {other.line}, for {other.brand!r}; both have"
                f" {shared[0][2]!r}"
            )
            yield _brand_finding(book, line, "brand_conflict", message)


def _brand_finding(book: Book, line: BrandAlias, rule: str, message: str) -> Finding:
    return Finding(book.path / BRANDS_FILE, line.line, rule, f"{line.label} {message}")
