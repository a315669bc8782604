"""Verify: compare every published byte with its manifest, every total with its charges.

Nothing is repaired here; what differs is named.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Any

from pricing_assets.common import files
from pricing_assets.common.damage import damage_of
from pricing_assets.common.decimals import EXACT, exact_sum
from pricing_assets.common.errors import CreditmillError, DamagedFile
from pricing_assets.db import connection as duck
from pricing_assets.db.io import quoted, scan_parquet
from pricing_assets.home import Booked, Home, Version, presence
from pricing_assets.home.manifest_json import load
from pricing_assets.home.manifests import (
    FILE_NAME,
    BlockedAttempt,
    Contents,
    Correction,
    Manifest,
    Report,
    Reversal,
)
from pricing_assets.home.version import PRUNED


@dataclass(frozen=True)
class Difference:
    """Something published that is not what its manifest says."""

    path: str
    what: str


def verify(home: Home, days: Sequence[date]) -> tuple[int, list[Difference]]:
    """Files looked at, and every difference, over all versions of the dates and their logs; over
    every log that was ever taken in, and its receipt, where these are all dates."""
    import duckdb

    lost = presence.losses(home, read_again=True)
    found = [Difference(str(loss.path), f"{loss.what}; {loss.cure}") for loss in lost]
    looked = 1
    logs: dict[str, None] = {}
    for day in days:
        try:
            files_of, differences = _date(home, day, logs)
        except (CreditmillError, OSError, duckdb.Error) as error:
            damage = error if isinstance(error, CreditmillError) else damage_of(error)
            if damage is None:
                raise
            files_of, differences = 1, [Difference(str(home.date_folder(day)), str(damage))]
        looked += files_of
        found += differences
    if list(days) == home.dates():
        # also those whose rows have no usage date, or whose dates are not published yet
        files_of, differences = _receipts(home, logs)
        looked += files_of
        found += differences
    for sha256 in logs:
        looked += 1
        log = home.log(sha256)
        if not log.is_file():
            if is_missed(home, sha256):
                found.append(Difference(str(log), "the log is missing"))
        elif files.sha256_of(log) != sha256:
            found.append(Difference(str(log), "its bytes are not those that were ingested"))
    return looked, found


def is_missed(home: Home, sha256: str) -> bool:
    """Whether a log that is gone is a loss: not where it was withdrawn, or given up for good."""
    named = home.journal.named
    return bool(home.journal.faults) or (sha256 in named.receipts and sha256 not in named.withdrawn)


def logs_gone(home: Home) -> Iterator[str]:
    """Say which withdrawn logs are gone: what was made from them cannot be made again."""
    named = home.journal.named
    for sha256 in sorted(named.withdrawn & named.receipts.keys()):
        if not home.log(sha256).is_file():
            name = named.receipts[sha256]["file_name"]
            yield (
                f"{home.log(sha256)}: {name} is withdrawn and its bytes are gone; versions that were"
                " made from it cannot be made again"
            )


def _date(home: Home, day: date, logs: dict[str, None]) -> tuple[int, list[Difference]]:
    """Everything published about a date; adds the logs that it names."""
    found: list[Difference] = []
    looked = 0
    current = None
    try:
        current = home.current(day)
    except CreditmillError as error:
        found.append(Difference(str(home.date_folder(day) / "current"), str(error)))
    versions = home.versions(day)
    if current is not None and versions and current.number != versions[-1].number:
        found.append(
            Difference(
                str(home.date_folder(day) / "current"),
                f"names version {current.number}, the newest is {versions[-1].number}",
            )
        )
    is_blocked = home.blocked_folder(day).is_dir()
    if current is None and not is_blocked and not home.all_corrections(day):
        found.append(Difference(str(home.date_folder(day)), "no version is in force"))
    before: Version | None = None
    for version in versions:
        files_of, differences = _version(version.folder, day, version.number, Report)
        looked += files_of
        found += differences
        found += _chain(version, before)
        if not differences:
            logs |= dict.fromkeys(entry.sha256 for entry in version.manifest.inputs)
        before = version
    files_of, differences = _corrections(home, day, logs)
    looked += files_of
    found += differences
    if is_blocked:
        files_of, differences = _version(home.blocked_folder(day), day, None, BlockedAttempt)
        looked += files_of
        found += differences
        if not differences and (attempt := home.blocked(day)) is not None:
            logs |= dict.fromkeys(entry.sha256 for entry in attempt.inputs)
    return looked, found


MANIFEST = ("usage_date", "version", "outputs")
"""What every manifest says, and no other record."""


def whole_manifest(folder: Path) -> Manifest | Difference:
    """Return the manifest of a folder, or what is wrong with its bytes."""
    file = folder / FILE_NAME
    record = _whole(file, "published", MANIFEST)
    if isinstance(record, Difference):
        return record
    try:
        return load(record)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        return Difference(str(file), f"cannot be read: {error}")


def _whole(file: Path, done: str, needed: Collection[str]) -> dict[str, Any] | Difference:
    """Return a record that carries its own digest, or what is wrong with its bytes."""
    try:
        raw = file.read_bytes()
        record: dict[str, Any] = files.from_json(raw)
        sealed = files.to_json(record) == raw and files.digest_of(record) == record["digest"]
        if sealed and {*needed} <= record.keys():  # else it is a record of another kind
            return record
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Difference(str(file), f"cannot be read: {error}")
    return Difference(str(file), f"its bytes are not those that were {done}")


def _receipts(home: Home, logs: dict[str, None]) -> tuple[int, list[Difference]]:
    """Every receipt against its own digest, and the rows of no date beside it against the receipt;
    adds their logs."""
    found: list[Difference] = []
    looked = 0
    for file in home.receipt_files():
        looked += 1
        logs[file.stem] = None
        receipt = _whole(file, "written", ("file", "undated_sha256"))
        if isinstance(receipt, Difference):
            found.append(receipt)
            continue
        if receipt["file"] != file.stem:
            found.append(Difference(str(file), "belongs to another log"))
        if receipt["undated_sha256"] is not None:
            looked += 1
            undated = home.undated(file.stem)
            if not undated.is_file():
                found.append(Difference(str(undated), "is missing"))
            elif files.sha256_of(undated) != receipt["undated_sha256"]:
                found.append(Difference(str(undated), "its bytes are not those that were written"))
    return looked, found


def _corrections(home: Home, day: date, logs: dict[str, None]) -> tuple[int, list[Difference]]:
    """Compare what was booked for a date, its bytes and its chain, with its manifests, and closed
    usage + corrections with what the date is now; return the files and what differs."""
    found: list[Difference] = []
    looked = 0
    before: Booked | None = None
    booked = exact_sum([])
    for number, correction in enumerate(home.all_corrections(day), start=1):
        files_of, differences = _version(correction.folder, day, number, Correction | Reversal)
        looked += files_of
        found += differences
        if differences:
            return looked, found
        manifest = correction.manifest
        closed = next((v for v in home.versions(day) if v.number == manifest.corrects), None)
        if closed is not None and not isinstance(whole_manifest(closed.folder), Report):
            return looked, found
        if isinstance(manifest, Correction):
            logs |= dict.fromkeys(entry.sha256 for entry in manifest.inputs)
        found += _chain(correction, before or closed)
        before = correction
        with duck.connection(within=[correction.folder]) as con:
            rows = scan_parquet(con, [correction.folder / "corrections.parquet"])
            ((added,),) = rows.aggregate("coalesce(sum(credits), 0)").fetchall()
        booked = EXACT.add(booked, Decimal(added))
        before_all = closed.manifest.totals.credits if closed else Decimal(0)
        whole = manifest.totals.credits if isinstance(manifest, Correction) else before_all
        if EXACT.add(booked, before_all) != whole:
            found.append(
                Difference(
                    str(correction.folder / "corrections.parquet"),
                    f"closed usage and corrections are not {whole:f} credits",
                )
            )
    return looked, found


def _version(
    folder: Path, day: date, number: int | None, kind: type[Manifest] | UnionType
) -> tuple[int, list[Difference]]:
    """Compare one folder's files with its manifest, which is one of this kind."""
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
        tombstone = _whole(folder / PRUNED, "published", ("manifest_sha256",))
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
    for path in sorted(folder.iterdir()):
        if path.name not in manifest.outputs and path.name not in (FILE_NAME, PRUNED):
            found.append(Difference(str(path), "does not belong to the version"))
    if pruned:
        return 2, found
    if not found and not isinstance(manifest, Reversal):
        found += _totals(folder, manifest)
    return 1 + len(manifest.outputs), found


