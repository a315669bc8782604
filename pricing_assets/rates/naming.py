"""Naming: which printed name of a card a logged name stands for, at an instant, in one book.

A name that the card prints wins, then a line of `aliases.csv` about this name, then a pattern; then the
same under the brands that `brands.csv` gives for the logged brand, those of the latest lines first.
`sql/rates/resolved_names.sql` is the same for all names of a run at once.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from pricing_assets.rates.agreements import FOREVER
from pricing_assets.rates.aliases import ALIAS_COLUMNS, SINCE, Alias
from pricing_assets.rates.brands import BRAND_COLUMNS, BRANDS_FILE, BrandAlias
from pricing_assets.rates.patterns import Pattern
from pricing_assets.rates.rates_csv import Name

ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
NameLine = Alias | BrandAlias


class OfBrand(NamedTuple):
    """A pattern, as it is written and read, under a brand (folded)."""

    service: str
    brand: str
    alias: str
    pattern: Pattern

    @property
    def name(self) -> Name:
        """Return service, brand and the pattern as it is written."""
        return self.service, self.brand, self.alias

    def matches(self, name: Name) -> bool:
        """Return whether a name is of the brand and matches."""
        return name[:2] == (self.service, self.brand) and self.pattern.matches(name[2])


@dataclass(frozen=True)
class Naming:
    """The lines of one book that lead from logged names to printed ones."""

    aliases: Sequence[Alias]
    brands: Sequence[BrandAlias]

    def find(self, name: Name, printed: Collection[Name], at: datetime) -> Name | None:
        """Return the printed name that a logged one stands for at an instant (UTC); None where it
        stands for none, or where two brands, by lines of one instant, both have it."""
        own = self._of_brand(name, printed, at)
        if own is not None:
            return own
        crossed: dict[datetime, set[Name]] = {}
        for line in self.brands:
            since = line.valid_from or ALWAYS
            if line.logged == name[:2] and since <= at:
                found = self._of_brand((*line.target, name[2]), printed, at)
                if found is not None:
                    crossed.setdefault(since, set()).add(found)
        if not crossed:
            return None
        latest = crossed[max(crossed)]
        return next(iter(latest)) if len(latest) == 1 else None

    def _of_brand(self, name: Name, printed: Collection[Name], at: datetime) -> Name | None:
        if name in printed:
            return name
        about = [
            line
            for line in self.aliases
            if line.is_about(name) and (line.valid_from or ALWAYS) <= at
        ]
        if not about:
            return None
        held = max(about, key=lambda line: (line.pattern is None, line.valid_from or ALWAYS))
        return held.target if held.target in printed else None

    def targets(self, name: Name) -> set[Name]:
        """Return every name, printed or not, that a logged one may stand for by some line, itself
        among them."""
        brands = {line.target for line in self.brands if line.logged == name[:2]}
        found: set[Name] = set()
        for one in (name, *((*brand, name[2]) for brand in brands)):
            found |= {one, *(line.target for line in self.aliases if line.is_about(one))}
        return found

    def ever(self, name: Name, printed: Collection[Name]) -> set[Name]:
        """Return the printed names that a logged one stands for at one instant or another: several
        where a line with `valid_from` takes the place of another."""
        lines: tuple[NameLine, ...] = *self.aliases, *self.brands
        instants = {line.valid_from or ALWAYS for line in lines}
        found = {self.find(name, printed, at) for at in (ALWAYS, *instants)}
        return {one for one in found if one is not None}

    def names(self, printed: Collection[Name]) -> set[Name]:
        """Return every single name that stands for a printed one at some instant, printed names
        among them; patterns match others."""
        own = set(printed) | {
            line.name for line in self.aliases if line.pattern is None and line.target in printed
        }
        return own | {
            (*line.logged, model)
            for line in self.brands
            for *of_brand, model in own
            if tuple(of_brand) == line.target
        }

    def patterns(self, printed: Collection[Name]) -> list[OfBrand]:
        """Return each pattern that stands for a printed name at some instant, under every brand
        whose names it may match."""
        found = []
        for line in self.aliases:
            if line.pattern is not None and line.target in printed:
                brands = [one.logged for one in self.brands if one.target == line.name[:2]]
                for service, brand in (line.name[:2], *brands):
                    found.append(OfBrand(service, brand, line.alias, line.pattern))
        return found


class Held:
    """The names that stand for what one card prints, by the lines of its book, whenever these
    hold."""

    def __init__(self, naming: Naming, printed: Collection[Name]) -> None:
        self.names = naming.names(printed)
        self.patterns = naming.patterns(printed)

    def of(self, brand: tuple[str, str]) -> "Held":
        """Return the same names as if all were of one service and brand (folded)."""
        moved = Held(Naming((), ()), ())
        moved.names = {(*brand, model) for *_, model in self.names}
        moved.patterns = [OfBrand(*brand, one.alias, one.pattern) for one in self.patterns]
        return moved

    def shared(self, other: "Held") -> list[Name]:
        """Return the names of both; of names that a pattern matches, the pattern."""
        both = self.names & other.names
        for one, another in ((self, other), (other, self)):
            both |= {
                pattern.name
                for pattern in one.patterns
                for name in another.names
                if pattern.matches(name)
            }
        both |= {
            one.name
            for one in self.patterns
            for another in other.patterns
            if one.name[:2] == another.name[:2] and one.pattern.overlaps(another.pattern)
        }
        return sorted(both)


def until(lines: Iterable[Alias]) -> dict[Alias, datetime]:
    """Return when each line of a book ends: where a later one is about the same alias, else
    FOREVER."""
    ends: dict[Alias, datetime] = {}
    last: dict[Name, Alias] = {}
    for line in sorted(lines, key=lambda line: line.valid_from or ALWAYS):
        if line.name in last:
            ends[last[line.name]] = line.valid_from or ALWAYS
        ends[line] = FOREVER
        last[line.name] = line
    return ends


def line_of(fields: Sequence[str]) -> NameLine:
    """Return the line that has these fields, which it is stored by; its number is not known (0)."""
    if fields[0] == BRANDS_FILE:
        return BrandAlias(0, *fields[1:])
    return Alias(0, *fields)


def naming_of(lines: Iterable[Sequence[str]]) -> Naming:
    """Return what lines with these fields say."""
    read = [line_of(fields) for fields in lines]
    return Naming(
        [line for line in read if isinstance(line, Alias)],
        [line for line in read if isinstance(line, BrandAlias)],
    )


def file_of(fields: Sequence[str]) -> str:
    """Return the name of the file that a line with these fields stands in."""
    return BRANDS_FILE if fields[0] == BRANDS_FILE else "aliases.csv"


def cells_of(fields: Sequence[str]) -> tuple[str, ...]:
    """Return the fields as the file has them."""
    return tuple(fields[1:] if fields[0] == BRANDS_FILE else fields)


def header_for(fields: Sequence[str]) -> tuple[str, ...]:
    """Return the header of a file that has a line with these fields."""
    columns = BRAND_COLUMNS if fields[0] == BRANDS_FILE else ALIAS_COLUMNS
    return columns if len(cells_of(fields)) == len(columns) else (*columns, SINCE)


def about(fields: Sequence[str]) -> tuple[object, ...]:
    """Return what only one line of a file may be about: an alias from an instant on; a brand may
    stand for several."""
    line = line_of(fields)
    if isinstance(line, Alias):
        return line.name, line.since
    return line.logged, line.target, line.since
