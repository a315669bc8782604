"""What must travel: what the publication in force does not name, or the store does not have.

How it travels belongs to `send`.
"""

from dataclasses import dataclass
from typing import Any

from pricing_assets.common import json_files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.common.files import sha256_bytes
from pricing_assets.delivery.claim import Latest
from pricing_assets.delivery.contents import (
    CATALOG,
    CATALOGS,
    MANIFEST,
    PAGES,
    DeliveredFile,
    DeliveryContents,
)
from pricing_assets.objects import Address, Object, Store

PUBLICATIONS = "publications"


@dataclass(frozen=True)
class DeliveryPlan:
    """`folders` are versions whose files travel, with their files by key, the manifest last; `placed` and
    `files` single files; `etags` are how replaced objects are now (None: there is none); `gone` are
    keys that nothing leads to any more."""

    contents: DeliveryContents
    publication: str
    is_in_force: bool
    folders: dict[str, list[tuple[str, DeliveredFile]]]
    placed: dict[str, DeliveredFile]
    files: dict[str, DeliveredFile]
    etags: dict[str, str | None]
    gone: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether all of it is there, and in force."""
        return self.is_in_force and not (self.folders or self.placed or self.files or self.gone)

    @property
    def all_files(self) -> list[DeliveredFile]:
        """Every file that travels."""
        of_folders = [one for listed in self.folders.values() for _, one in listed]
        return [*of_folders, *self.placed.values(), *self.files.values()]

    @property
    def size(self) -> int:
        """Bytes that travel."""
        return sum(one.size for one in self.all_files)


def plan_of(store: Store, to: Address, contents: DeliveryContents, latest: Latest) -> DeliveryPlan:
    """Compare what is to be there with what is there; CreditmillError where a version is there with
    other bytes."""
    there = {_relative(one.key, to): one for one in store.listed(to.key)}
    before = _publication(store, to, latest)
    known: dict[str, Any] = before["files"]
    folders = {}
    for folder, manifest in contents.folders.items():
        is_named = before["versions"].get(folder) == manifest.sha256
        listed = _files_of(folder, manifest)
        if is_named and all(_has(there, key, one.size) for key, one in listed):
            continue
        if _is_whole(store, to, f"{folder}/{MANIFEST}", manifest, there):
            listed = [(key, one) for key, one in listed if not _has(there, key, one.size)]
            if not listed:
                continue
        folders[folder] = listed

    def travels(key: str, one: DeliveredFile) -> bool:
        same = known.get(key, {}).get("sha256") == one.sha256
        return not (same and _has(there, key, one.size))

    files = {key: one for key, one in contents.files.items() if travels(key, one)}
    placed = {key: one for key, one in contents.placed.items() if travels(key, one)}
    publication = sha256_bytes(contents.publication)
    return DeliveryPlan(
        contents,
        publication,
        latest.publication == publication and latest.writing is None,
        folders,
        placed,
        files,
        {key: there[key].etag if key in there else None for key in contents.files},
        _gone(contents, known, there),
    )


def publication_key(to: Address, publication: str) -> str:
    """Return the key of a publication by its SHA-256."""
    return to.child(f"{PUBLICATIONS}/{publication}.json").key


def _publication(store: Store, to: Address, latest: Latest) -> dict[str, Any]:
    """Return what is in force; nothing where nothing is, or it was removed: all travels then."""
    nothing: dict[str, Any] = {"versions": {}, "files": {}}
    if latest.publication is None:
        return nothing
    got = store.read(publication_key(to, latest.publication))
    if got is None or sha256_bytes(got[0]) != latest.publication:
        return nothing
    record: dict[str, Any] = json_files.from_json(got[0])
    return record


def _files_of(folder: str, manifest: DeliveredFile) -> list[tuple[str, DeliveredFile]]:
    """Return the files of a folder by key, the manifest last; their digests are the manifest's."""
    names = sorted(path for path in manifest.path.parent.iterdir() if path.name != MANIFEST)
    found = [
        (f"{folder}/{path.name}", DeliveredFile(path, "", path.stat().st_size)) for path in names
    ]
    return [*found, (f"{folder}/{MANIFEST}", manifest)]


def _is_whole(
    store: Store, to: Address, key: str, manifest: DeliveredFile, there: dict[str, Object]
) -> bool:
    """Return whether a version is there as it is here: its manifest came last."""
    if key not in there:
        return False
    got = store.read(to.child(key).key)
    if got is not None and sha256_bytes(got[0]) != manifest.sha256:
        raise CreditmillError(
            f"{to.child(key)} is of another version than {manifest.path}; nothing was written."
            " Publish to another prefix"
        )
    return got is not None


def _gone(contents: DeliveryContents, known: dict[str, Any], there: dict[str, Object]) -> list[str]:
    """Return pages of who is gone, and databases that neither this publication nor the one before
    names."""
    needed = {*contents.files, *contents.placed}
    pages = [key for key in there if key.startswith(f"{PAGES}/") and key not in needed]
    older = [
        key
        for key in there
        if key.startswith(f"{CATALOGS}/") and key not in needed and key not in known
    ]
    return sorted([*pages, *older]) if CATALOG in needed else []


def _has(there: dict[str, Object], key: str, size: int) -> bool:
    return key in there and there[key].size == size


def _relative(key: str, to: Address) -> str:
    return key.removeprefix(to.key).lstrip("/")
