"""Rates: the books of a home, read and checked together, and what is in force when.

What one book holds belongs to `book`; what usage costs belongs to `charges`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common.errors import RateBookError
from pricing_assets.contract.usage_dates import Piece, pieces, spans
from pricing_assets.rates.agreement_ties import ties
from pricing_assets.rates.agreements import FOREVER, Agreement, DatedPrice
from pricing_assets.rates.book import Book, InForce, Learned, known, read_book
from pricing_assets.rates.book_names import book_folder
from pricing_assets.rates.card import Card
from pricing_assets.rates.findings import Finding
from pricing_assets.rates.naming import Held, NameLine
from pricing_assets.rates.price_frame import frame_of

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Rates:
    """The books a home goes by."""

    books: tuple[Book, ...]

    def agreements(self) -> list[Agreement]:
        """Return every agreed price of the books."""
        return [agreement for book in self.books for agreement in book.agreements]

    @cached_property
    def name_lines(self) -> tuple[NameLine, ...]:
        """Return every line of names of the books, in an order of which places are counted."""
        return tuple(line for book in self.books for line in book.name_lines)

    def price_boundaries(self) -> list[datetime]:
        """Return every instant at which a known card or line of names takes effect, or an agreement
        begins or ends."""
        instants = {card.effective_from for book in self.books for card in book.cards}
        instants |= {line.valid_from for line in self.name_lines if line.valid_from is not None}
        for agreement in self.agreements():
            instants |= {agreement.valid_from, agreement.valid_to} - {FOREVER}
        return sorted(instants)

    def price_boundaries_on(self, day: date, zone: str) -> list[str]:
        """Return the price boundaries inside a usage date, in ISO format: its lines are cut
        there."""
        covered = spans(day, zone)
        return [
            at.isoformat()
            for at in self.price_boundaries()
            if any(span.start < at < span.end for span in covered)
        ]

    def pieces(self, days: Iterable[date], zone: str) -> list[Piece]:
        """Return the dates in parts of constant prices."""
        return pieces(days, zone, self.price_boundaries())

    def as_of(self, instant: datetime, learned: Learned) -> "Rates":
        """Return the same books, without the cards that were published after the instant, and
        without the aliases and agreements that reports learned of after it."""
        return Rates(tuple(known(book, instant, learned) for book in self.books))

    def agreements_on(self, day: date, zone: str) -> list[Agreement]:
        """Return the agreements that hold at some instant of a usage date."""
        return [
            agreement
            for agreement in self.agreements()
            if any(
                agreement.valid_from < span.end and span.start < agreement.valid_to
                for span in spans(day, zone)
            )
        ]

    @cached_property
    def _forces(self) -> list[tuple[Book, InForce]]:
        return [(book, held) for book in self.books for held in book.in_force()]

    def in_force(self) -> list[tuple[Book, InForce]]:
        """Return every book's intervals."""
        return self._forces

    @cached_property
    def price_frame(self) -> "pl.DataFrame":
        """Return every card's prices as a frame, made once: each step of a run loads it."""
        return frame_of(self.in_force())

    @cached_property
    def priced(self) -> list[DatedPrice]:
        """Return every line of a card with a price, and when it is in force."""
        return [
            DatedPrice((*rate.name, rate.key_mode, rate.meter), force.valid_from, force.valid_to)
            for _, force in self.in_force()
            for rate in force.card.rates
            if rate.credits is not None
        ]

    def cards_on(self, day: date, zone: str) -> list[Card]:
        """Return the cards in force at some instant of a usage date, by id."""
        covered = spans(day, zone)
        held = {
            force.card.id: force.card
            for _, force in self.in_force()
            for span in covered
            if force.valid_from < span.end and span.start < force.valid_to
        }
        return [held[card_id] for card_id in sorted(held)]

    def aliases_on(self, day: date, zone: str) -> list[str]:
        """Return the SHA-256 of the files of names of each book that has a card in force on a usage
        date."""
        cards = set(map(id, self.cards_on(day, zone)))
        return sorted(
            sha256
            for book in self.books
            if any(id(card) in cards for card in book.cards)
            for sha256 in book.names_sha256
        )

    def digest_on(self, day: date, zone: str) -> str:
        """Return a digest of what a usage date's report depends on in the books: cards, lines of
        names, price boundaries inside the date."""
        parts: list[str] = []
        covered = spans(day, zone)
        for book, force in self.in_force():
            card = force.card
            for span in covered:
                start, end = max(force.valid_from, span.start), min(force.valid_to, span.end)
                if start < end:
                    parts.append(
                        f"{card.id} {card.sha256} {' '.join(book.names_sha256)}"
                        f" {start.isoformat()} {end.isoformat()}"
                    )
        parts += [
            f"{agreement.id} {agreement.sha256}" for agreement in self.agreements_on(day, zone)
        ]
        parts.sort()
        parts += self.price_boundaries_on(day, zone)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def load(books: Sequence[Path]) -> Rates:
    """Read and check whole books; RateBookError names every file, line and rule broken."""
    rates, findings = read(books)
    if findings:
        raise RateBookError([str(finding) for finding in findings])
    return rates


