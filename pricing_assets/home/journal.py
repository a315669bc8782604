"""The journal of a home: one line per receipt, version, booking, closing, withdrawal, used card,
alias and agreement, so that whatever is lost, rolled back or replaced is noticed.

`HOME/journal.jsonl` is only ever added to, and each line's digest covers the line before it. What
a line brings about belongs to `effects`, whether all of it is still there to `presence`.
"""

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pricing_assets.common import files
from pricing_assets.common.errors import DamagedHome, HomeFailed
from pricing_assets.common.many_objects import many_objects

RECEIPT, VERSION, BOOKING = "receipt", "version", "booking"
CLOSING, WITHDRAWAL = "closing", "withdrawal"
CARD, ALIAS, AGREEMENT = "card", "alias", "agreement"
HOME = "home"
"""What `home.toml` holds from now on."""
BOOKS = "books"
"""Other rate books were chosen with `--restate`: cards used before need not be in them."""
RESTART = "restart"
"""A journal begun anew by `creditmill restore --accept-loss`: what was given up, and why."""

RESTORED = (
    "restore it from a copy (`creditmill restore --from BACKUP`), or begin it anew from what is here"
    " (`creditmill restore --accept-loss REASON`)"
)
"""What brings a journal back."""
MOST_MANIFEST = 200_000
"""Bytes of a manifest that its line holds: some 800 logs of one date."""
_TEXT = ("utf-8", "surrogateescape")
_SCHEMA = b'"schema":[['
"""How a log's schema begins in its line: within a text of JSON, a quote bears a backslash."""
_DIGEST = ',"digest":"'
_TAIL = len(_DIGEST) + 64 + len('"}')


@dataclass(frozen=True)
class Entry:
    """What one line says: its kind, and the rest as it is written."""

    kind: str
    said: dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """A line that is not as it was written; `line` counts from 1."""

    line: int
    what: str


@dataclass
class Named:
    """What a journal's entries name, the last word on each.

    `home` is the text of `home.toml`, `receipts` are by SHA-256, `versions` and `bookings` manifest digests by ISO date and number,
    `manifests` what the manifests of these digests hold, packed, `given_up` the highest version that
    each date had when a journal was begun anew, `restart` who did so, when and why.
    """

    home: str | None = None
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, dict[int, str]] = field(default_factory=dict)
    bookings: dict[str, dict[int, str]] = field(default_factory=dict)
    closings: list[dict[str, Any]] = field(default_factory=list)
    withdrawals: list[dict[str, Any]] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)
    given_up: dict[str, int] = field(default_factory=dict)
    restart: dict[str, Any] | None = None
    manifests: dict[str, str] = field(default_factory=dict)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    agreements: dict[str, dict[str, Any]] = field(default_factory=dict)

    def numbers(self) -> dict[str, int]:
        """Return the highest version of each ISO date, given up or not: it is never used again."""
        found = {day: max(of_day) for day, of_day in self.versions.items()}
        days = self.given_up.keys() | found.keys()
        return {day: max(found.get(day, 0), self.given_up.get(day, 0)) for day in sorted(days)}

    def add(self, entry: Entry) -> None:
        """Take one more entry into account."""
        self.take(entry.kind, entry.said)

    def take(self, kind: str, said: dict[str, Any]) -> None:
        """Take what one more line says into account; KeyError, TypeError or AttributeError where
        no entry of this kind says that."""
        match kind:
            case "receipt":
                self.receipts[said["receipt"]["file"]] = said["receipt"]
            case "version" | "booking":
                held = self.versions if kind == VERSION else self.bookings
                of_day = held.setdefault(said["usage_date"], {})
                of_day[said["version"]] = said["manifest_sha256"]
                if "manifest" in said:
                    self.manifests[said["manifest_sha256"]] = said["manifest"]
            case "closing":
                self.closings.append(said["record"])
            case "withdrawal":
                self.withdrawals.append(said["record"])
                is_withdrawn = said["record"]["act"] == "withdraw"
                change = self.withdrawn.add if is_withdrawn else self.withdrawn.discard
                change(said["record"]["file"])
            case "card":
                self.cards[said["id"]] = said
            case "alias":
                self.aliases[tuple(said["fields"])] = said
            case "agreement":
                self.agreements[said["id"]] = said
            case "home":
                self.home = said["toml"]
            case "books":
                for used in (self.cards, self.aliases, self.agreements):
                    used.clear()
            case "restart":
                self.given_up = dict(said["numbers"])
                self.restart = said
            case _:
                raise KeyError(kind)


