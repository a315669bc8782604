"""Bring back a lost folder of the ledger: from a copy of the home, or made again from what its
manifest pins.

What is lost is decided in `presence`; versions and bookings belong to `lost_folders`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pricing_assets.common import files, json_files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.home import Home, effects
from pricing_assets.home.entries import LEDGER, JournalEntry, unpack
from pricing_assets.ledger import remake
from pricing_assets.ledger.stored import MANIFEST

Put = Callable[[Path, Path, str], str]
"""Give a whole folder the name of another, and say how it came."""


def bring_back(home: Home, entry: JournalEntry, copy: Path | None, put: Put) -> str | None:
    """Bring one folder back; return how, None where it cannot be. `copy` is a copy of the home."""
    folder = effects.folder_of(home, entry)
    twin = None if copy is None else copy / folder.relative_to(home.path)
    data = next(_manifests(home, entry, folder, twin), None)
    if data is None:
        return None
    outputs = json_files.from_json(data)["outputs"]
    if twin is not None and _is_whole(twin, outputs):
        stage = home.scratch / "restored-folder"
        shutil.copytree(twin, stage)
        return put(stage, folder, f"from {twin}")
    put(_stage(home, data), folder, "")  # the lines that it pins are needed to make it again
    day = date.fromisoformat(entry.fields["usage_date"])
    try:
        if entry.kind == LEDGER:
            made_again = remake.remake_dates(home, [day], home.scratch)[day]
        else:
            made_again = remake.remake_standing(home, day, home.scratch)
    except (CreditmillError, ValueError):
        return None
    if not _is_whole(made_again, outputs):
        return None
    stage = _stage(home, data)
    for name in outputs:
        os.replace(made_again / name, stage / name)
    return put(stage, folder, "made again from what its manifest pins")


def _stage(home: Home, manifest: bytes) -> Path:
    stage = home.scratch / "restored-folder"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    (stage / MANIFEST).write_bytes(manifest)
    return stage


def _manifests(home: Home, entry: JournalEntry, folder: Path, twin: Path | None) -> Iterator[bytes]:
    """Yield the manifest that the journal means: of the folder, of the copy, or kept in its line."""
    digest = entry.fields["manifest_sha256"]
    for place in filter(None, (folder, twin)):
        if (place / MANIFEST).is_file():
            data = files.read_regular(place / MANIFEST)
            if files.sha256_bytes(data) == digest:
                yield data
    packed = home.journal.named.manifests.get(digest)
    if packed is not None:
        yield unpack(packed)


def _is_whole(folder: Path, outputs: dict[str, Any]) -> bool:
    return all(
        (folder / name).is_file() and files.sha256_of(folder / name) == output["sha256"]
        for name, output in outputs.items()
    )
