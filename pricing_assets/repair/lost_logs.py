"""Bring back what is lost of a log: its receipt, its bytes, and its rows of no usage date.

What is lost is found in `presence`; every byte that comes back is proved by the digest that the
journal has.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pricing_assets.common import files, hive_paths
from pricing_assets.common.errors import ConfigurationError, RejectedLog
from pricing_assets.common.instants import parse_instant
from pricing_assets.home import Home, Receipt, derived, effects, references
from pricing_assets.home.entries import JournalEntry
from pricing_assets.home.loss import Loss
from pricing_assets.home.receipt import keeps_bytes
from pricing_assets.intake import inbox
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.reader import Reader
from pricing_assets.logs import path_columns
from pricing_assets.sources.kept import KeptSource


@dataclass(frozen=True)
class LostLogs:
    """Logs of a locked home that come back by `rules`, from where they came from or from `source`: a
    copy of the home, a folder that holds logs, or one file."""

    home: Home
    rules: Rules
    source: Path | None

    def bring_back(self, loss: Loss, entry: JournalEntry) -> str | None:
        """Bring back what is lost of the log that a receipt's entry names; return how, None where it
        cannot be."""
        record = entry.fields["receipt"]
        if loss.path == effects.file_of(self.home, entry):
            effects.bring_about(self.home, entry)
            return "from the journal"
        if loss.path == self.home.kept(record) and not keeps_bytes(record):
            return self._from_copy(loss.path, self.home.kept_sha256(record))
        if loss.path == self.home.kept(record):
            return self.bring_back_bytes(loss.path, record["file"], record["bytes"])
        return self._bring_back_undated(loss.path, record)

    def bring_back_bytes(self, path: Path, sha256: str, size: int) -> str | None:
        """Bring back a log from any file that holds its bytes; return which, None where none does."""
        for candidate in self._candidates(sha256, size):
            copy = self.home.scratch / "restored"
            with files.open_regular(candidate) as stream:
                digest, _ = files.copy_with_digest(stream, copy, size)
            if digest == sha256:
                os.chmod(copy, 0o444)
                files.move(copy, path)
                return f"from {candidate}"
        return None

    def require_bytes(self, record: Mapping[str, Any]) -> None:
        """Bring back the bytes of a withdrawn log where they are not as they were, of one whose raw bytes
        are not kept into the scratch folder; ConfigurationError where they are nowhere."""
        if not keeps_bytes(record):
            aside = self.aside(record)
            if self.bring_back_bytes(aside, record["file"], record["bytes"]) is None:
                raise ConfigurationError(
                    f"{record['file_name']} came with keep_raw = false: its raw bytes are not in"
                    f" {self.home.path}, nor where it came from; name a file that has them: `creditmill"
                    " withdraw PATH --restore --reason TEXT`"
                )
            return
        if references.is_reference(record):
            if why := references.bring(self.home, record):
                raise ConfigurationError(f"{record['file_name']} {why}")
            return
        path, sha256 = self.home.kept(record), record["file"]
        if path.is_file() and files.sha256_of(path) == sha256:
            return
        if path.is_dir():
            files.remove_folder(path, self.home.scratch)
        if self.bring_back_bytes(path, sha256, record["bytes"]) is None:
            raise ConfigurationError(
                f"the bytes of {record['file_name']} are gone from {self.home.logs}; name a file that"
                " has them: `creditmill withdraw PATH --restore --reason TEXT`"
            )

    def aside(self, record: Mapping[str, Any]) -> Path:
        """Return where the bytes of a log lie, while it is examined again, that the home does not keep."""
        return self.home.scratch / self.home.log(record["file"], is_raw=True).name

    def source_of(self, record: Mapping[str, Any]) -> KeptSource:
        """Return the source that reads a log again: its own, by which a run maps it anew later; where raw
        bytes are not kept, the present one of its inbox."""
        sha256 = record["source"]["sha256"]
        if not keeps_bytes(record):
            inboxes = {one.inbox: one.sha256 for one in self.home.settings().sources}
            sha256 = inboxes.get(record["source"]["inbox"], sha256)
        return derived.source_of(self.home, sha256).as_mapped_now()

    def examine_again(
        self, record: Mapping[str, Any], received_at: datetime, scratch: Path
    ) -> Receipt:
        """Return the receipt of a log as it would be, had it come at this instant, whose bytes are where
        `require_bytes` leaves them; its rows of no usage date lie in `scratch`. RejectedLog where it can
        no longer be read."""
        # the reader sees no file but those of its own folder
        copy = self.aside(record)
        if keeps_bytes(record):
            kept = self.home.kept(record)
            copy = scratch / kept.name
            copy.unlink(missing_ok=True)
            try:
                os.link(kept, copy)
            except OSError:
                shutil.copyfile(kept, copy)
        integrity = "digest" if record["integrity"] == "digest" else ""
        came_from = path_columns.folder_of(record["schema"])
        log = Arrived(
            copy, record["file_name"], record["file"], copy.stat().st_size, integrity, came_from
        )._replace(table=record.get("table"))
        rules = self.rules
        if source := record.get("source"):
            came_from = hive_paths.folder_of(json.loads(source.get("in_path", "{}")))
            known = self.source_of(record)
            log = log._replace(source=known.digest, inbox=source["inbox"], folder=came_from)
            rules = rules._replace(sources={known.digest: known})
        with Reader() as reader:
            (examined,) = reader.examine([log], rules, received_at, scratch)
        if isinstance(examined, RejectedLog):
            raise examined
        return replace(examined, reference=record.get("reference"))

    def _candidates(self, sha256: str, size: int) -> Iterator[Path]:
        """Yield files that may hold these bytes: where they came from, then those of the source."""
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

    def _bring_back_undated(self, path: Path, record: dict[str, Any]) -> str | None:
        """Bring back a log's rows of no usage date: from the copy, or read from the log again."""
        digest = record["undated_sha256"]
        if copied := self._from_copy(path, digest):
            return copied
        if references.is_reference(record):
            references.bring(self.home, record)
        if not keeps_bytes(record) or not self.home.kept(record).is_file():
            return None
        received = parse_instant(record["received_at"])
        try:
            self.examine_again(record, received, self.home.scratch)
        except RejectedLog:
            return None
        undated = self.home.scratch / f"{record['file']}.quarantine.parquet"
        if not undated.is_file() or files.sha256_of(undated) != digest:
            return None
        files.sync_file(undated)
        files.move(undated, path)
        return "made again from the log"

    def _from_copy(self, path: Path, digest: str) -> str | None:
        """Bring back a file from a copy of the home; return from where, None where that has none."""
        if self.source is None:
            return None
        twin = self.source / path.relative_to(self.home.path)
        if not twin.is_file() or files.sha256_of(twin) != digest:
            return None
        shutil.copyfile(twin, self.home.scratch / "restored")
        files.sync_file(self.home.scratch / "restored")
        files.make_folder(path.parent)
        files.move(self.home.scratch / "restored", path)
        return f"from {twin}"


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None
