"""Entries of the journal: what one line says, and what all lines together name.

How lines are written, chained and read belongs to `journal`, what they bring about to `effects`.
"""

import base64
import zlib
from dataclasses import dataclass, field
from typing import Any

from pricing_assets.common import files

RECEIPT, VERSION, BOOKING = "receipt", "version", "booking"
LEDGER, STANDING = "ledger", "standing"
"""A date of the ledger of credits, and how its newest date leaves every grant."""
SEALED = (VERSION, BOOKING, LEDGER, STANDING)
"""Kinds of entries that name a numbered folder of a date, sealed by its manifest."""
CLOSING, WITHDRAWAL = "closing", "withdrawal"
CARD, ALIAS, AGREEMENT = "card", "alias", "agreement"
HOME = "home"
"""What `home.toml` holds from now on."""
BOOKS = "books"
"""Other rate books were chosen with `--restate`: cards used before need not be in them."""
SOURCE = "source"
"""A source that logs are read by: its TOML and side table, by which mapped rows are made again."""
RESTART = "restart"
"""A journal begun anew by `creditmill restore --accept-loss`: what was given up, and why."""

MOST_MANIFEST = 200_000
"""Bytes of a manifest that its line holds: some 800 logs of one date."""


@dataclass(frozen=True)
class JournalEntry:
    """What one line says: its kind, and the rest as it is written."""

    kind: str
    fields: dict[str, Any]


@dataclass
class NamedEntries:
    """What a journal's entries name, the last word on each.

    `home` is the text of `home.toml`, `receipts` are by SHA-256, `versions`, `bookings`, `ledgers`
    and `standings` manifest digests by ISO date and number, `manifests` what the manifests of these digests hold, packed,
    `given_up` the highest version that each date had when a journal was begun anew,
    `came_with` are the ISO dates that a log had rows of when it came, by SHA-256 and the instant, where
    another source has read it since, `sources` are by digest, `restart` who did so, when and why.
    """

    home: str | None = None
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, dict[int, str]] = field(default_factory=dict)
    bookings: dict[str, dict[int, str]] = field(default_factory=dict)
    ledgers: dict[str, dict[int, str]] = field(default_factory=dict)
    standings: dict[str, dict[int, str]] = field(default_factory=dict)
    closings: list[dict[str, Any]] = field(default_factory=list)
    withdrawals: list[dict[str, Any]] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)
    given_up: dict[str, int] = field(default_factory=dict)
    restart: dict[str, Any] | None = None
    manifests: dict[str, str] = field(default_factory=dict)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    came_with: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    agreements: dict[str, dict[str, Any]] = field(default_factory=dict)

    def numbers(self) -> dict[str, int]:
        """Return the highest version of each ISO date, given up or not: it is never used again."""
        found = {day: max(of_day) for day, of_day in self.versions.items()}
        days = self.given_up.keys() | found.keys()
        return {day: max(found.get(day, 0), self.given_up.get(day, 0)) for day in sorted(days)}

    def sealed(self, kind: str) -> dict[str, dict[int, str]]:
        """Return the manifest digests of the folders of a kind, by ISO date and number."""
        return {
            VERSION: self.versions,
            BOOKING: self.bookings,
            LEDGER: self.ledgers,
            STANDING: self.standings,
        }[kind]

    def add(self, entry: JournalEntry) -> None:
        """Take one more entry into account."""
        self.take(entry.kind, entry.fields)

    def take(self, kind: str, fields: dict[str, Any]) -> None:
        """Take what one more line says into account; KeyError, TypeError or AttributeError where
        no entry of this kind says that."""
        match kind:
            case "receipt":
                self._take_receipt(fields["receipt"])
            case "version" | "booking" | "ledger" | "standing":
                of_day = self.sealed(kind).setdefault(fields["usage_date"], {})
                of_day[fields["version"]] = fields["manifest_sha256"]
                if "manifest" in fields:
                    self.manifests[fields["manifest_sha256"]] = fields["manifest"]
            case "closing":
                self.closings.append(fields["record"])
            case "withdrawal":
                self.withdrawals.append(fields["record"])
                is_withdrawn = fields["record"]["act"] == "withdraw"
                change = self.withdrawn.add if is_withdrawn else self.withdrawn.discard
                change(fields["record"]["file"])
            case "card":
                self.cards[fields["id"]] = fields
            case "alias":
                self.aliases[tuple(fields["fields"])] = fields
            case "agreement":
                self.agreements[fields["id"]] = fields
            case "source":
                self.sources[fields["sha256"]] = fields | {"side": unpacked(fields["side"])}
            case "home":
                self.home = fields["toml"]
            case "books":
                for used in (self.cards, self.aliases, self.agreements):
                    used.clear()
            case "restart":
                self.given_up = dict(fields["numbers"])
                self.restart = fields
            case _:
                raise KeyError(kind)

    def _take_receipt(self, record: dict[str, Any]) -> None:
        file = record["file"]
        before = self.receipts.get(file)
        self.receipts[file] = record
        if before is None or before["received_at"] != record["received_at"]:
            return
        sources = [(one.get("source") or {}).get("sha256") for one in (before, record)]
        if sources[0] != sources[1]:
            self.came_with.setdefault((file, before["received_at"]), tuple(before["dates"]))


def receipt_entry(record: dict[str, Any]) -> JournalEntry:
    """Return the entry of a log's receipt, which holds it whole."""
    return JournalEntry(RECEIPT, {"receipt": record})


def folder_entry(kind: str, usage_date: str, version: int, manifest_sha256: str) -> JournalEntry:
    """Return the entry of a version or a booking."""
    fields = {"usage_date": usage_date, "version": version, "manifest_sha256": manifest_sha256}
    return JournalEntry(kind, fields)


def sealed_entry(kind: str, usage_date: str, version: int, manifest: bytes) -> JournalEntry:
    """Return the entry of a version or a booking that is committed, with its manifest unless that
    is large: with it, the rest can be made again."""
    entry = folder_entry(kind, usage_date, version, files.sha256_bytes(manifest))
    if len(manifest) > MOST_MANIFEST:
        return entry
    return JournalEntry(kind, entry.fields | {"manifest": pack(manifest)})


def pack(data: bytes) -> str:
    """Return bytes as a short text: compressed, in base 64."""
    return base64.b64encode(zlib.compress(data, 9)).decode()


def unpack(text: str) -> bytes:
    """Return the bytes that `pack` was given."""
    return zlib.decompress(base64.b64decode(text))


def unpacked(text: str | None) -> str | None:
    """Return the text that `source_entry` packed."""
    return None if text is None else unpack(text).decode("utf-8", "surrogateescape")


def source_entry(digest: str, record: dict[str, Any]) -> JournalEntry:
    """Return the entry of a source, which holds it whole."""
    side = record["side"]
    packed = None if side is None else pack(side.encode("utf-8", "surrogateescape"))
    fields = {"sha256": digest, "name": record["name"], "toml": record["toml"], "side": packed}
    return JournalEntry(SOURCE, fields)


def act_entry(kind: str, record: dict[str, Any]) -> JournalEntry:
    """Return the entry of a closing or a withdrawal, which holds it whole."""
    return JournalEntry(kind, {"record": record})


def key_of(entry: JournalEntry) -> tuple[str, str, int]:
    """Return what names an entry's effect."""
    fields = entry.fields
    if entry.kind == RECEIPT:
        return entry.kind, fields["receipt"]["file"], 0
    if entry.kind in SEALED:
        return entry.kind, fields["usage_date"], fields["version"]
    return entry.kind, "", fields.get("record", {}).get("number", 0)
