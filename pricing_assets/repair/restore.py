"""Restoring: bring back what the journal names and is no longer there, from wherever it can be had.

From the journal itself, from the original files, from a copy of the home, or made again from logs
and cards; always proved by the digest that the journal has. What is lost is found in `presence`.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pricing_assets.common import files
from pricing_assets.common.errors import (
    ConfigurationError,
    CreditmillError,
    HomeFailed,
    RejectedLog,
)
from pricing_assets.common.instants import parse_instant
from pricing_assets.home import Home, Receipt, effects, manifest_json, presence
from pricing_assets.home.entries import LEDGER, RECEIPT, SEALED, STANDING, Entry, unpack
from pricing_assets.home.journal import Journal
from pricing_assets.home.loss import Loss
from pricing_assets.home.manifests import Manifest
from pricing_assets.home.presence import losses
from pricing_assets.intake import inbox
from pricing_assets.intake.reader import Reader
from pricing_assets.intake.receipts import Arrived, Rules
from pricing_assets.logs import path_columns
from pricing_assets.rates.book import Book
from pricing_assets.repair import lost_ledger
from pricing_assets.verify import recompute


@dataclass
class Restored:
    """What came of one look: what is there again, and how; what is still lost, and why; and why the
    journal of a copy was not taken."""

    restored: list[tuple[Path, str]]
    lost: list[Loss]
    refused: str | None = None


def restore(
    home: Home,
    rules: Rules,
    books: Callable[[], list[Book]],
    source: Path | None = None,
    progress: Callable[[str], None] = lambda detail: None,
) -> Restored:
    """Bring back what is lost, as far as it can be; `source` is a copy of the home, or a folder
    that holds its logs. The home is locked by the caller."""
    if source is not None and not source.exists():
        raise ConfigurationError(f"--from {source}: there is no such file or folder")
    work = _Restoring(home, rules, books, source, progress)
    work.journal()
    before: list[str] = []
    lost = losses(home)
    while lost and [str(one) for one in lost] != before:
        before = [str(one) for one in lost]
        for loss in lost:
            progress(str(loss.path))
            how = work.cure(loss)
            if how is not None:
                work.restored.append((loss.path, how))
        lost = losses(home)
    return Restored(work.restored, lost, work.refused)


def restore_settings(home: Home) -> list[tuple[Path, str]]:
    """Write `home.toml` again as the journal has it, where it is gone or can no longer be read."""
    text = home.journal.named.home
    try:
        home.settings()
    except CreditmillError:
        if text is None:
            raise
        if home.settings_file.is_dir():
            files.remove_folder(home.settings_file, home.scratch)
        files.write_bytes(home.settings_file, text.encode(), home.scratch)
        home.settings()
        return [(home.settings_file, "from the journal")]
    return []


def examine_again(
    home: Home, record: Mapping[str, Any], rules: Rules, received_at: datetime, scratch: Path
) -> Receipt:
    """Return the receipt of a kept log as it would be, had it come at this instant; its rows of no
    usage date lie in `scratch`. RejectedLog where it can no longer be read."""
    kept = home.log(record["file"])
    copy = scratch / kept.name  # the reader sees no file but those of its own folder
    copy.unlink(missing_ok=True)
    try:
        os.link(kept, copy)
    except OSError:
        shutil.copyfile(kept, copy)
    integrity = "digest" if record["integrity"] == "digest" else ""
    came_from = path_columns.folder_of(record["schema"])
    log = Arrived(
        copy, record["file_name"], record["file"], kept.stat().st_size, integrity, came_from
    )
    with Reader() as reader:
        (became,) = reader.examine([log], rules, received_at, scratch)
    if isinstance(became, RejectedLog):
        raise became
    return became


def require_bytes(home: Home, record: Mapping[str, Any], rules: Rules, source: Path | None) -> None:
    """Bring back the bytes of a withdrawn log where they are not as they were, from where it came
    from or from `source`; ConfigurationError where they are nowhere."""
    path, sha256 = home.log(record["file"]), record["file"]
    if path.is_file() and files.sha256_of(path) == sha256:
        return
    work = _Restoring(home, rules, list, source, lambda detail: None)
    if path.is_dir():
        files.remove_folder(path, home.scratch)
    if work.cure_bytes(path, sha256, record["bytes"]) is None:
        raise ConfigurationError(
            f"the bytes of {record['file_name']} are gone from {home.logs}; name a file that has"
            " them: `creditmill withdraw PATH --restore --reason TEXT`"
        )


@dataclass
class _Restoring:
    """One look, under way; `refused` says why the journal of the copy was not taken."""

    home: Home
    rules: Rules
    books: Callable[[], list[Book]]
    source: Path | None
    progress: Callable[[str], None]

    def __post_init__(self) -> None:
        self.restored: list[tuple[Path, str]] = []
        self.refused: str | None = None

    def journal(self) -> None:
        """Take the journal of a copy that goes on where this one is still sound, or that names all
        that lies here where this one is another home's."""
        if self.source is None:
            return
        file = self.source / self.home.journal_file.name
        if not file.is_file():
            return
        ours, theirs = self.home.journal, Journal(file)
        if (
            ours.lines
            and not ours.faults
            and ours.continues(theirs)
            and presence.is_of(ours, self.home)
        ):
            return
        is_later = ours.lines > 0 and theirs.lines >= ours.lines and theirs.continues(ours)
        through = self.home.checked.through or 0
        if theirs.faults or not (
            (is_later and theirs.lines >= through)
            or (presence.is_of(theirs, self.home) and not presence.is_of(ours, self.home))
        ):
            self.refused = _why_refused(theirs, through)
            return
        files.write_bytes(self.home.journal_file, theirs.sound_bytes(), self.home.scratch)
        self.restored.append((self.home.journal_file, f"from {file}"))

    def cure(self, loss: Loss) -> str | None:
        """Bring one thing back; says how, None where it cannot be."""
        entry = loss.entry
        if entry is None:
            return self._put_aside(loss.path)
        try:
            if loss.path.suffix and loss.path.is_dir():  # a folder bears the name of a file
                files.remove_folder(loss.path, self.home.scratch)
            if entry.kind == RECEIPT:
                return self._cure_log(loss, entry)
            if entry.kind in SEALED:
                return self._cure_folder(loss, entry)
            effects.bring_about(self.home, entry)
        except (OSError, HomeFailed) as error:
            self.progress(f"{loss.path}: {error}")
            return None
        return "from the journal"

    def _put_aside(self, folder: Path) -> str | None:
        """Put a version or a booking aside that lies where another one belongs."""
        file = folder / "manifest.json"
        named = self.home.journal.named
        known = {
            digest
            for kind in SEALED
            for of_day in named.sealed(kind).values()
            for digest in of_day.values()
        }
        if not file.is_file() or files.sha256_of(file) not in known:
            return None
        files.remove_folder(folder, self.home.scratch)
        return "taken away: it belongs to another date or number"

    def _cure_log(self, loss: Loss, entry: Entry) -> str | None:
        record = entry.fields["receipt"]
        if loss.path == effects.file_of(self.home, entry):
            effects.bring_about(self.home, entry)
            return "from the journal"
        if loss.path == self.home.log(record["file"]):
            return self.cure_bytes(loss.path, record["file"], record["bytes"])
        return self._cure_undated(loss.path, record)

    def cure_bytes(self, path: Path, sha256: str, size: int) -> str | None:
        """Bring back a log from any file that holds its bytes; says which."""
        for candidate in self._candidates(sha256, size):
            copy = self.home.scratch / "restored"
            with files.open_regular(candidate) as stream:
                digest, _ = files.copy_with_digest(stream, copy, size)
            if digest == sha256:
                os.chmod(copy, 0o444)
                files.move(copy, path)
                return f"from {candidate}"
        return None

    def _candidates(self, sha256: str, size: int) -> Iterator[Path]:
        """Files that may hold these bytes: where they came from, then those of the copy."""
        for name, seen in inbox.load_seen(self.home).items():
            if sha256 in seen and _size(Path(name)) == size:
                yield Path(name)
        if self.source is None:
            return
        if self.source.is_file():
            yield self.source
        for parent, _, names in os.walk(self.source):
            for name in sorted(names):
                if _size(Path(parent, name)) == size:
                    yield Path(parent, name)

    def _cure_undated(self, path: Path, record: dict[str, Any]) -> str | None:
        digest = record["undated_sha256"]
        if self.source is not None:
            twin = self.source / path.relative_to(self.home.path)
            if twin.is_file() and files.sha256_of(twin) == digest:
                shutil.copyfile(twin, self.home.scratch / "restored")
                files.sync_file(self.home.scratch / "restored")
                files.move(self.home.scratch / "restored", path)
                return f"from {twin}"
        if not self.home.log(record["file"]).is_file():
            return None
        received = parse_instant(record["received_at"])
        try:
            examine_again(self.home, record, self.rules, received, self.home.scratch)
        except RejectedLog:
            return None
        made = self.home.scratch / f"{record['file']}.quarantine.parquet"
        if not made.is_file() or files.sha256_of(made) != digest:
            return None
        files.sync_file(made)
        files.move(made, path)
        return "made again from the log"

    def _cure_folder(self, loss: Loss, entry: Entry) -> str | None:
        folder = effects.folder_of(self.home, entry)
        if loss.path.name == "current":
            if loss.path.is_dir() and not loss.path.is_symlink():
                files.remove_folder(loss.path, self.home.scratch)
            if not os.path.lexists(folder / "manifest.json"):
                return None
            files.point(loss.path, folder.name, self.home.scratch)
            return "put right"
        if entry.kind in (LEDGER, STANDING):
            return lost_ledger.cure(self.home, entry, self.source, self._put)
        manifest = self._manifest(folder, entry)
        if manifest is None:
            return None
        if self.source is not None:
            twin = self.source / folder.relative_to(self.home.path)
            if is_whole_folder(twin, manifest):
                stage = self.home.scratch / "restored-folder"
                shutil.copytree(twin, stage)
                return self._put(stage, folder, f"from {twin}")
        day = date.fromisoformat(entry.fields["usage_date"])
        scratch = self.home.scratch / f"again-{day}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        try:
            made = recompute.remake(self.home, day, folder, manifest[0], self.books(), scratch)
        except CreditmillError as error:
            self.progress(f"{folder}: {error}")
            return None
        if made is None:
            return None
        stage = self.home.scratch / "restored-folder"
        stage.mkdir()
        for name in manifest[0].outputs:
            os.replace(made / name, stage / name)
        (stage / "manifest.json").write_bytes(manifest[1])
        return self._put(stage, folder, "made again from its logs and cards")

    def _manifest(self, folder: Path, entry: Entry) -> tuple[Manifest, bytes] | None:
        """Return the manifest that the journal means: of the folder, of the copy, or kept in its
        line."""
        places = [
            folder,
            *([self.source / folder.relative_to(self.home.path)] if self.source else []),
        ]
        found = [place / "manifest.json" for place in places]
        held = [file.read_bytes() for file in found if file.is_file()]
        packed = self.home.journal.named.manifests.get(entry.fields["manifest_sha256"])
        if packed is not None:
            held.append(unpack(packed))
        for data in held:
            if files.sha256_bytes(data) == entry.fields["manifest_sha256"]:
                return manifest_json.load(files.from_json(data)), data
        return None

    def _put(self, stage: Path, folder: Path, how: str) -> str:
        for file in stage.iterdir():
            os.chmod(file, 0o444)
            files.sync_file(file)
        files.sync_folder(stage)
        if os.path.lexists(folder):
            if folder.is_dir():
                files.remove_folder(folder, self.home.scratch)
            else:
                folder.unlink()
        files.make_folder(folder.parent)
        files.publish_folder(stage, folder)
        return how


def _why_refused(theirs: Journal, through: int) -> str:
    """Why the journal of a copy does not take the place of the home's."""
    if theirs.faults:
        return f"{theirs.file}: {theirs.said_of(theirs.faults[0])[0]}; it is not taken"
    if theirs.lines < through:
        return (
            f"{theirs.file} is older than the home: it ends at line {theirs.lines} of {through}; it"
            " is not taken, a later copy would be"
        )
    return f"{theirs.file} is another home's, or that of an older copy: it is not taken"


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None


def is_whole_folder(folder: Path, manifest: tuple[Manifest, bytes]) -> bool:
    """Return whether a folder holds exactly what a manifest says; of a pruned one, its manifest."""
    file = folder / "manifest.json"
    if not file.is_file() or file.read_bytes() != manifest[1]:
        return False
    if (folder / "pruned.json").is_file():
        return True
    return all(
        (folder / name).is_file() and files.sha256_of(folder / name) == output.sha256
        for name, output in manifest[0].outputs.items()
    )