class Journal:
    """A home's journal as it was read, or as it stands after what was appended since.

    `last` are the entries of the last commit, which a killed run may have left half done; the
    commits before it are done, since one follows the other.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.named = Named()
        self.faults: list[Fault] = []
        self.last: list[Entry] = []
        self.lines = 0
        self._digest = ""
        self._size = 0
        self._stamp = _stamp_of(file)
        if self._stamp is not None:
            with many_objects():
                self._read()

    @property
    def is_current(self) -> bool:
        """Whether the file is as it was when it was read, or last appended to."""
        return _stamp_of(self.file) == self._stamp

    def require(self) -> "Journal":
        """This journal; DamagedHome where a line is not as it was written."""
        if self.faults:
            raise DamagedHome([f"{self.file}: {'; '.join(self.said_of(self.faults[0]))}"])
        return self

    def said_of(self, fault: Fault) -> tuple[str, str]:
        """A fault in words, and what restores it."""
        return f"line {fault.line} {fault.what}: the journal was changed or cut", RESTORED

    def said_short(self, through: int) -> str:
        """What is wrong with a journal that ends before a line that it had."""
        if not os.path.lexists(self.file):
            return "is missing"
        return f"was rolled back or replaced: it ends at line {self.lines} of {through}"

    def continues(self, other: "Journal") -> bool:
        """Whether this journal begins with every sound line of the other."""
        return self.sound_bytes().startswith(other.sound_bytes())

    def sound_bytes(self) -> bytes:
        """Return the bytes of the lines that count."""
        return self.file.read_bytes()[: self._size] if self._size else b""

    def _read(self) -> None:
        try:
            raw = self.file.read_bytes()
        except OSError as error:
            self.faults.append(Fault(1, f"cannot be read ({error})"))
            return
        # What follows the last line's end was being written by a run when it was killed.
        lines = raw.split(b"\n")[:-1]
        digests = _chain_of(lines)
        told = _told_of(lines[: len(digests)])
        begun, at = 0, 0
        wrong = len(told) + 1 if len(told) < len(lines) else None
        commit: list[tuple[str, dict[str, Any]]] = []
        for number, one in enumerate(told, start=1):
            if not isinstance(one, dict) or one.pop("number", None) != number or "kind" not in one:
                wrong = number
                break
            if one.pop("more", False):
                continue
            ended = [(line.pop("kind"), line) for line in told[begun:number]]
            try:
                for kind, said in ended:
                    self.named.take(kind, said)
            except (KeyError, TypeError, AttributeError):
                wrong = number
                break
            at += sum(map(len, lines[begun:number])) + number - begun
            begun, commit = number, ended
            self.lines, self._digest, self._size = number, digests[number - 1], at
        self.last = [Entry(kind, said) for kind, said in commit]
        if wrong is not None:
            self.faults.append(Fault(wrong, "is not what was written"))

    def append(self, entries: Sequence[Entry], at: str) -> None:
        """Add the lines of one commit, durably: after a crash all of them are there, or none."""
        self.require()
        digest, written = self._digest, []
        for number, entry in enumerate(entries, start=self.lines + 1):
            told = {"number": number, "kind": entry.kind, "at": at} | entry.said
            if number < self.lines + len(entries):
                told["more"] = True
            text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            body = text[:-1].encode("utf-8", "surrogateescape")
            digest = _chained(digest, body)
            written.append(body + _tail(digest).encode() + b"\n")
        data = b"".join(written)
        is_new = not self.file.exists()
        try:
            handle = os.open(self.file, os.O_WRONLY | os.O_CREAT, 0o644)
        except OSError as error:
            raise HomeFailed(f"{self.file} cannot be written: {error}") from error
        try:
            os.ftruncate(handle, self._size)  # what a killed run left of a line goes
            os.lseek(handle, self._size, os.SEEK_SET)
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            files.sync_folder(self.file.parent)
        for entry in entries:
            self.named.add(entry)
        self.last = list(entries)
        self.lines += len(entries)
        self._digest, self._size = digest, self._size + len(data)
        self._stamp = _stamp_of(self.file)


def receipt_entry(record: dict[str, Any]) -> Entry:
    """The entry of a log's receipt, which holds it whole."""
    return Entry(RECEIPT, {"receipt": record})


