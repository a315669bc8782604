"""Verify the ledger of credits: its bytes against their manifests, and all of it made again.

How it is made again belongs to `ledger.remake`; nothing is repaired here.
"""

from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

from pricing_assets.common import files, json_files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.contract.ledger_tables import carried_tables, ledger_tables
from pricing_assets.db import connection as duck
from pricing_assets.home import Home
from pricing_assets.home.entries import LEDGER, STANDING
from pricing_assets.home.version import PRUNED
from pricing_assets.ledger import remake, stored
from pricing_assets.ledger.stored import MANIFEST, Stored
from pricing_assets.verify import file_diff
from pricing_assets.verify.difference import Difference, Recomputed
from pricing_assets.verify.folders import more_files

KINDS = (LEDGER, STANDING)


def verify(home: Home, day: date | None = None) -> tuple[int, list[Difference]]:
    """Return how many files of the ledger were looked at, and every difference from the manifests;
    of one date, or of all."""
    looked, found = 0, []
    for kind in KINDS:
        for on in stored.dates(home, kind):
            if day is not None and on != day:
                continue
            before: str | None = None
            for one in stored.all_of(home, kind, on):
                files_of, differences = _folder(one, before)
                looked += files_of
                found += differences
                file = one.folder / MANIFEST
                before = files.sha256_of(file) if file.is_file() else None
    return looked, found


def _folder(one: Stored, before: str | None) -> tuple[int, list[Difference]]:
    """Compare one folder's files with its manifest, and what it supersedes."""
    file = one.folder / MANIFEST
    try:
        raw = files.read_regular(file)
        manifest = one.manifest
        sealed = (
            json_files.to_json(manifest) == raw
            and json_files.digest_of(manifest) == manifest["digest"]
        )
    except (OSError, CreditmillError) as error:
        return 1, [Difference(str(file), f"cannot be read: {reason_of(error, file)}")]
    if not sealed:
        return 1, [Difference(str(file), "its bytes are not those that were published")]
    found = []
    if (manifest["usage_date"], manifest["version"]) != (one.usage_date.isoformat(), one.number):
        found.append(Difference(str(file), "belongs to another date or version"))
    if (manifest["supersedes"] or {}).get("manifest_sha256") != before:
        found.append(Difference(str(file), "supersedes another version than the one before it"))
    tombstone = one.folder / PRUNED
    is_pruned = tombstone.is_file()
    if is_pruned:
        found += _of_tombstone(tombstone, files.sha256_bytes(raw))
    for name, output in manifest["outputs"].items():
        path = one.folder / name
        if is_pruned and not path.exists():
            continue
        if not path.is_file():
            found.append(Difference(str(path), "is missing"))
        elif files.sha256_of(path) != output["sha256"]:
            found.append(Difference(str(path), "its bytes are not those that were published"))
    found += more_files(one.folder, {*manifest["outputs"], MANIFEST, PRUNED})
    return 2 if is_pruned else 1 + len(manifest["outputs"]), found


class _Tombstone(TypedDict):
    """What a pruned version leaves behind."""

    digest: str
    manifest_sha256: str


def _of_tombstone(file: Path, manifest_sha256: str) -> list[Difference]:
    """Return what is wrong with what a pruned version left behind."""
    try:
        record = json_files.read_record(file, _Tombstone)
        is_sealed = json_files.digest_of(record) == record["digest"]
    except (OSError, CreditmillError) as error:
        return [Difference(str(file), f"cannot be read: {reason_of(error, file)}")]
    if is_sealed and record["manifest_sha256"] == manifest_sha256:
        return []
    return [Difference(str(file), "is of another version")]


def recompute(
    home: Home, day: date | None = None, limits: duck.Limits | None = None
) -> Iterator[Recomputed]:
    """Yield each date of the ledger that counts, and how the newest leaves every grant, made again
    from the published reports and the lines that manifests pin; of one date, or of all."""
    days = [one for one in stored.dates(home, LEDGER) if day in (None, one)]
    if not days:
        return
    with TemporaryDirectory(prefix="creditmill-") as folder:
        made_again = remake.remake_dates(home, days, Path(folder), limits)
        for one in days:
            held = stored.current(home, LEDGER, one)
            if held is not None:
                yield _compare(home, held, made_again[one], "ledger")
        standings = stored.dates(home, STANDING)[-1:]
        for one in standings:
            held = stored.current(home, STANDING, one)
            if held is not None and day in (None, one):
                yield _compare(
                    home, held, remake.remake_standing(home, one, Path(folder), limits), "standing"
                )


def _compare(home: Home, held: Stored, rebuilt: Path, what: str) -> Recomputed:
    libraries = held.manifest["libraries"]
    by_bytes = libraries == {name: version(name) for name in libraries}
    compared = Recomputed(held.usage_date, what, "byte by byte" if by_bytes else "row by row")
    dimensions = tuple(home.settings().dimensions)
    tables = ledger_tables(dimensions) | carried_tables(dimensions)
    for name, output in held.manifest["outputs"].items():
        table = tables[name.partition(".")[0]]
        compared.files += 1
        compared.differences += file_diff.between(
            held.folder / name, rebuilt / name, table, output["sha256"], by_bytes=by_bytes
        )
    return compared