def load_named(names: Iterable[str]) -> Rates:
    """Read and check the books that a home or a user names; RateBookError names every file, line
    and rule broken, ConfigurationError a book that is not there."""
    return load([book_folder(name) for name in names])


def read(books: Sequence[Path]) -> tuple[Rates, list[Finding]]:
    """Return what can be read of the books, and a finding for each rule that they break."""
    findings: list[Finding] = []
    held: list[Book] = []
    for path in books:
        book = read_book(path, findings)
        if book is not None:
            held.append(book)
    ids: dict[str, Card] = {}
    for book in held:
        for card in book.cards:
            if card.id in ids:
                findings.append(
                    Finding(
                        card.folder / "card.toml",
                        None,
                        "id_not_unique",
                        f"id {card.id!r} is also the id of {ids[card.id].folder};"
                        " an id names one card in all books",
                        "id",
                    )
                )
            ids.setdefault(card.id, card)
    rates = Rates(tuple(held))
    if not findings:
        findings += _double_priced(rates)
    findings += ties(rates.agreements(), lambda: rates.priced)
    return rates, findings


def _double_priced(rates: Rates) -> Iterable[Finding]:
    """Yield a finding for each name that cards of two books hold at one instant."""
    names: dict[str, Held] = {}

    def names_of(book: Book, card: Card) -> Held:
        if card.id not in names:
            names[card.id] = Held(book.naming, card.printed)
        return names[card.id]

    for (book, force), (other_book, other) in _side_by_side(rates.in_force()):
        since = max(force.valid_from, other.valid_from).isoformat()
        both = names_of(book, force.card).shared(names_of(other_book, other.card))
        for service, brand, model in both[:5]:
            yield Finding(
                force.card.folder,
                None,
                "priced_by_two_books",
                f"{service} {brand!r} {model!r} has a price in"
                f" {other.card.folder}, too, from {since}; only one book may price it",
            )


def _side_by_side(
    forces: Sequence[tuple[Book, InForce]],
) -> list[tuple[tuple[Book, InForce], tuple[Book, InForce]]]:
    """Return the pairs of intervals of two books that share an instant, in the books' order.

    One walk through time: of each book only the interval that is in force is held, so that a
    book's many cards are not held against each other.
    """
    held: dict[int, int] = {}
    pairs: list[tuple[int, int]] = []
    for at in sorted(range(len(forces)), key=lambda at: forces[at][1].valid_from):
        book, force = forces[at]
        for key, before in held.items():
            if key != id(book) and force.valid_from < forces[before][1].valid_to:
                pairs.append((min(before, at), max(before, at)))
        held[id(book)] = at
    return [(forces[one], forces[other]) for one, other in sorted(pairs)]
