"""Used prices: the cards, aliases and agreements that something published uses stay in the books.

The journal notes each when it is first used, whole, so that it can be put back. What a version pins
is read in `pinned_inputs`.
"""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pricing_assets.common import files
from pricing_assets.common.errors import CreditmillError, RateBookError
from pricing_assets.home.entries import AGREEMENT, ALIAS, BOOKS, CARD, JournalEntry, pack, unpack
from pricing_assets.home.home import Home
from pricing_assets.home.manifests import Contents
from pricing_assets.rates import BUILT_IN, Rates, book_folder
from pricing_assets.rates.agreements import COLUMNS
from pricing_assets.rates.books import read
from pricing_assets.rates.card import Card
from pricing_assets.rates.naming import about, cells_of, file_of, header_for
from pricing_assets.rates.rates_csv import csv_line

CARD_FILES = ("card.toml", "rates.csv")
NAME_FILES = ("aliases.csv", "brands.csv")
FROM_JOURNAL = "from the journal"
USED_LINES_ONLY = (
    "from the journal, the lines that were used; the file that published dates were made with had others:"
    " add them, or put that file back"
)


def used_entries(home: Home, manifest: Contents, rates: Rates) -> list[JournalEntry]:
    """Return an entry for each card, alias and agreement that a manifest pins and the journal does
    not name yet."""
    named = home.journal.named
    prices = manifest.prices
    cards = prices.cards.keys() - named.cards.keys()
    aliases = prices.aliases - named.aliases.keys()
    entries = []
    for book in rates.books:
        entries += [_card_entry(card) for card in book.cards if card.id in cards]
        for line in book.name_lines:
            if line.fields in aliases:
                record = {"book": str(book.path), "fields": list(line.fields)}
                entries.append(JournalEntry(ALIAS, record))
        for deal in book.agreements:
            known = named.agreements.get(deal.id, {}).get("sha256")
            if deal.id in prices.agreements and known != deal.sha256:
                record = {"book": str(book.path), "id": deal.id, "sha256": deal.sha256}
                entries.append(
                    JournalEntry(AGREEMENT, record | {"text": _line(deal.file, deal.line)})
                )
    return entries


def other_books(home: Home, books: tuple[str, ...]) -> None:
    """Note that a home goes by other books from now on (`--restate`); the home is locked."""
    if home.journal.lines:
        home.commit([JournalEntry(BOOKS, {"books": list(books)})])


def check_used(home: Home, rates: Rates) -> None:
    """Raise RateBookError where a card, alias or agreement that was used is in no book any more: no
    run falls back to an older price."""
    gone = [f"{path}: {what}" for path, what in gone_prices(home, rates)]
    if gone:
        raise RateBookError(gone)


def lost_prices(home: Home, rates: Rates) -> list[JournalEntry]:
    """Return the entries of used cards, aliases and agreements that are in no book any more."""
    named = home.journal.named
    cards = {card.id for book in rates.books for card in book.cards}
    aliases = {line.fields for line in rates.name_lines}
    deals = {deal.id for book in rates.books for deal in book.agreements}
    return [
        *(JournalEntry(CARD, record) for name, record in named.cards.items() if name not in cards),
        *(
            JournalEntry(ALIAS, record)
            for fields, record in named.aliases.items()
            if fields not in aliases
        ),
        *(
            JournalEntry(AGREEMENT, record)
            for name, record in named.agreements.items()
            if name not in deals
        ),
    ]


def folders(home: Home, books: Sequence[str]) -> list[Path]:
    """Return the folders of a home's books, made again where one that held used prices is gone."""
    for name in books:
        if name not in BUILT_IN:
            Path(name).mkdir(parents=True, exist_ok=True)
    return [book_folder(name) for name in books]


def restore(home: Home, rates: Rates) -> list[tuple[Path, str]]:
    """Put used cards, aliases and agreements that are gone back into the books they came from;
    returns each file, and where it came from."""
    books = own_books(home)
    restored: dict[Path, str] = {}
    for entry in lost_prices(home, rates):
        file = _put_back(entry, books)
        restored.setdefault(file, FROM_JOURNAL)
    of_names = [file for file in restored if file.name in NAME_FILES]
    pinned = _pinned_names(home) if of_names else set()
    for file in of_names:
        if pinned and files.sha256_of(file) not in pinned:
            restored[file] = USED_LINES_ONLY
    return list(restored.items())


def _pinned_names(home: Home) -> set[str]:
    """Return the SHA-256 of each file of names that the versions in force were made with, as far as these
    are here: prices come back first, since lost versions are made by them."""
    pinned: set[str] = set()
    for day in home.dates():
        with suppress(CreditmillError):
            version = home.current(day)
            pinned |= set(version.manifest.alias_files if version else ())
    return pinned


