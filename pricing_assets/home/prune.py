"""Prune: find and remove databases that are no longer in force and, on request, versions that were
superseded some days ago, of reports and of the ledger of credits, of which the manifest stays.

A version in force, or of a date that was ever closed, is never pruned; how an earlier newest date left
the grants is superseded by the next one.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypedDict

from pricing_assets.common import files, json_files
from pricing_assets.common.clock import now
from pricing_assets.common.instants import parse_instant
from pricing_assets.home import closings
from pricing_assets.home.entries import LEDGER, STANDING
from pricing_assets.home.home import Home
from pricing_assets.home.listing import dates_in
from pricing_assets.home.names import is_database
from pricing_assets.home.version import PRUNED, numbered


@dataclass(frozen=True)
class Prunable:
    """A database, or a version (its folder), that may go; what it is (`database`, `version`, `ledger`
    or `standing`), what of it, and how much that frees."""

    what: str
    path: Path
    files: tuple[Path, ...]
    bytes: int


def prunable(
    home: Home, *, versions: bool, grace_days: int, at: datetime | None = None
) -> list[Prunable]:
    """Return what may go: older `credits.duckdb` files and, where `versions`, versions that were
    superseded more than `grace_days` days before `at`."""
    found = _databases(home)
    if not versions:
        return found
    at = at or now()
    grace = timedelta(days=min(grace_days, timedelta.max.days))
    closed = [act.closed_through for act in closings.acts(home) if act.closed_through is not None]
    for day in home.dates():
        current = home.current(day)
        if current is None or any(day <= through for through in closed):
            continue
        of_day = home.versions(day)
        for version, after in pairwise(of_day):
            superseded = parse_instant(after.manifest.published_at)
            gone = _outputs(version.folder)
            if version.number < current.number and at - superseded > grace and gone:
                found.append(_one("version", version.folder, gone))
    for kind, folder, superseded in _superseded_balances(home, closed):
        gone = _outputs(folder)
        if at - superseded > grace and gone:
            found.append(_one(kind, folder, gone))
    return found


def _superseded_balances(
    home: Home, closed: Collection[date]
) -> Iterator[tuple[str, Path, datetime]]:
    """Yield the folders of the ledger that count no more, their kind, and when the next one came."""
    for day in sorted(dates_in(home.parents[LEDGER])):
        if not any(day <= through for through in closed):
            yield from _all_but_last(LEDGER, home.folder_of(LEDGER, day))
    days = sorted(dates_in(home.parents[STANDING]))
    yield from _all_but_last(STANDING, *(home.folder_of(STANDING, day) for day in days))


class _Published(TypedDict):
    """What is asked of the manifest of a folder of the ledger."""

    published_at: str


def _all_but_last(kind: str, *parents: Path) -> Iterator[tuple[str, Path, datetime]]:
    folders = [folder for parent in parents for _, folder in numbered(parent)]
    for folder, after in pairwise(folders):
        file = after / "manifest.json"
        published_at = json_files.read_record(file, _Published)["published_at"]
        try:
            yield kind, folder, parse_instant(published_at)
        except ValueError as error:
            raise json_files.damaged(file, f"published_at {error}") from error


def prune(home: Home, found: Sequence[Prunable], at: datetime | None = None) -> int:
    """Let them go; gives the bytes freed. The home is locked by the caller.

    A version's tombstone is written before its first file goes: one cut short is finished by the
    next prune, and `verify` never takes it for a removed version.
    """
    for superseded in found:
        is_folder = superseded.path.is_dir()
        with files.writable(superseded.path) if is_folder else nullcontext():
            if is_folder:
                _bury(home, superseded, at or now())
            for file in superseded.files:
                file.unlink(missing_ok=True)
            files.sync_folder(superseded.path if is_folder else superseded.path.parent)
    return sum(superseded.bytes for superseded in found)


def _bury(home: Home, one: Prunable, at: datetime) -> None:
    tombstone = one.path / PRUNED
    if tombstone.is_file():
        return
    record: dict[str, Any] = {
        "schema_version": 1,
        "pruned_at": at.isoformat(),
        "manifest_sha256": files.sha256_of(one.path / "manifest.json"),
        "files": len(one.files),
        "bytes": one.bytes,
    }
    record["digest"] = json_files.digest_of(record)
    files.write_bytes(tombstone, json_files.to_json(record), home.scratch)


def _databases(home: Home) -> list[Prunable]:
    in_force = Path(os.path.realpath(home.catalog))
    names = sorted(os.listdir(home.catalogs)) if home.catalogs.is_dir() else []
    paths = [home.catalogs / name for name in names if is_database(name)]
    older = [path for path in paths if Path(os.path.realpath(path)) != in_force]
    return [_one("database", path, (path,)) for path in older]


def _outputs(folder: Path) -> tuple[Path, ...]:
    """Return what a published folder holds beside its records; hidden names are not its own."""
    kept = ("manifest.json", PRUNED)
    held = (path for path in folder.iterdir() if not path.name.startswith("."))
    return tuple(sorted(path for path in held if path.name not in kept))


def one_file(what: str, path: Path) -> Prunable:
    """Return a single file that may go."""
    return _one(what, path, (path,))


def _one(what: str, path: Path, gone: tuple[Path, ...]) -> Prunable:
    return Prunable(what, path, gone, sum(map(_size, gone)))


def _size(file: Path) -> int:
    """Return a file's bytes; none where it is gone meanwhile, as who only looks holds no lock."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