def folder_entry(kind: str, usage_date: str, version: int, manifest_sha256: str) -> Entry:
    """The entry of a version or a booking."""
    said = {"usage_date": usage_date, "version": version, "manifest_sha256": manifest_sha256}
    return Entry(kind, said)


def sealed_entry(kind: str, usage_date: str, version: int, manifest: bytes) -> Entry:
    """The entry of a version or a booking that is committed, with its manifest unless that is
    large: with it, the rest can be made again."""
    entry = folder_entry(kind, usage_date, version, files.sha256_bytes(manifest))
    if len(manifest) > MOST_MANIFEST:
        return entry
    return Entry(kind, entry.said | {"manifest": pack(manifest)})


def pack(data: bytes) -> str:
    """Return bytes as a short text: compressed, in base 64."""
    return base64.b64encode(zlib.compress(data, 9)).decode()


def unpack(text: str) -> bytes:
    """Return the bytes that `pack` was given."""
    return zlib.decompress(base64.b64decode(text))


def act_entry(kind: str, record: dict[str, Any]) -> Entry:
    """The entry of a closing or a withdrawal, which holds it whole."""
    return Entry(kind, {"record": record})


def _chained(previous: str, body: bytes) -> str:
    return hashlib.sha256(previous.encode() + body).hexdigest()


def _chain_of(lines: Sequence[bytes]) -> list[str]:
    """Return the digest of each line, up to the first whose own digest is another."""
    found: list[str] = []
    digest = ""
    for line in lines:
        digest = _chained(digest, line[:-_TAIL])
        if not line.endswith(_tail(digest).encode()):
            break
        found.append(digest)
    return found


def _told_of(lines: Sequence[bytes]) -> list[Any]:
    """Return what each line says but for its digest, up to the first that is no JSON.

    All are read in one, twice as fast as one by one, and a schema that many logs have once: it is
    most of a line. Those logs then share one list.
    """
    numbers: dict[bytes, int] = {}
    parts = [b"["]
    for line in lines:
        before, found, rest = line[:-_TAIL].partition(_SCHEMA)
        parts.append(before)
        if found:
            schema, ends, rest = rest.partition(b"]]")
            number = numbers.setdefault(found + schema + ends, len(numbers))
            parts.append(b'"schema":%d' % number)
            parts.append(rest)
        parts.append(b"},")
    parts[-1] = b"}]" if lines else b"[]"
    try:
        told: list[Any] = json.loads(b"".join(parts).decode(*_TEXT))
        known: list[Any] = [json.loads(text[len(_SCHEMA) - 2 :].decode(*_TEXT)) for text in numbers]
        for one in told:
            if one["kind"] == RECEIPT:
                receipt = one["receipt"]
                if type(receipt["schema"]) is int:
                    receipt["schema"] = known[receipt["schema"]]
        if len(told) == len(lines):
            return told
    except (ValueError, RecursionError, LookupError, TypeError):
        pass
    return _told_one_by_one(lines)


def _told_one_by_one(lines: Sequence[bytes]) -> list[Any]:
    found = []
    for line in lines:
        try:
            found.append(json.loads((line[:-_TAIL] + b"}").decode(*_TEXT)))
        except (ValueError, RecursionError):
            break
    return found


def _tail(digest: str) -> str:
    return f'{_DIGEST}{digest}"}}'


def _stamp_of(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