def own_books(home: Home) -> list[Path]:
    """Return the folders of a home's books, without those that travel with the code."""
    return [Path(name) for name in home.settings().books if name not in BUILT_IN]


def book_of(record: Mapping[str, Any], books: Sequence[Path]) -> Path:
    """Return the book that held a used price, or the home's only one if that moved."""
    book = Path(record["book"])
    return books[0] if book not in books and len(books) == 1 else book


def _put_back(entry: JournalEntry, books: Sequence[Path]) -> Path:
    """Write a card or a line into its book."""
    record = entry.fields
    book = book_of(record, books)
    if entry.kind == CARD:
        folder: Path = book / record["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in record["files"].items():
            files.write_bytes(folder / name, unpack(text), folder)
        return folder
    is_deal = entry.kind == AGREEMENT
    fields = [] if is_deal else record["fields"]
    file = book / ("agreements.csv" if is_deal else file_of(fields))
    line = record["text"] if is_deal else csv_line(*cells_of(fields))
    before = file.read_bytes() if file.is_file() else b""
    header = COLUMNS if is_deal else header_for(fields)
    held = before or f"{','.join(header)}\n".encode()
    if not is_deal:
        held = _without_alias(held, fields)
    held += b"" if held.endswith(b"\n") else b"\n"
    book.mkdir(parents=True, exist_ok=True)
    files.write_bytes(file, held + f"{line}\n".encode(), book)
    wrong = [finding for finding in read([book])[1] if finding.file == file]
    if wrong and before:
        files.write_bytes(file, before, book)
        raise RateBookError(
            [
                f"{file}: with its used line {line} put back, {wrong[0]}; remove the line that replaced it"
            ]
        )
    return file


def _without_alias(held: bytes, fields: Sequence[str]) -> bytes:
    """Return the lines of names without those about the same: they are this one, edited. The
    header names the columns that the line has."""
    lead = fields[: len(fields) - len(cells_of(fields))]
    header = ",".join(header_for(fields))
    kept = []
    for line in held.decode("utf-8-sig").splitlines(keepends=True):
        row = [*lead, *next(csv.reader([line.rstrip("\r\n")]), [])]
        if line.strip() and header.startswith(line.strip()):
            kept.append(f"{header}\n")
        elif line.startswith("#") or len(row) not in (4, 5) or about(row) != about(fields):
            kept.append(line)
    return "".join(kept).encode()


def gone_prices(home: Home, rates: Rates) -> Iterator[tuple[str, str]]:
    """Yield the place of each used price that is in no book any more, and what brings it back."""
    cure = (
        "published reports use it, and without it they would fall back to older prices. Put it"
        " back (`creditmill restore` can), or choose other books for good with --rates and --restate"
    )
    for entry in lost_prices(home, rates):
        record = entry.fields
        book = book_of(record, own_books(home))
        if entry.kind == CARD:
            where, what = book / record["folder"], f"rate card {record['id']!r}"
        elif entry.kind == ALIAS:
            where = book / file_of(record["fields"])
            what = f"alias line {','.join(cells_of(record['fields']))}"
        else:
            where, what = book / "agreements.csv", f"agreement {record['id']!r}"
        yield str(where), f"{what} was used and is gone: {cure}"


def changed_cards(home: Home, rates: Rates) -> Iterator[tuple[str, str]]:
    """Yield the place of each used card that was changed in place, and what that means."""
    used = home.journal.named.cards
    for card in (card for book in rates.books for card in book.cards):
        if card.id in used and used[card.id]["sha256"] != card.sha256:
            yield (
                str(card.folder),
                f"rate card {card.id!r} was changed in place after it was used: published reports"
                " used other bytes of it. Put these back, and make a new card of what changed",
            )


def digest_of_card(texts: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of a card, by the bytes of its files."""
    digest = hashlib.sha256()
    for name in CARD_FILES:
        digest.update(hashlib.sha256(texts[name]).digest())
    return digest.hexdigest()


def _card_entry(card: Card) -> JournalEntry:
    texts = {name: files.read_regular(card.folder / name) for name in CARD_FILES}
    if digest_of_card(texts) != card.sha256:
        raise RateBookError([f"{card.folder}: the card changed while it was used; run again"])
    return JournalEntry(
        CARD,
        {
            "id": card.id,
            "sha256": card.sha256,
            "book": str(card.book),
            "folder": card.folder.name,
            "files": {name: pack(data) for name, data in texts.items()},
        },
    )


def _line(file: Path, number: int) -> str:
    lines = file.read_bytes().decode("utf-8-sig").splitlines()
    return lines[number - 1] if number <= len(lines) else ""
