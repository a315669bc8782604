"""Logged names without a price: how much is at risk, and what would price each.

A line for `aliases.csv` where a printed name is the same model, else lines of an extra book; for the
nearest name the user is only asked. What they would charge belongs to `alias_charges`, how it is shown to `pipelines.cli.advice`.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from pricing_assets.analysis.alias_charges import charges_of
from pricing_assets.analysis.quarantine import AtRisk, at_risk, last_attempts, opened
from pricing_assets.common.decimals import exact_sum
from pricing_assets.common.visible_text import is_unseen
from pricing_assets.contract import billing as contract
from pricing_assets.contract.names import fold
from pricing_assets.db.statements import statement
from pricing_assets.home import Home
from pricing_assets.home.settings import HomeSettings
from pricing_assets.rates import Rates
from pricing_assets.rates.aliases import Alias
from pricing_assets.rates.rates_csv import Name
from pricing_assets.rates.same_model import find_same

NEAR = 0.65
"""How alike two names must be, from 0 to 1, to be asked about."""
LOOKED_AT = 100
"""Names with most rows that are held against the printed ones; of the others only rows are told."""


@dataclass(frozen=True)
class Held:
    """A name that a card in force holds, printed or by an alias, and when."""

    book: str
    rate_card: str
    service: str
    brand_key: str
    model_key: str
    model: str
    is_alias: bool
    valid_from: datetime
    valid_to: datetime

    @property
    def name(self) -> Name:
        """The name as it is compared."""
        return self.service, self.brand_key, self.model_key


@dataclass(frozen=True)
class Unpriced:
    """A logged name, in all its spellings that match alike, that has no price where it was used.

    `alias` is offered where a printed name is the same model, and `charges` are the credits per
    organization that it would charge; `nearest` is only alike. `held` says which card holds the name
    at another time or in another key mode: no line can be added then. `least_credits` to
    `most_credits` are at risk; None where its service has no price at all.
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
    book: str | None = None
    alias: Alias | None = None
    charges: dict[str, Decimal] = field(default_factory=dict)

    @property
    def name(self) -> Name:
        """The name as it is compared."""
        return self.service, fold(self.brand), fold(self.model)

    @property
    def credits(self) -> Decimal:
        """What the alias would charge, in all."""
        return exact_sum(self.charges.values())

    def as_json(self) -> dict[str, Any]:
        """All of it, for machines."""
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
            "aliases_file": f"{self.book}/aliases.csv" if self.book else None,
            "alias_line": self.alias_line,
            "charges": self.charges,
            "rate_lines": self.rate_lines,
        }

    @property
    def can_be_written(self) -> bool:
        """Whether a line of text can hold the name so that it can be pasted."""
        text = _plain(self.brand) + _plain(self.model)
        unseen = any(is_unseen(char) for char in text)
        return bool(fold(self.model)) and not unseen and len(text) <= 300

    @property
    def rate_lines(self) -> tuple[str, ...]:
        """Lines of `rates.csv` for the name, not offered (`-`) until a price is written there; none
        where another line holds it or would."""
        if self.alias is not None or self.held is not None or not self.can_be_written:
            return ()
        known = contract.SERVICES[self.service]
        return tuple(
            csv_line(
                *(self.service, _plain(self.brand), _plain(self.model), mode),
                *(meter, "-", str(contract.PER[meter])),
            )
            for mode in (self.key_modes if known.reads_key_mode else ("any",))
            for meter in known.meters
            if meter in contract.PER
        )

    @property
    def alias_line(self) -> str | None:
        """The line of `aliases.csv`, if one is offered."""
        return csv_line(*self.alias.fields) if self.alias is not None else None


def csv_line(*fields: str) -> str:
    """Return a line of CSV, without its end."""
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(fields)
    return text.getvalue()


