"""The journal of a home: one line per receipt, version, booking, closing, withdrawal, used card,
alias and agreement, so that whatever is lost, rolled back or replaced is noticed.

`HOME/journal.jsonl` is only ever added to, and each line's digest covers the line before it. How
lines are chained and read belongs to `journal_lines`, what a line brings about to `effects`, whether
all of it is still there to `presence`.
"""

import copy
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing_assets.common import files
from pricing_assets.common.errors import DamagedHome, HomeFailed
from pricing_assets.common.many_objects import many_objects
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.home import journal_lines
from pricing_assets.home.entries import JournalEntry, NamedEntries

RESTORED = (
    "restore it from a copy (`creditmill restore --from BACKUP`), or begin it again from what is here"
    " (`creditmill restore --accept-loss REASON`)"
)
"""What brings a journal back."""


@dataclass(frozen=True)
class Fault:
    """A line that is not as it was written; `line` counts from 1."""

    line: int
    what: str


class Journal:
    """A home's journal as read, with the lines appended since.

    `last` are the entries of the last commit, which a killed run may have left half done; the
    commits before it are done, since one follows the other.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.named = NamedEntries()
        self.faults: list[Fault] = []
        self.last: list[JournalEntry] = []
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
        """Return this journal; DamagedHome where a line is not as it was written."""
        if self.faults:
            raise DamagedHome([f"{self.file}: {'; '.join(self.said_of(self.faults[0]))}"])
        return self

    def said_of(self, fault: Fault) -> tuple[str, str]:
        """Return a fault in words, and what restores it."""
        return f"line {fault.line} {fault.what}: the journal was changed or cut", RESTORED

    def said_short(self, through: int) -> str:
        """Return what is wrong with a journal that ends before a line that it had."""
        if not os.path.lexists(self.file):
            return "is missing"
        return f"was rolled back or replaced: it ends at line {self.lines} of {through}"

    def continues(self, other: "Journal") -> bool:
        """Return whether this journal begins with every sound line of the other."""
        return self.sound_bytes().startswith(other.sound_bytes())

    def sound_bytes(self) -> bytes:
        """Return the bytes of the lines that count."""
        return files.read_regular(self.file)[: self._size] if self._size else b""

    def entries(self) -> Iterator[tuple[int, JournalEntry]]:
        """Yield the number of each line that counts, and what it says."""
        records = journal_lines.records_of(self.sound_bytes().split(b"\n")[:-1])
        for number, record in enumerate(records, start=1):
            rest = {name: value for name, value in record.items() if name not in ("kind", "number")}
            yield number, JournalEntry(record["kind"], rest)

    def digest_at(self, line: int) -> str | None:
        """Return the digest of a line, which covers all before it; None where there is no such line."""
        lines = self.sound_bytes().split(b"\n")[:-1][: max(line, 0)]
        return journal_lines.chain_of(lines)[-1] if line == len(lines) > 0 else None

    def through(self, line: int) -> "Journal":
        """Return the journal as it was at the end of a line."""
        then = copy.copy(self)
        then.named, then.last, then.lines = NamedEntries(), [], line
        for number, entry in self.entries():
            if number > line:
                break
            then.named.add(entry)
        return then

    def _read(self) -> None:
        try:
            raw = files.read_regular(self.file)
        except OSError as error:
            self.faults.append(Fault(1, f"cannot be read ({reason_of(error, self.file)})"))
            return
        # What follows the last line's end was being written by a run when it was killed.
        lines = raw.split(b"\n")[:-1]
        digests = journal_lines.chain_of(lines)
        records = journal_lines.records_of(lines[: len(digests)])
        begun, at = 0, 0
        wrong = len(records) + 1 if len(records) < len(lines) else None
        commit: list[tuple[str, dict[str, Any]]] = []
        for number, one in enumerate(records, start=1):
            if not isinstance(one, dict) or one.pop("number", None) != number or "kind" not in one:
                wrong = number
                break
            if one.pop("more", False):
                continue
            ended = [(line.pop("kind"), line) for line in records[begun:number]]
            try:
                for kind, fields in ended:
                    self.named.take(kind, fields)
            except (KeyError, TypeError, AttributeError):
                wrong = number
                break
            at += sum(map(len, lines[begun:number])) + number - begun
            begun, commit = number, ended
            self.lines, self._digest, self._size = number, digests[number - 1], at
        self.last = [JournalEntry(kind, fields) for kind, fields in commit]
        if wrong is not None:
            self.faults.append(Fault(wrong, "is not what was written"))

    def append(self, entries: Sequence[JournalEntry], at: str) -> None:
        """Add the lines of one commit, durably: after a crash all of them are there, or none.
        HomeFailed where the file cannot be opened."""
        self.require()
        digest, written = self._digest, []
        for number, entry in enumerate(entries, start=self.lines + 1):
            record = {"number": number, "kind": entry.kind, "at": at} | entry.fields
            if number < self.lines + len(entries):
                record["more"] = True
            text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            body = text[:-1].encode("utf-8", "surrogateescape")
            digest = journal_lines.chained(digest, body)
            written.append(body + journal_lines.tail(digest).encode() + b"\n")
        data = b"".join(written)
        is_new = not self.file.exists()
        try:
            handle = os.open(self.file, os.O_WRONLY | os.O_CREAT, 0o644)
        except OSError as error:
            raise HomeFailed(
                f"{self.file} cannot be written: {reason_of(error, self.file)}"
            ) from error
        try:
            os.ftruncate(handle, self._size)  # what a killed run left of a line goes
            os.lseek(handle, self._size, os.SEEK_SET)
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        except OSError:
            with suppress(OSError):  # what is there in part, or may not last, was never said
                os.ftruncate(handle, self._size)
            raise
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


def _stamp_of(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
