"""Published versions: their bytes, made again, held against what they say, and forged.

Homes that have many belong to `histories`.
"""

import hashlib
import os
from collections.abc import Iterable
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from pricing_assets.common import files, json_files
from pricing_assets.home import Home, Version
from pricing_assets.verify import database, recompute
from pricing_assets.verify import files as verify
from pricing_assets.verify.difference import Recomputed
from tests.support.workspace import Workspace, stored_manifest


def frozen(workspace: Workspace, through: date) -> dict[str, str]:
    """The bytes of every version of the dates through this one."""
    return {
        path: digest
        for path, digest in every_byte(workspace).items()
        if path.startswith("reports/usage_date=") and path[19:29] <= through.isoformat()
    }


def every_byte(workspace: Workspace) -> dict[str, str]:
    home = workspace.home.path
    return {
        file.relative_to(home).as_posix(): file.read_bytes().hex()
        for part in ("reports", "corrections", "closings")
        for file in (home / part).rglob("*")
        if file.is_file() and not file.is_symlink() and file.parent.name.isdecimal()
    }


def snapshot(home: Home) -> dict[str, tuple[int, int, str]]:
    """Every file of a home, but for the lock, which names its last holder: inode, time, SHA-256."""
    found = {}
    for parent, _, names in os.walk(home.path):
        for name in {*names} - {".lock"}:
            path = Path(parent, name)
            status = path.lstat()
            data = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            found[str(path)] = (status.st_ino, status.st_mtime_ns, digest)
    return found


def again(workspace: Workspace, first: int | None = None) -> list[Recomputed]:
    """Each version made again, or the first ones only."""
    home = workspace.home
    return list(islice(recompute.recompute_dates(home, home.dates()), first))


def differences(workspace: Workspace, first: int | None = None) -> list[str]:
    return told(again(workspace, first))


def told(made: Iterable[Recomputed]) -> list[str]:
    return [f"{one.path}: {one.what}" for version in made for one in version.differences]


def by_digest(workspace: Workspace) -> list[str]:
    home = workspace.home
    found = verify.verify(home, home.dates())[1]
    with database.opened(home) as catalog:
        found += database.records_agree(home, home.dates(), catalog)
        found += database.closings_agree(home, catalog)
        found += [] if found else database.totals_agree(home, catalog)
    return [f"{Path(one.path).relative_to(home.path)}: {one.what}" for one in found]


def version_of(workspace: Workspace, number: int) -> Version:
    (day,) = workspace.home.dates()
    return workspace.home.versions(day)[number - 1]


def forge(version: Version, change: str, table: str = "charges") -> None:
    """Change a version's table by a statement, files, digests and all."""
    manifest = stored_manifest(version)
    with duckdb.connect() as con:
        con.execute(f"create table {table} as from '{version.folder / f'{table}.parquet'}'")
        con.execute(change)
        for name, kind in (
            (f"{table}.parquet", "format parquet, compression zstd"),
            (f"{table}.csv", "format csv, header true"),
        ):
            file = version.folder / name
            file.unlink()
            con.execute(f"copy (from {table} order by all) to '{file}' ({kind})")
            manifest["outputs"][name]["sha256"] = files.sha256_of(file)
        total, usd = con.sql(
            f"select coalesce(sum(credits), 0), coalesce(sum(usd), 0) from {table}"
        ).fetchall()[0]
    if table == "charges":
        manifest["totals"] |= {"credits": str(total), "usd": str(usd)}
    reseal(version, manifest)


def reseal(version: Version, manifest: dict[str, Any]) -> None:
    manifest["digest"] = json_files.digest_of(manifest)
    file = version.folder / "manifest.json"
    file.unlink()
    file.write_bytes(json_files.to_json(manifest))
