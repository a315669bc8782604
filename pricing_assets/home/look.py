"""One look at a home: everything that is not as its journal says, in seconds.

A file whose size and time are as they were when it was last found right is not read again; every
byte is looked at by `verify` and `restore`. What is asked of a look belongs to `presence`.
"""

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from pricing_assets.common import files, json_files
from pricing_assets.home import effects, manifest_json
from pricing_assets.home.entries import (
    BOOKING,
    CLOSING,
    LEDGER,
    RECEIPT,
    SEALED,
    STANDING,
    VERSION,
    WITHDRAWAL,
    JournalEntry,
    folder_entry,
    key_of,
)
from pricing_assets.home.journal import RESTORED
from pricing_assets.home.listing import link_of, names_in, numbered_folders, stamps_in
from pricing_assets.home.loss import FOREIGN, REMADE, RESTORE, Loss
from pricing_assets.home.names import is_act, log_of
from pricing_assets.home.receipt import keeps_bytes

if TYPE_CHECKING:
    from pricing_assets.home.home import Home

_WORDS = {
    VERSION: "version",
    BOOKING: "booking",
    LEDGER: "ledger version",
    STANDING: "standing",
}


class Look:
    """One look at a home. What is there is listed before the journal is read, and what a run may
    be doing right now is left out, so that readers need no lock."""

    def __init__(self, home: "Home", *, read_again: bool = False, every_byte: bool = False) -> None:
        self.read_again = read_again
        self.every_byte = every_byte
        self.home = home
        self.checked = home.checked
        self.receipts = names_in(home.receipts)
        self.folders = {kind: numbered_folders(parent) for kind, parent in home.parents.items()}
        self.links = {
            (kind, day): link_of(home.folder_of(kind, day) / "current")
            for kind, found in self.folders.items()
            for day in found
        }
        self.closings, self.withdrawals = names_in(home.closings), names_in(home.withdrawals)
        self.journal = home.journal
        through = self.checked.through
        in_doubt = through is not None and through < self.journal.lines
        self.open = {key_of(entry) for entry in self.journal.last} if in_doubt else set()

    def losses(self) -> Iterator[Loss]:
        """Yield every loss, in the order of a log's way to a report."""
        journal = self.journal
        if journal.faults:
            what, cure = journal.said_of(journal.faults[0])
            yield Loss(journal.file, what, cure)
            return
        if self.checked.through is not None and self.checked.through > journal.lines:
            yield Loss(journal.file, journal.said_short(self.checked.through), RESTORED)
            return
        if not journal.lines and (self.receipts_found() or self.folders[VERSION] or self.closings):
            yield Loss(journal.file, "is missing", RESTORED)
            return
        yield from self._receipts()
        for kind in SEALED:
            yield from self._folders(kind, self.folders[kind], journal.named.sealed(kind))
        yield from self._acts(CLOSING, self.closings, journal.named.closings)
        yield from self._acts(WITHDRAWAL, self.withdrawals, journal.named.withdrawals)

    def receipts_found(self) -> list[str]:
        """Return the SHA-256 of every receipt that is there."""
        return [file for name in self.receipts if (file := log_of(name)) is not None]

    def fault(self, path: Path, right: str | dict[str, Any]) -> str | None:
        """Return what is wrong with a file; None where it is as it was."""
        try:
            is_read = self.every_byte or (self.read_again and path.suffix == ".json")
            if not is_read and self.home.is_as_noted(path):
                return None
            same = (
                files.sha256_of(path) == right
                if isinstance(right, str)
                else files.read_regular(path) == json_files.to_json(right)
            )
        except FileNotFoundError:
            return "is missing"
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        if not same:
            self.home.forget(path)
            return "is not what was written"
        self.home.note(path)
        return None

    def _receipts(self) -> Iterator[Loss]:
        named = self.journal.named
        as_noted = set() if self.read_again or self.every_byte else self._as_noted()
        for file, record in named.receipts.items():
            if file in as_noted and record["undated_sha256"] is None:
                continue  # as nearly all are: thousands of files, and no Path on the way
            entry = JournalEntry(RECEIPT, {"receipt": record})
            is_open = key_of(entry) in self.open
            for path, right in effects.files_of(self.home, entry):
                if is_open and path.parent == self.home.receipts and path.suffix == ".json":
                    continue  # written after its line; what it is about came before
                fault = self.fault(path, right)
                if fault is None or (path == self.home.kept(record) and file in named.withdrawn):
                    continue
                name = record["file_name"].encode("utf-8", "replace").decode()
                cure = RESTORE
                if path.parent == self.home.logs:
                    cure = (
                        f"`creditmill restore --from PATH` takes it from the folder where {name} lies"
                        f" or is delivered once more, or from a copy of the home; if it is gone for"
                        f" good: `creditmill withdraw {file[:16]} --reason TEXT`"
                    )
                elif path.suffix == ".parquet" and path.parent == self.home.receipts:
                    cure = "`creditmill restore` makes it again from the log"
                yield Loss(path, f"{_of(path, self.home)} of {name} {fault}", cure, entry)
        known = {f"{file}.json" for file in named.receipts}
        for file in sorted(filter(None, map(log_of, self.receipts - known))):
            yield Loss(self.home.receipt_file(file), "a receipt that is not known", FOREIGN)

    @cached_property
    def raw(self) -> set[str]:
        """The SHA-256 of each log that is kept raw."""
        receipts = self.journal.named.receipts
        return {file for file, record in receipts.items() if "source" in record}

    def _as_noted(self) -> set[str]:
        """Return the SHA-256 of each log whose receipt and bytes are of the size and time noted."""
        found = set(self.journal.named.receipts)
        for folder, ending in ((self.home.logs, ".parquet"), (self.home.receipts, ".json")):
            stamps, noted = stamps_in(folder), self.checked.folders.get(folder.name, {})
            right = noted
            if not (noted.items() <= stamps.items()):  # as a rule they are: one look at all
                right = {name: stamp for name, stamp in noted.items() if stamps.get(name) == stamp}
            names = {file + ending for file in found}
            if ending == ".parquet" and self.raw:
                receipts = self.journal.named.receipts
                found -= {file for file in self.raw if not keeps_bytes(receipts[file])}
                names = {file + (".raw" if file in self.raw else ending) for file in found}
            if not (names <= right.keys()):
                found = {name.partition(".")[0] for name in names & right.keys()}
        return found

    def _folders(
        self, kind: str, found: dict[date, set[int]], named: dict[str, dict[int, str]]
    ) -> Iterator[Loss]:
        what = _WORDS[kind]
        for iso, numbers in named.items():
            day = date.fromisoformat(iso)
            is_open = False
            for number, digest in numbers.items():
                entry = folder_entry(kind, iso, number, digest)
                if key_of(entry) in self.open:
                    is_open = True
                    if effects.is_waiting(self.home, entry):
                        continue
                in_force = kind == BOOKING or number == max(numbers) or self.every_byte
                yield from self._version(entry, f"{what} {number} of {day}", in_force=in_force)
            newer = {f"{number:04d}" for number in found.get(day, ()) if number > max(numbers)}
            # where the journal was rolled back, `current` leads to a version that it does not know
            if kind != BOOKING and not is_open and self.links.get((kind, day)) not in newer:
                yield from self._current(kind, day, max(numbers))
        for day, numbers_found in found.items():
            known = named.get(day.isoformat(), {})
            for number in sorted(numbers_found - known.keys()):
                entry = folder_entry(kind, day.isoformat(), number, "")
                folder = effects.folder_of(self.home, entry)
                yield Loss(folder, f"{what} {number} of {day} is not known", FOREIGN)

    def _version(self, entry: JournalEntry, what: str, *, in_force: bool) -> Iterator[Loss]:
        ((manifest, digest),) = effects.files_of(self.home, entry)
        fault = self.fault(manifest, digest)
        if fault is not None:
            yield Loss(manifest.parent, f"{what} {fault}", REMADE, entry)
            return
        if not in_force or (manifest.parent / "pruned.json").is_file():
            return
        for name, sha256 in _digests(entry.kind, manifest).items():
            fault = self.fault(manifest.parent / name, sha256)
            if fault is not None:
                yield Loss(manifest.parent / name, f"{name} of {what} {fault}", REMADE, entry)

    def _current(self, kind: str, day: date, number: int) -> Iterator[Loss]:
        link = self.links.get((kind, day))
        if link != f"{number:04d}":
            path = self.home.folder_of(kind, day) / "current"
            what = f"names {link}" if link else "is missing"
            digest = self.journal.named.sealed(kind)[day.isoformat()][number]
            entry = folder_entry(kind, day.isoformat(), number, digest)
            cure = "`creditmill restore` puts it right"
            yield Loss(path, f"{what}, and {_WORDS[kind]} {number} was in force", cure, entry)

    def _acts(self, kind: str, found: set[str], records: list[dict[str, Any]]) -> Iterator[Loss]:
        for record in records:
            entry = JournalEntry(kind, {"record": record})
            ((file, right),) = effects.files_of(self.home, entry)
            fault = None if key_of(entry) in self.open else self.fault(file, right)
            if fault is not None:
                yield Loss(file, f"{kind} {record['number']} {fault}", RESTORE, entry)
        known = {f"{record['number']:04d}.json" for record in records}
        folder = self.home.closings if kind == CLOSING else self.home.withdrawals
        for name in sorted(found - known):
            if is_act(name):
                yield Loss(folder / name, f"a {kind} that is not known", FOREIGN)


class _Output(TypedDict):
    sha256: str


class _Sealed(TypedDict):
    """What every manifest says of its folder."""

    outputs: dict[str, _Output]


def _digests(kind: str, manifest: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that a manifest names, by name."""
    if kind in (VERSION, BOOKING):
        return {name: one.sha256 for name, one in manifest_json.read(manifest).outputs.items()}
    outputs = json_files.read_record(manifest, _Sealed)["outputs"]
    return {name: output["sha256"] for name, output in outputs.items()}


def _of(path: Path, home: "Home") -> str:
    if path.parent == home.logs:
        return "the log"
    return "the receipt" if path.suffix == ".json" else "the rows of no usage date"