def _plain(name: str) -> str:
    """Return a name as a line holds it: it matches what it is of, without blanks that nobody
    sees."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def find_unpriced(home: Home, terms: HomeSettings, rates: Rates) -> list[Unpriced]:
    """Return one per name without a price, most rows first, each with what would price it."""
    with opened(home, rates) as con:
        names = _folded(con.sql(statement("analysis/unpriced_names")).fetchall())
        held = [Held(*row) for row in con.sql(statement("analysis/held_names")).fetchall()]
        query = "select distinct usage_date from quarantine where reason = 'no_rate'"
        days = sorted(day for (day,) in con.sql(query).fetchall())
    if not names:
        return []
    names = _with_risk(names, at_risk(home, days))
    taken = {alias.name for book in rates.books for alias in book.aliases}
    found = [_looked_up(name, held, taken) for name in names[:LOOKED_AT]] + names[LOOKED_AT:]
    offered = {name.alias: name.book or "" for name in found if name.alias is not None}
    charged = charges_of(home, terms, rates, last_attempts(home, days), offered) if offered else {}
    return [
        name
        if name.alias is None
        else replace(name, charges=charged[name.alias])
        if name.alias in charged
        else replace(name, alias=None, book=None)
        for name in found
    ]


def _folded(
    rows: Iterable[tuple[str, str, str, list[str], int, datetime, datetime]],
) -> list[Unpriced]:
    """One per name as it is compared, with the spelling of most rows."""
    found: dict[Name, Unpriced] = {}
    for service, brand, model, key_modes, count, first, last in rows:
        made = Unpriced(service, brand, model, tuple(key_modes or ()), count, first, last)
        one = found.setdefault(made.name, made)
        if one is not made:
            found[made.name] = replace(
                one,
                key_modes=tuple(sorted({*one.key_modes, *made.key_modes})),
                rows=one.rows + count,
                first_used=min(one.first_used, first),
                last_used=max(one.last_used, last),
            )
    return sorted(found.values(), key=lambda name: (-name.rows, name.name))


def _with_risk(names: list[Unpriced], risks: list[AtRisk]) -> list[Unpriced]:
    """Return the names, each with the credits at risk over all dates that show it in quarantine."""
    least: dict[Name, list[Decimal]] = {}
    most: dict[Name, list[Decimal]] = {}
    for risk in risks:
        if risk.reason == "no_rate" and risk.least_credits is not None:
            service = contract.BILLING_TYPES[risk.billing_type]
            name = (service, fold(risk.brand), fold(risk.model))
            least.setdefault(name, []).append(risk.least_credits)
            most.setdefault(name, []).append(risk.most_credits or risk.least_credits)
    return [
        replace(
            name,
            least_credits=exact_sum(least[name.name]),
            most_credits=exact_sum(most[name.name]),
        )
        if name.name in least
        else name
        for name in names
    ]


def _looked_up(name: Unpriced, held: Sequence[Held], taken: set[Name]) -> Unpriced:
    """Return the name with what would price it; `taken` are names that an alias stands for
    already."""
    since = name.first_used.replace(hour=0, minute=0, second=0, microsecond=0)
    own = [one for one in held if one.name == name.name and one.valid_to > since]
    if own:
        return replace(name, held=_held(name, own[0]))
    printed = [
        one
        for one in held
        if not one.is_alias and one.valid_from <= name.last_used and one.valid_to > name.first_used
    ]
    of_brand = {one.model: one.book for one in printed if one.name[:2] == name.name[:2]}
    same = find_same(name.brand, name.model, of_brand)
    if same is not None and name.can_be_written and name.name not in taken:
        alias = Alias(0, name.service, _plain(name.brand), _plain(name.model), same)
        return replace(name, nearest=same, book=of_brand[same], alias=alias)
    return replace(name, nearest=same or _nearest(name.model, of_brand))


def _held(name: Unpriced, held: Held) -> str:
    """Which card holds the name, and why that is no price."""
    if held.valid_from > name.first_used:
        return f"card {held.rate_card!r} prints it from {held.valid_from:%Y-%m-%d %H:%M} UTC on"
    modes = " or ".join(repr(mode) for mode in name.key_modes)
    return f"card {held.rate_card!r} prints it, but not for key mode {modes} and what was used"


def _nearest(model: str, printed: Iterable[str]) -> str | None:
    """Return the printed name that is most alike; None where none is."""
    best, found = NEAR, None
    for name in printed if fold(model) else ():
        alike = _likeness(fold(model), fold(name))
        if alike > best:
            best, found = alike, name
    return found


def _likeness(one: str, other: str) -> float:
    def sorted_words(name: str) -> str:
        return " ".join(sorted(re.split(r"[\W_]+", name)))

    plain = difflib.SequenceMatcher(None, one, other).ratio()
    words = difflib.SequenceMatcher(None, sorted_words(one), sorted_words(other)).ratio()
    return max(plain, words)
