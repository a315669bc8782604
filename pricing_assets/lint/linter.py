"""The linter: every rule with its severity and reason, and all findings about a book, worst first.

How a rule finds what it names does not belong here: `rates` reads a book, `card`,
`succession` and `aliases` look at it alone, `home` compares it with a home.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Final

from pricing_assets.home import Home
from pricing_assets.lint import agreements, aliases, succession
from pricing_assets.lint import card as lint_card
from pricing_assets.lint import home as lint_home
from pricing_assets.lint.coverage import Coverage
from pricing_assets.rates import Rates
from pricing_assets.rates import books as rates
from pricing_assets.rates.book import Book
from pricing_assets.rates.findings import Finding

SEVERITIES: Final = ("error", "warning", "note")
THRESHOLD: Final = Decimal("0.5")
"""A price that changes by a larger share than this is a jump."""


@dataclass(frozen=True)
class LintRule:
    """What findings of one name are worth: `why` says what goes wrong where nobody looks."""

    name: str
    severity: str
    why: str


def rules(severity: str, *named: tuple[str, str]) -> list[LintRule]:
    """Return rules of one severity, given by name and reason."""
    return [LintRule(name, severity, why) for name, why in named]


# What stops a run at load.
_LOAD = rules(
    "error",
    ("missing_book", "No run can price anything by a book that is not there."),
    ("empty_book", "Without a card every event is no_rate_card."),
    ("missing_file", "A card is complete only with both: when it applies, and every price."),
    ("bad_toml", "A card that cannot be read stops every run."),
    ("missing_key", "Without it nobody can say when, or at what dollar value, prices apply."),
    ("bad_key", "A date without an offset or a number without quotes can be read in two ways."),
    ("unknown_key", "A misspelt key would be ignored, together with its value."),
    ("bad_cap", "A cap that applies to nothing leaves own-key usage overcharged."),
    ("bad_tier", "No call is made in such a tier, so the line would mean nothing."),
    ("id_not_unique", "Reports pin cards by id; an id of two cards pins neither."),
    ("bad_csv", "A file that cannot be read stops every run."),
    ("bad_header", "Columns are read by position; in another order prices would be mixed up."),
    ("bad_width", "A comma too many or too few moves prices into other columns."),
    ("duplicate_key", "A key with two prices has none: either could be charged."),
    ("unknown_service", "No billing type has such a service, so the price would never apply."),
    ("storage_name", "Storage usage has one name only; under another it has no price."),
    ("blank_name", "A price or alias without a model would match rows that name none."),
    ("unknown_key_mode", "Usage never has such a key mode, so the price would never apply."),
    ("unknown_meter", "The service does not measure this, so the price would never apply."),
    ("class_not_offered", "A part of a quantity cannot be missing from an offer of the whole."),
    ("wrong_per", "Where 1, 1000 and 60000 are mixed up, a price is off by a thousand."),
    ("negative_price", "A negative price pays customers for their usage."),
    ("too_precise_price", "Such a price does not fit the columns that hold prices exactly."),
    ("bad_price", "What is not a plain decimal would have to be guessed."),
    ("alias_conflict", "An alias of two models charges for one of them by chance."),
    ("bad_pattern", "It would match names of other models, or none."),
    (
        "overlapping_patterns",
        "A name that matches two patterns is charged by one of them by chance.",
    ),
    ("bad_valid_from", "An instant that cannot be read would make a line hold always, or never."),
    ("brand_of_itself", "A brand is looked up under its own name before any other."),
    ("priced_by_two_books", "A name that two books price at one instant has two prices."),
    ("bad_agreement", "An agreed price that cannot be read cannot be applied."),
    ("repeated_agreement", "Charges name the agreement that they use; one id must name one."),
    ("tied_agreements", "Two agreements fit one charge equally: nobody could say which applies."),
)
_BOOK = [
    *rules(
        "error",
        ("tied_cards", "Which of the two is in force depends on how their ids are spelled."),
        ("alias_loop", "An alias is one step; one that leads back to itself prices nothing."),
        ("wide_pattern", "Dated names of the other model would be charged as this one."),
        (
            "brand_conflict",
            "A name that both brands have is not charged: nobody could say as which.",
        ),
    ),
    *rules(
        "warning",
        ("backdated_card", "It prices usage from long before anyone could know the price."),
        ("missing_meter", "Usage with the other meter becomes no_rate and is not charged."),
        ("missing_tier", "Usage in the tier with the other meter becomes no_rate, not charged."),
        ("partly_offered", "A row with both quantities is not charged at all."),
        ("missing_key_mode", "Usage in that key mode becomes no_rate; print '-' if that is meant."),
        ("any_hidden", "A specific key mode wins, so the `any` price is not what it seems."),
        ("any_hides", "Where one key mode has no price, the price of `any` is used unnoticed."),
        ("own_above_platform", "The own key pays for the service alone and should cost less."),
        ("output_below_input", "Makers charge more for output; the two may be swapped."),
        ("price_jump", "A slipped decimal point looks like a change of price."),
        (
            "vanished_name",
            "A card replaces the one before completely: usage of the name becomes no_rate.",
        ),
        ("alias_chain", "An alias is one step; this one ends at another alias, without a price."),
        ("alias_of_nothing", "No card prints the name that the alias stands for."),
        ("brand_of_nothing", "No card lists a model of the brand that the line leads to."),
        ("agreement_of_nothing", "No charge uses it: the customer pays the full price."),
        (
            "agreed_above_cap",
            "The price page promises a maximum for own keys: that cap is charged instead.",
        ),
        ("agreement_for_nobody", "Under a misspelt id the customer pays the full price."),
    ),
    *rules(
        "note",
        ("replaced_card", "As far as is known now, this card is never in force."),
        ("shadowed_alias", "A printed name wins over an alias, which is then never used."),
        ("unpriced_service", "Its usage becomes no_rate unless another book prices it."),
    ),
]
_HOME = [
    *rules(
        "error",
        (
            "used_card_changed",
            "A published report names the card that priced it; this one is different.",
        ),
        ("used_card_removed", "A published report could no longer be priced again or explained."),
        (
            "used_alias_changed",
            "Published charges depend on the line; a new run would price them differently.",
        ),
        ("vanished_in_use", "Usage still names it, and becomes no_rate under this card."),
    ),
    *rules(
        "warning",
        ("touches_published", "A run publishes those dates again, with other credits."),
        ("gap_before_first_card", "Usage before the first card is never charged."),
        ("observed_without_price", "Real usage is in quarantine, or would be, and is not charged."),
    ),
    *rules(
        "note",
        ("observed_not_offered", "Real usage of what the card prints '-' for is not charged."),
    ),
]
RULES: Final = {rule.name: rule for rule in (*_LOAD, *_BOOK, *_HOME)}
"""Every rule, in the order in which a book is looked at."""


@dataclass(frozen=True)
class LintResult:
    """What the linter found: the cards that could be read, findings worst first, coverage."""

    rates: Rates
    findings: tuple[Finding, ...]
    coverage: Coverage | None = None

    def count(self, severity: str) -> int:
        """Return findings of this severity."""
        return count(self.findings, RULES, severity)


def count(findings: Iterable[Finding], of_rules: Mapping[str, LintRule], severity: str) -> int:
    """Return how many findings are of this severity."""
    return sum(of_rules[finding.rule].severity == severity for finding in findings)


def check(folder: Path, threshold: Decimal = THRESHOLD, home: Home | None = None) -> LintResult:
    """Return all findings about a book; with a home, also against its published reports.

    A book that does not load has findings of loading only: the rest would follow from them.
    """
    held, findings = rates.read([folder])
    if findings:
        return LintResult(held, _in_order(findings))
    book = held.books[0]
    if home is None:
        found = [
            *_alone(book, threshold, succession.nobody),
            *agreements.look(held, book.agreements),
            *agreements.tied_agreements(held, book.agreements),
            *agreements.blank_around_org_id(book.agreements),
        ]
        return LintResult(held, _in_order(found))
    evidence = lint_home.gather(book, home)
    found = [
        *evidence.broken,
        *_alone(book, threshold, evidence.still_named),
        *lint_home.look(book, evidence),
    ]
    return LintResult(held, _in_order(found), evidence.coverage)


def _alone(book: Book, threshold: Decimal, still_named: succession.StillNamed) -> Iterator[Finding]:
    ordered = sorted(book.cards, key=lambda card: card.order)
    cards = [lint_card.printed(book, card) for card in ordered]
    for one in cards:
        for rule in lint_card.RULES:
            yield from rule(one)
    for before, after in pairwise(cards):
        yield from succession.tied_cards(before, after)
        yield from succession.replaced_card(before, after)
        yield from succession.price_jump(before, after, threshold)
        yield from succession.vanished_name(book, before, after, still_named)
    yield from aliases.look(book, cards)


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    places = {name: place for place, name in enumerate(RULES)}
    placed = [
        finding if finding.key is None else replace(finding, line=_line_of(finding))
        for finding in findings
    ]
    return tuple(
        sorted(
            placed,
            key=lambda found: (
                SEVERITIES.index(RULES[found.rule].severity),
                places[found.rule],
                str(found.file),
                found.line or 0,
            ),
        )
    )


def _line_of(finding: Finding) -> int | None:
    """Return the line of `card.toml` that holds the finding's key; None where it is missing."""
    table, _, last = (finding.key or "").rpartition(".")
    here = ""
    text = finding.file.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.fullmatch(r"\s*\[([^\[\]]+)\]\s*(#.*)?", line):
            here = header[1].strip()
            if here == finding.key:
                return number
        elif here == table and re.match(rf'\s*"?{re.escape(last)}"?\s*=', line):
            return number
    return None
