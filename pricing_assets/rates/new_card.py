"""New cards: a complete copy of a card, with changed prices, written whole or not at all.

Which prices change belongs to `price_changes`; whether the result is wise, to `lint`.
"""

import csv
import io
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError, RateBookError
from pricing_assets.common.instants import parse_instant
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.rates import books as rates
from pricing_assets.rates import price_changes as changes
from pricing_assets.rates.book import Book
from pricing_assets.rates.card import Card, read_card
from pricing_assets.rates.findings import Finding
from pricing_assets.rates.price_changes import AppliedLine
from pricing_assets.rates.rates_csv import RATE_COLUMNS, Rate


@dataclass(frozen=True)
class NewCard:
    """A card that was written, the one it was copied from, and what each listed price did."""

    card: Card
    source: Card
    applied: Sequence[AppliedLine]

    def count(self, did: str) -> int:
        """Return how many listed prices did this."""
        return sum(one.did == did for one in self.applied)

    @property
    def kept(self) -> int:
        """Return how many prices are as in the source."""
        return len(self.card.rates) - self.count("changed") - self.count("added")


@dataclass(frozen=True)
class CardRequest:
    """What a user said of the new card; None where it is left to the default."""

    version: str
    effective_from: datetime
    published_at: datetime
    id: str | None = None
    source: str | None = None
    changes: Path | None = None
    allow_new: bool = False


def instant(text: str, option: str) -> datetime:
    """Return an instant with its offset, in UTC; ConfigurationError says how to write one."""
    try:
        return parse_instant(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{option} {text!r} {error}; write an instant with an offset, like 2026-03-01T00:00:00Z"
        ) from error


def instants(effective: str | None, published: str | None) -> tuple[datetime, datetime]:
    """Return the instant from which a card applies, which must be given, and the one at which it
    became known, which is now if not given. ConfigurationError where the first is missing."""
    if effective is None:
        raise ConfigurationError(
            "--effective is missing: say from which instant the card applies, like"
            " 2026-03-01T00:00:00Z"
        )
    known = datetime.now(UTC).replace(microsecond=0)
    return (
        instant(effective, "--effective"),
        known if published is None else instant(published, "--published"),
    )


def find(book: Book, name: str) -> Card:
    """Return the card of this id in the book, of this folder in it, or of this folder anywhere.
    ConfigurationError where there is none, RateBookError where it breaks a rule."""
    for card in book.cards:
        if card.id == name:
            return card
    for card in book.cards:
        if card.folder.name == name:
            return card
    folder = Path(os.path.expanduser(name))  # noqa: PTH111  # `~nobody` stays as it is
    if (folder / "card.toml").is_file():
        findings: list[Finding] = []
        read = read_card(folder.parent, folder, findings)
        if read is None:
            raise RateBookError([str(finding) for finding in findings])
        return read
    known = ", ".join(repr(card.id) for card in book.cards)
    raise ConfigurationError(
        f"--from {name!r} is neither a card of {book.path} ({known}) nor a folder with a card.toml"
    )


def make(folder: Path, source_name: str, wanted: CardRequest) -> NewCard:
    """Write BOOK/VERSION as a new complete card; nothing is written where anything is wrong.
    ConfigurationError where the card cannot be put there, RateBookError where it breaks a
    rule."""
    book = rates.load([folder]).books[0]
    source = find(book, source_name)
    target = folder / wanted.version
    if wanted.version != target.name or wanted.version.startswith("."):
        raise ConfigurationError(
            f"{wanted.version!r} is not a folder name; write one like 2026-03-01"
        )
    if target.exists() or target.is_symlink():
        raise ConfigurationError(f"{target} exists already; a card is never overwritten")
    card_id = wanted.version if wanted.id is None else wanted.id
    if any(card.id == card_id for card in book.cards):
        raise ConfigurationError(
            f"a card in {folder} has the id {card_id!r} already; give another --id"
        )
    rows: Sequence[Rate] = source.rates
    applied: Sequence[AppliedLine] = ()
    source_text = f"Copied from card {source.id}"
    if wanted.changes is not None:
        listed = changes.read(wanted.changes)
        rows, applied = changes.apply(
            listed, wanted.changes, source, book.aliases, allow_new=wanted.allow_new
        )
        source_text += f", with the changed prices of {wanted.changes.name}"
    try:
        with files.scratch_folder(folder, ".new-") as scratch:
            # Hidden and one level down: no reader takes it for a card of the book.
            stage = scratch / wanted.version
            stage.mkdir()
            (stage / "card.toml").write_bytes(_toml(card_id, source, wanted, source_text))
            if wanted.changes is None:
                shutil.copyfile(source.folder / "rates.csv", stage / "rates.csv")
            else:
                (stage / "rates.csv").write_bytes(_csv(rows))
            findings: list[Finding] = []
            card = read_card(folder, stage, findings)
            if card is None:
                placed = [replace(found, file=target / found.file.name) for found in findings]
                raise RateBookError([str(found) for found in placed])
            for name in ("card.toml", "rates.csv"):
                files.sync_file(stage / name)
            files.sync_folder(stage)
            files.move(stage, target)
    except OSError as error:
        raise ConfigurationError(f"{target} cannot be written: {reason_of(error)}") from error
    return NewCard(replace(card, folder=target), source, applied)


def _toml(card_id: str, source: Card, wanted: CardRequest, source_text: str) -> bytes:
    lines = [
        f"id = {_quoted(card_id)}",
        f"effective_from = {_spelled(wanted.effective_from)}",
        f"published_at = {_spelled(wanted.published_at)}",
        f"source = {_quoted(source_text if wanted.source is None else wanted.source)}",
        f'usd_per_credit = "{source.usd_per_credit:f}"',
    ]
    if source.tiers_at_standard_price:
        listed = ", ".join(map(_quoted, source.tiers_at_standard_price))
        lines.append(f"tiers_at_standard_price = [{listed}]")
    by_service: dict[str, list[tuple[str, Decimal]]] = {}
    for (service, meter), cap in source.caps.items():
        by_service.setdefault(service, []).append((meter, cap))
    for service, caps in by_service.items():
        lines += [
            "",
            f"[own_key_cap.{service}]",
            *(f'{_key(meter)} = "{cap:f}"' for meter, cap in caps),
        ]
    return ("\n".join(lines) + "\n").encode()


def _spelled(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _key(meter: str) -> str:
    """Return a meter as a key of TOML: in quotes where it is of a token class or a tier."""
    return meter if meter.replace("_", "").isalnum() else _quoted(meter)


def _quoted(text: str) -> str:
    """Return a basic string of TOML, whose escapes are JSON's."""
    spelled = text.encode("utf-8", "replace").decode()
    return json.dumps(spelled, ensure_ascii=False).replace("\x7f", "\\u007f")


def _csv(rows: Iterable[Rate]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(RATE_COLUMNS)
    for row in rows:
        price = "-" if row.credits is None else f"{row.credits:f}"
        writer.writerow(
            (row.service, row.brand, row.model, row.key_mode, row.meter, price, row.per)
        )
    return text.getvalue().encode()
