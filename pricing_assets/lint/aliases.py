"""What the linter finds in a book's aliases: names that lead nowhere, in circles, or are not used.

One rule per function, which has its name; whether reports depend on an alias does not belong here.
"""

from collections.abc import Iterator, Sequence

from pricing_assets.lint.card import Printed
from pricing_assets.rates.aliases import Alias
from pricing_assets.rates.book import Book
from pricing_assets.rates.findings import Finding
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
    what = f"{alias.service} {alias.brand!r} {alias.alias!r}"
    return Finding(book.path / "aliases.csv", alias.line, rule, f"{what} {message}")


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
