"""What the linter finds of a book beside a home: reports that depend on it, usage that it has no price for.

Reads manifests and stored lines only, never an event; one rule per function, which has its name.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from pricing_assets.common.batching import contiguous
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.text import counted
from pricing_assets.home import Home, Version
from pricing_assets.lint import agreements
from pricing_assets.lint.coverage import Coverage, Observed, cover, observed
from pricing_assets.rates import Rates
from pricing_assets.rates import books as rates
from pricing_assets.rates.book import Book
from pricing_assets.rates.book_names import book_folder, book_name
from pricing_assets.rates.card import Card
from pricing_assets.rates.findings import Finding
from pricing_assets.rates.naming import about, cells_of, file_of, line_of
from pricing_assets.rates.rates_csv import Name


@dataclass(frozen=True)
class Evidence:
    """A book beside the other books of a home, the versions in force, and the usage behind them.

    `is_of_home`: the home goes by this book, or by one with cards of the same ids.
    """

    rates: Rates
    is_of_home: bool
    reports: list[Version]
    timezone: str
    usage: list[Observed]
    coverage: Coverage
    organizations: set[str]
    broken: list[Finding] = field(default_factory=list)

    @cached_property
    def _dates(self) -> dict[str, dict[Name, set[date]]]:
        """Return, by card id, each name that usage under the card means, with its dates."""
        dates: dict[str, dict[Name, set[date]]] = defaultdict(lambda: defaultdict(set))
        for row in self.usage:
            for book, force in self.rates.in_force():
                if force.valid_from <= row.rates_from < force.valid_to:
                    # a name that a card does not print may be one that its predecessor printed
                    for name in book.naming.targets(row.name):
                        dates[force.card.id][name].add(row.usage_date)
        return dates

    def still_named(self, before: Card, after: Card, name: Name) -> str:
        """Return the dates under the card's successor that name it; where no usage has come to
        those yet, the dates under the card itself."""
        under = self._dates.get(after.id) or self._dates.get(before.id) or {}
        return dates_in_words(under.get(name, ()))


def gather(book: Book, home: Home) -> Evidence:
    """Return all that the rules of this module need."""
    settings = home.settings()
    reports = [version for day in home.dates() if (version := home.current(day)) is not None]
    pinned = {card.id for report in reports for card in report.manifest.rate_cards}
    own = {card.id for card in book.cards}
    # agreements alone say nothing without the cards that they change
    is_of_home = book_name(book.path) in settings.books or bool(own & pinned) or not own
    others: list[Path] = []
    broken: list[Finding] = []
    for name in settings.books:
        if is_of_home and name != book_name(book.path):
            try:
                folder = book_folder(name)
            except ConfigurationError as error:
                broken.append(Finding(Path(name), None, "missing_book", str(error)))
                continue
            held, _ = rates.read([folder])
            if not own & {card.id for other in held.books for card in other.cards}:
                others.append(folder)
    together, findings = rates.read([book.path, *others])
    usage = observed(home)
    return Evidence(
        together,
        is_of_home,
        reports,
        settings.timezone,
        usage,
        cover(together, usage),
        agreements.organizations(home) if book.agreements else set(),
        broken + findings,
    )


def dates_in_words(days: Iterable[date]) -> str:
    """Return dates in words: `2026-02-01, 2026-02-03 to 2026-02-05`; '' for none."""
    return ", ".join(
        f"{first} to {last}" if first < last else f"{first}" for first, last in contiguous(days)
    )


def look(book: Book, evidence: Evidence) -> Iterator[Finding]:
    """Yield every finding about the book beside the home."""
    if evidence.is_of_home:
        yield from used_card_changed(book, evidence)
        yield from used_card_removed(book, evidence)
        yield from used_alias_changed(book, evidence)
    else:
        yield from agreements.tied_agreements(evidence.rates, book.agreements)
    yield from touches_published(book, evidence)
    yield from agreements.look(evidence.rates, book.agreements)
    yield from agreements.agreement_for_nobody(book.agreements, evidence.organizations)
    yield from gap_before_first_card(book, evidence)
    yield from observed_without_price(book, evidence)


def _listed(reports: Sequence[Version]) -> str:
    return ", ".join(f"{report.usage_date} (version {report.number})" for report in reports)


def _pinned(evidence: Evidence) -> dict[str, list[tuple[str, Version]]]:
    """Return, by card id, the digests that reports in force pin it with."""
    digests: dict[str, list[tuple[str, Version]]] = defaultdict(list)
    for report in evidence.reports:
        for card in report.manifest.rate_cards:
            digests[card.id].append((card.sha256, report))
    return digests


def used_card_changed(book: Book, evidence: Evidence) -> Iterator[Finding]:
    """Find a card that is not, byte for byte, what reports were priced by."""
    pinned = _pinned(evidence)
    for card in book.cards:
        other = [report for sha256, report in pinned.get(card.id, []) if sha256 != card.sha256]
        if other:
            yield Finding(
                card.folder / "card.toml",
                None,
                "used_card_changed",
                f"card {card.id!r} was changed in place after it priced {_listed(other)}: put it"
                " back as it was, and publish the change as a new card",
                "id",
            )


def used_card_removed(book: Book, evidence: Evidence) -> Iterator[Finding]:
    """Find a card that reports were priced by, and that no book holds."""
    held = {card.id for other in evidence.rates.books for card in other.cards}
    for card_id, reports in sorted(_pinned(evidence).items()):
        if card_id not in held:
            yield Finding(
                book.path,
                None,
                "used_card_removed",
                f"card {card_id!r} priced {_listed([report for _, report in reports])} and is in"
                " no book: put it back",
            )


def used_alias_changed(book: Book, evidence: Evidence) -> Iterator[Finding]:
    """Find a used line of `aliases.csv` or `brands.csv` that was removed or changed: reports resolved
    names by it."""
    now = {about(line.fields): line for line in evidence.rates.name_lines}
    used: dict[tuple[str, ...], list[Version]] = defaultdict(list)
    for report in evidence.reports:
        for line in report.manifest.aliases:
            used[line].append(report)
    for fields, reports in sorted(used.items()):
        was, held = line_of(fields), now.get(about(fields))
        if held is not None and held.target == was.target:
            continue
        # the last of a line's first four fields is what it stands for
        what = f"now stands for {held.fields[3]!r}" if held else "is gone"
        yield Finding(
            book.path / file_of(fields),
            held.line if held else None,
            "used_alias_changed",
            f"{was.label} stood for {fields[3]!r} in {_listed(reports)} and {what}:"
            f" put the line back: {','.join(cells_of(fields))}",
        )


def touches_published(book: Book, evidence: Evidence) -> Iterator[Finding]:
    """Find a card in force on dates that were published without it."""
    touched: dict[str, list[date]] = defaultdict(list)
    for report in evidence.reports:
        pinned = {card.id for card in report.manifest.rate_cards}
        for card in evidence.rates.cards_on(report.usage_date, evidence.timezone):
            if card.id not in pinned:
                touched[card.id].append(report.usage_date)
    for card in book.cards:
        if card.id in touched:
            days = touched[card.id]
            yield Finding(
                card.folder / "card.toml",
                None,
                "touches_published",
                f"card {card.id!r} is in force on dates that were published without it: {dates_in_words(days)}",
                "effective_from",
            )


def gap_before_first_card(book: Book, evidence: Evidence) -> Iterator[Finding]:
    """Find usage of instants at which no card has begun."""
    early = [row for row in evidence.coverage.unpriced if row.reason == "no_rate_card"]
    first = min(book.cards, key=lambda card: card.order, default=None)
    if early and first is not None:
        events = sum(row.events for row in early)
        yield Finding(
            first.folder / "card.toml",
            None,
            "gap_before_first_card",
            f"usage of {dates_in_words(day for row in early for day in row.dates)} ({counted(events, 'event')}) comes"
            f" before the first card, which takes effect at {first.effective_from.isoformat()}",
            "effective_from",
        )


def observed_without_price(book: Book, evidence: Evidence) -> Iterator[Finding]:
    """Find usage that no card in force prices, or that it prints `-` for."""
    for row in evidence.coverage.unpriced:
        if row.reason != "no_rate_card":
            rule = {"no_rate": "observed_without_price"}.get(row.reason, "observed_not_offered")
            yield Finding(
                book.path,
                None,
                rule,
                f"{row.billing_type} {row.brand!r} {row.model!r}, {row.key_mode}:"
                f" {row.reason} for {counted(row.events, 'event')} of {dates_in_words(row.dates)}",
            )