def _totals(folder: Path, manifest: Contents) -> Iterator[Difference]:
    """Totals of the manifest against the sums of charges, usage and account."""
    import pyarrow.parquet as pq

    with duck.connection(within=[folder]) as con:
        for name in ("charges", "daily_usage"):
            scan_parquet(con, [folder / f"{name}.parquet"]).create_view(name)
            sums = con.sql(
                "select coalesce(sum(credits), 0), coalesce(sum(usd), 0) from " + quoted(name)
            ).fetchall()[0]
            said = manifest.totals
            if (Decimal(sums[0]), Decimal(sums[1])) != (said.credits, said.usd):
                yield Difference(
                    str(folder / f"{name}.parquet"),
                    f"sums up to {sums[0]} credits, the manifest says {said.credits:f}",
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
            f"{rows_in} rows in, {sum(outcomes.values())} with an outcome",
        )


def _chain(version: Version | Booked, before: Version | Booked | None) -> Iterator[Difference]:
    """Each version names the digest of the one it supersedes."""
    try:
        named = version.manifest.supersedes
        sha256 = files.sha256_of(before.folder / "manifest.json") if before else None
    except (OSError, DamagedFile, AttributeError):  # of one that is of another kind, and so named
        return
    if (named and named.manifest_sha256) != sha256:
        yield Difference(
            str(version.folder / "manifest.json"),
            "supersedes another version than the one before it",
        )
