"""One published folder, compared with its manifest: every byte, and every total with its charges.

Which folders a home has, and how they follow each other, belongs to `files`.
"""

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any

from pricing_assets.common import files, json_files
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.common.text import counted
from pricing_assets.db.io import scan_parquet
from pricing_assets.home.manifest_json import load
from pricing_assets.home.manifests import FILE_NAME, Contents, Manifest, Reversal
from pricing_assets.home.version import PRUNED
from pricing_assets.verify.difference import Difference

if TYPE_CHECKING:
    import duckdb

MANIFEST = ("usage_date", "version", "outputs")
"""What every manifest says, and no other record."""


def whole_manifest(folder: Path) -> Manifest | Difference:
    """Return the manifest of a folder, or what is wrong with its bytes."""
    file = folder / FILE_NAME
    record = whole_record(file, "published", MANIFEST)
    if isinstance(record, Difference):
        return record
    try:
        return load(record)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        return Difference(str(file), f"cannot be read: {error}")


def whole_record(file: Path, done: str, needed: Collection[str]) -> dict[str, Any] | Difference:
    """Return a record that carries its own digest, or what is wrong with its bytes."""
    try:
        raw = files.read_regular(file)
        record: dict[str, Any] = json_files.from_json(raw)
        sealed = (
            json_files.to_json(record) == raw and json_files.digest_of(record) == record["digest"]
        )
        if sealed and {*needed} <= record.keys():  # else it is a record of another kind
            return record
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Difference(str(file), f"cannot be read: {reason_of(error, file)}")
    return Difference(str(file), f"its bytes are not those that were {done}")


def verify_folder(
    con: "duckdb.DuckDBPyConnection",
    folder: Path,
    day: date,
    number: int | None,
    kind: type[Manifest] | UnionType,
) -> tuple[int, list[Difference]]:
    """Compare one folder's files with its manifest, which is one of this kind; return how many files
    were looked at, and what differs."""
    file = folder / "manifest.json"
    manifest = whole_manifest(folder)
    if isinstance(manifest, Difference):
        return 1, [manifest]
    if not isinstance(manifest, kind):
        return 1, [Difference(str(file), f"is the manifest of another kind: {manifest.kind}")]
    found = []
    if (manifest.usage_date, manifest.version) != (day, number):
        found.append(Difference(str(file), "belongs to another date or version"))
    pruned = (folder / PRUNED).is_file()
    if pruned:
        tombstone = whole_record(folder / PRUNED, "published", ("manifest_sha256",))
        if isinstance(tombstone, Difference):
            found.append(tombstone)
        elif tombstone["manifest_sha256"] != files.sha256_of(file):
            found.append(Difference(str(folder / PRUNED), "is of another version"))
    for name, output in manifest.outputs.items():
        path = folder / name
        if pruned and not path.exists():
            continue
        if not path.is_file():
            found.append(Difference(str(path), "is missing"))
        elif files.sha256_of(path) != output.sha256:
            found.append(Difference(str(path), "its bytes are not those that were published"))
    found += more_files(folder, {*manifest.outputs, FILE_NAME, PRUNED})
    if pruned:
        return 2, found
    if not found and not isinstance(manifest, Reversal):
        found += _totals(con, folder, manifest)
    return 1 + len(manifest.outputs), found


def more_files(folder: Path, own: Collection[str]) -> list[Difference]:
    """Return what lies in a published folder beside its own files, but for hidden names, which file
    managers and file systems leave anywhere: `strays` shows these."""
    return [
        Difference(str(path), "does not belong to the version")
        for path in sorted(folder.iterdir())
        if path.name not in own and not path.name.startswith(".")
    ]


def _totals(
    con: "duckdb.DuckDBPyConnection", folder: Path, manifest: Contents
) -> Iterator[Difference]:
    """Compare the totals of a manifest with the sums of charges, daily usage and account."""
    import pyarrow.parquet as pq

    for name in ("charges", "daily_usage"):
        rows = scan_parquet(con, [folder / f"{name}.parquet"])
        (sums,) = rows.aggregate("coalesce(sum(credits), 0), coalesce(sum(usd), 0)").fetchall()
        totals = manifest.totals
        if (Decimal(sums[0]), Decimal(sums[1])) != (totals.credits, totals.usd):
            yield Difference(
                str(folder / f"{name}.parquet"),
                f"sums up to {sums[0]} credits, the manifest says {totals.credits:f}",
            )
    outcomes: dict[str, int] = {}
    for row in pq.read_table(folder / "account.parquet").to_pylist():
        outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + row["rows"]
    if outcomes != manifest.outcomes:
        yield Difference(str(folder / "account.parquet"), "is not the manifest's outcomes")
    rows_in = sum(entry.rows for entry in manifest.inputs)
    if rows_in != sum(outcomes.values()):
        yield Difference(
            str(folder / "manifest.json"),
            f"{counted(rows_in, 'row')} in, {sum(outcomes.values()):,} with an outcome",
        )
