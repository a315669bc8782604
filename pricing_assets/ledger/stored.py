"""The ledger as a home keeps it: numbered, sealed folders per date, and what their manifests say.

What goes into them is decided by `publish`.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

from pricing_assets.common import files, json_files
from pricing_assets.common.clock import now
from pricing_assets.common.errors import DamagedFile
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.home import Home, effects
from pricing_assets.home.entries import LEDGER, STANDING, JournalEntry, sealed_entry
from pricing_assets.home.listing import dates_in
from pricing_assets.home.names import number_of
from pricing_assets.ledger.pinned import Pins
from pricing_assets.report.manifest import libraries, seal

MANIFEST = "manifest.json"


class _Output(TypedDict):
    sha256: str
    bytes: int


class _Superseded(TypedDict):
    version: int
    manifest_sha256: str


class _Manifest(TypedDict):
    """What manifests of both kinds say, beside lines of grants, voids and plans."""

    digest: str
    usage_date: str
    version: int
    published_at: str
    libraries: dict[str, str]
    supersedes: _Superseded | None
    outputs: dict[str, _Output]
    chain: str


@dataclass(frozen=True)
class Stored:
    """One numbered folder of a date."""

    usage_date: date
    number: int
    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Its manifest; DamagedFile where it is not what was published here."""
        file = self.folder / MANIFEST
        record: dict[str, Any] = {**json_files.read_record(file, _Manifest)}
        if json_files.digest_of(record) != record["digest"]:
            raise json_files.damaged(file, "its bytes are not those that were published")
        place = record["usage_date"], record["version"]
        if place != (self.usage_date.isoformat(), self.number):
            raise json_files.damaged(file, f"it is that of version {place[1]} of {place[0]}")
        return record


def current(home: Home, kind: str, day: date) -> Stored | None:
    """Return the folder of a date that counts; None where it has none.
    DamagedFile where that folder is missing."""
    parent = home.folder_of(kind, day)
    try:
        name = home.in_force(kind, day)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DamagedFile(
            f"{parent / 'current'} must be a link to a folder: {reason_of(error)}"
        ) from error
    number = number_of(name)
    if number is None or not (parent / name / MANIFEST).is_file():
        raise DamagedFile(f"{parent / name}: what counts is missing; restore it")
    return Stored(day, number, parent / name)


def dates(home: Home, kind: str) -> list[date]:
    """Return every date with a folder of this kind, in order."""
    return sorted(dates_in(home.parents[kind]))


def all_of(home: Home, kind: str, day: date) -> list[Stored]:
    """Return every folder of a date, in order, also those that count no more."""
    parent = home.folder_of(kind, day)
    names = os.listdir(parent) if parent.is_dir() else []
    numbers = sorted(number for name in names if (number := number_of(name)) is not None)
    return [Stored(day, number, parent / f"{number:04d}") for number in numbers]


def counting(home: Home, kind: str) -> Iterator[Stored]:
    """Yield the folder that counts of each date, in order."""
    for day in dates(home, kind):
        found = current(home, kind, day)
        if found is not None:
            yield found


def pins_of(stored: Mapping[date, Stored]) -> Pins:
    """Return every line that these dates were made with."""
    grants: dict[str, dict[str, Any]] = {}
    voids: dict[str, dict[str, Any]] = {}
    for one in stored.values():
        grants |= {record["grant_id"]: record for record in one.manifest["grants"]}
        voids |= {record["void_id"]: record for record in one.manifest["voids"]}
    return Pins(grants, voids)


def waiting_lines(home: Home) -> dict[str, tuple[date, date]]:
    """Return the lines that took the first open date while it was still to come: by `grant ID` and
    `void ID`, the date that each names, and that it counts on."""
    days = dates(home, STANDING)
    held = current(home, STANDING, days[-1]) if days else None
    if held is None:
        return {}
    lines = [
        (f"grant {one['grant_id']}", one["written_date"], one["effective_date"])
        for one in held.manifest["grants"]
    ]
    lines += [
        (f"void {one['void_id']}", one["written_date"], one["date"])
        for one in held.manifest.get("voids", ())
    ]
    return {
        name: (date.fromisoformat(written), date.fromisoformat(on))
        for name, written, on in lines
        if written != on
    }


def wait(home: Home, kind: str, day: date, stage: Path, facts: Mapping[str, Any]) -> JournalEntry:
    """Seal a folder of a date, and put it where its commit finds it; gives its entry.

    `said` is what its manifest says beside its number, what it supersedes, and its files.
    """
    before = current(home, kind, day)
    number = max(home.journal.named.sealed(kind).get(day.isoformat(), {}), default=0) + 1
    manifest = {
        "schema_version": 1,
        "usage_date": day.isoformat(),
        "version": number,
        "published_at": now().isoformat(),
        "libraries": dict(libraries()),
        "supersedes": before
        and {
            "version": before.number,
            "manifest_sha256": files.sha256_of(before.folder / MANIFEST),
        },
        "outputs": {
            file.name: {"sha256": files.sha256_of(file), "bytes": file.stat().st_size}
            for file in sorted(stage.iterdir())
        },
        **facts,
    }
    data = seal(stage, manifest)
    files.move(stage, effects.pending(home, kind, day.isoformat(), number))
    return sealed_entry(kind, day.isoformat(), number, data)


def new_stage(parent: Path) -> Path:
    """Return a new empty folder to write a date's files into."""
    return Path(tempfile.mkdtemp(dir=parent, prefix="ledger-"))


def waiting(home: Home, day: date) -> Path:
    """Return where a date of the ledger that waits for its commit lies."""
    number = max(home.journal.named.ledgers.get(day.isoformat(), {}), default=0) + 1
    return effects.pending(home, LEDGER, day.isoformat(), number)
