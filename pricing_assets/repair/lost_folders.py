"""Bring back a lost folder of a version or a booking, or the link to the one in force.

From a copy of the home, or made again from the logs and cards that its manifest pins. Folders of the
ledger belong to `lost_ledger`, what is lost is found in `presence`.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pricing_assets.common import files, json_files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.home import Home, effects, manifest_json
from pricing_assets.home.entries import LEDGER, STANDING, JournalEntry, unpack
from pricing_assets.home.loss import Loss
from pricing_assets.home.manifests import Manifest
from pricing_assets.rates.book import Book
from pricing_assets.repair import lost_ledger
from pricing_assets.verify import recompute


@dataclass(frozen=True)
class LostFolders:
    """Folders of a locked home that come back from `copy`, a copy of the home, or are made again by
    the cards of `books`; `progress` is given the reason why one could not be."""

    home: Home
    books: Callable[[], list[Book]]
    copy: Path | None
    progress: Callable[[str], None]

    def bring_back(self, loss: Loss, entry: JournalEntry) -> str | None:
        """Bring back the folder that an entry names, or the link to it; return how, None where it
        cannot be."""
        folder = effects.folder_of(self.home, entry)
        if loss.path.name == "current":
            return self._point(loss.path, folder)
        if entry.kind in (LEDGER, STANDING):
            return lost_ledger.bring_back(self.home, entry, self.copy, self._put)
        sealed = self._manifest(folder, entry)
        if sealed is None:
            return None
        if self.copy is not None:
            twin = self.copy / folder.relative_to(self.home.path)
            if is_whole_folder(twin, sealed):
                stage = self.home.scratch / "restored-folder"
                shutil.copytree(twin, stage)
                return self._put(stage, folder, f"from {twin}")
        return self._make_again(folder, date.fromisoformat(entry.fields["usage_date"]), sealed)

    def _point(self, link: Path, folder: Path) -> str | None:
        if link.is_dir() and not link.is_symlink():
            files.remove_folder(link, self.home.scratch)
        if not os.path.lexists(folder / "manifest.json"):
            return None
        files.point(link, folder.name, self.home.scratch)
        return "put right"

    def _make_again(self, folder: Path, day: date, sealed: tuple[Manifest, bytes]) -> str | None:
        manifest, data = sealed
        scratch = self.home.scratch / f"again-{day}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        try:
            made_again = recompute.remake(self.home, day, folder, manifest, self.books(), scratch)
        except CreditmillError as error:
            self.progress(f"{folder}: {error}")
            return None
        if made_again is None:
            return None
        stage = self.home.scratch / "restored-folder"
        stage.mkdir()
        for name in manifest.outputs:
            os.replace(made_again / name, stage / name)
        (stage / "manifest.json").write_bytes(data)
        return self._put(stage, folder, "made again from its logs and cards")

    def _manifest(self, folder: Path, entry: JournalEntry) -> tuple[Manifest, bytes] | None:
        """Return the manifest that the journal means: of the folder, of the copy, or kept in its
        line."""
        places = [folder, *([self.copy / folder.relative_to(self.home.path)] if self.copy else [])]
        manifest_files = [place / "manifest.json" for place in places]
        contents = [files.read_regular(file) for file in manifest_files if file.is_file()]
        packed = self.home.journal.named.manifests.get(entry.fields["manifest_sha256"])
        if packed is not None:
            contents.append(unpack(packed))
        for data in contents:
            if files.sha256_bytes(data) == entry.fields["manifest_sha256"]:
                return manifest_json.load(json_files.from_json(data)), data
        return None

    def _put(self, stage: Path, folder: Path, how: str) -> str:
        """Give a whole folder the name of the lost one; return how it came."""
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


def is_whole_folder(folder: Path, sealed: tuple[Manifest, bytes]) -> bool:
    """Return whether a folder holds exactly what a manifest says; of a pruned one, its manifest."""
    file = folder / "manifest.json"
    if not file.is_file() or files.read_regular(file) != sealed[1]:
        return False
    if (folder / "pruned.json").is_file():
        return True
    return all(
        (folder / name).is_file() and files.sha256_of(folder / name) == output.sha256
        for name, output in sealed[0].outputs.items()
    )
