"""The journal of a home, line by line: whether each says what such a line says, and agrees with what
it holds and with the lines before it.

Its chain is looked at when it is read; whether what it names is there belongs to `home.look`.
"""

import zlib
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NotRequired, TypedDict

from pricing_assets.common import files, json_files, kinds
from pricing_assets.common.instants import parse_instant
from pricing_assets.common.text import counted
from pricing_assets.home import Home, closings
from pricing_assets.home.entries import (
    AGREEMENT,
    ALIAS,
    BOOKS,
    CARD,
    CLOSING,
    HOME,
    RECEIPT,
    RESTART,
    SEALED,
    SOURCE,
    WITHDRAWAL,
    JournalEntry,
    unpack,
    unpacked,
)
from pricing_assets.home.receipt import OPTIONAL, Receipt
from pricing_assets.home.used_prices import digest_of_card
from pricing_assets.home.withdrawals import Withdrawal
from pricing_assets.sources.kept import KeptSource
from pricing_assets.verify.difference import Difference


class _OfReceipt(TypedDict):
    receipt: dict[str, Any]


class _OfClosing(TypedDict):
    record: closings.ClosingRecord


class _OfWithdrawal(TypedDict):
    record: dict[str, Any]


class _Sealed(TypedDict):
    usage_date: str
    version: int
    manifest_sha256: str
    manifest: NotRequired[str]


class _Card(TypedDict):
    id: str
    sha256: str
    book: str
    folder: str
    files: dict[str, str]


class _Alias(TypedDict):
    book: str
    fields: list[str]


class _Agreement(TypedDict):
    book: str
    id: str
    sha256: str
    text: str


class _Source(TypedDict):
    sha256: str
    name: str
    toml: str
    side: str | None


class _Home(TypedDict):
    toml: str


class _Books(TypedDict):
    books: list[str]


class _Restart(TypedDict):
    numbers: dict[str, int]


_DECLARED: dict[str, type] = {
    RECEIPT: _OfReceipt,
    CLOSING: _OfClosing,
    WITHDRAWAL: _OfWithdrawal,
    **dict.fromkeys(SEALED, _Sealed),
    CARD: _Card,
    ALIAS: _Alias,
    AGREEMENT: _Agreement,
    SOURCE: _Source,
    HOME: _Home,
    BOOKS: _Books,
    RESTART: _Restart,
}


def verify(home: Home) -> Iterator[Difference]:
    """Yield each line that no run wrote: of other types, or that contradicts itself or a line before
    it. Lines after one that breaks the chain are not looked at: that one is named already."""
    lines = _Lines()
    for number, entry in home.journal.entries():
        what = _type_fault(entry) or lines.fault(entry)
        if what is not None:
            yield Difference(
                str(home.journal_file),
                f"line {number} ({entry.kind}) {what}: no run wrote it; restore the journal from a"
                " copy (`creditmill restore --from BACKUP`)",
            )


def _type_fault(entry: JournalEntry) -> str | None:
    declared = _DECLARED.get(entry.kind)
    if declared is None:
        return "is of no known kind"
    fault = kinds.wrong_key(entry.fields, declared)
    if fault is not None:
        return _other_form(fault)
    try:
        parse_instant(entry.fields["at"])
    except (KeyError, TypeError, AttributeError, ValueError):
        return "is of no instant"
    return None


def _other_form(fault: str) -> str:
    return f"is of another form: {fault}"


class _Lines:
    """What the lines before one named, as far as later ones go by it."""

    def __init__(self) -> None:
        self.receipts: set[str] = set()
        self.numbers: dict[tuple[str, str], int] = {}
        self.acts: dict[str, dict[str, Any]] = {}

    def fault(self, entry: JournalEntry) -> str | None:
        """Return what is wrong with one more line, of the declared types; None where nothing is."""
        rules: dict[str, Callable[[dict[str, Any]], str | None]] = {
            RECEIPT: self._receipt,
            CARD: _card,
            SOURCE: _source,
            **dict.fromkeys(SEALED, lambda fields: self._sealed(entry.kind, fields)),
            **dict.fromkeys((CLOSING, WITHDRAWAL), lambda fields: self._act(entry.kind, fields)),
        }
        rule = rules.get(entry.kind)
        try:
            return rule(entry.fields) if rule else None
        except (ValueError, TypeError, KeyError, zlib.error):  # no date, no instant, nothing packed
            return "does not say what such a line says"

    def _receipt(self, fields: dict[str, Any]) -> str | None:
        record = fields["receipt"]
        fault = kinds.wrong_key(record, Receipt, optional=OPTIONAL)
        if fault is not None:
            return _other_form(fault)
        if json_files.digest_of(record) != record["digest"]:
            return "holds a receipt of another digest"
        parse_instant(record["received_at"])
        for day in record["dates"]:
            date.fromisoformat(day)
        parts = (*record["dates"].values(), *record["undated"].values())
        parts += tuple((record.get("skipped") or {}).values())
        if min((*parts, 0)) < 0 or sum(parts) != record["rows"]:
            has = f"{sum(parts):,} with a date or a reason"
            return f"holds a receipt of {counted(record['rows'], 'row')}, {has}"
        self.receipts.add(record["file"])
        return None

    def _sealed(self, kind: str, fields: dict[str, Any]) -> str | None:
        day, number = fields["usage_date"], fields["version"]
        date.fromisoformat(day)
        if "manifest" in fields:
            manifest = unpack(fields["manifest"])
            if files.sha256_bytes(manifest) != fields["manifest_sha256"]:
                return "holds a manifest of another digest"
        before = self.numbers.get((kind, day), 0)
        if number <= before:
            return f"names number {number} of {day} after {before}"
        self.numbers[kind, day] = number
        return None

    def _act(self, kind: str, fields: dict[str, Any]) -> str | None:
        record, before = fields["record"], self.acts.get(kind)
        fault = kinds.wrong_key(record, Withdrawal) if kind == WITHDRAWAL else None
        if fault is not None:
            return _other_form(fault)
        parse_instant(record["at"])
        expected = files.sha256_bytes(json_files.to_json(before)) if before else None
        number = before["number"] + 1 if before else 1
        if (record["number"], record["supersedes_sha256"]) != (number, expected):
            return f"does not follow the {kind} before it"
        if kind == WITHDRAWAL and record["file"] not in self.receipts:
            return "is about a log that was never ingested"
        self.acts[kind] = record
        return None


def _card(fields: dict[str, Any]) -> str | None:
    texts = {name: unpack(text) for name, text in fields["files"].items()}
    is_right = digest_of_card(texts) == fields["sha256"]
    return None if is_right else "holds a card of another digest"


def _source(fields: dict[str, Any]) -> str | None:
    kept = KeptSource(fields["name"], fields["toml"], unpacked(fields["side"]))
    return None if kept.digest == fields["sha256"] else "holds a source of another digest"
