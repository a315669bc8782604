"""Compare what a home has published, folder by folder and in its order, with what its journal,
receipts and manifests say.

One folder alone belongs to `folders`, all that `verify` looks at to `home`.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets.common import files
from pricing_assets.common.damage import damage_of
from pricing_assets.common.decimals import EXACT, exact_sum
from pricing_assets.common.errors import CreditmillError, DamagedFile, DamagedHome
from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.home import Booked, Home, Version, presence, references
from pricing_assets.home.manifests import BlockedAttempt, Correction, Report, Reversal
from pricing_assets.usage.units import INDEX, Units
from pricing_assets.verify import journal
from pricing_assets.verify.difference import Difference
from pricing_assets.verify.folders import verify_folder, whole_manifest, whole_record

if TYPE_CHECKING:
    import duckdb

CHANGED = (
    "its bytes are not those that were made of its logs; the next run that needs it makes it again,"
    " and deleting it loses nothing"
)


def verify(home: Home, days: Sequence[date]) -> tuple[int, list[Difference]]:
    """Return how many files were looked at, and every difference, over all versions of the dates and
    their logs; where these are all dates, also over every log that was ever ingested, and its
    receipt."""
    import duckdb

    lost = presence.losses(home, read_again=True)
    found = [Difference(str(loss.path), f"{loss.what}; {loss.cure}") for loss in lost]
    looked = 1
    logs: dict[str, None] = {}
    with duck.connection(within=[home.path]) as con:  # one for all: each takes 30 ms to open
        for day in days:
            try:
                files_of, differences = _date(con, home, day, logs)
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
        units = Units(home.rollups)
        of_logs, changed = units.changed_files()
        looked += of_logs
        found += [Difference(str(path), CHANGED) for path in changed]
        index = str(home.rollups / INDEX)
        found += [Difference(index, f"line {n}: {CHANGED}") for n in units.changed_lines()]
    for sha256 in logs:
        looked += 1
        log = home.kept_log(sha256)
        record = home.journal.named.receipts.get(sha256)
        right = sha256 if record is None else home.kept_sha256(record)
        if not log.is_file():
            if is_missed(home, sha256) and not references.is_reference(record or {}):
                found.append(Difference(str(log), "the log is missing"))
        elif files.sha256_of(log) != right:
            found.append(Difference(str(log), "its bytes are not those that were ingested"))
    return looked, found


def damage_in(home: Home) -> DamagedHome | None:
    """Return the error that names what of a home is not what was published; None where all is."""
    if not home.exists():
        return None
    found = [f"{one.path}: {one.what}" for one in journal.verify(home)]
    if not found:
        found = [str(loss) for loss in presence.losses(home, read_again=True)]
    if not found:
        _, differences = verify(home, home.dates())
        found = [f"{one.path}: {one.what}" for one in differences]
    return DamagedHome(found) if found else None


def is_missed(home: Home, sha256: str) -> bool:
    """Return whether a log that is gone is a loss: not where it was withdrawn, or given up for good."""
    named = home.journal.named
    is_counted = sha256 in named.receipts or named.restart is None
    return bool(home.journal.faults) or (is_counted and sha256 not in named.withdrawn)


def _date(
    con: "duckdb.DuckDBPyConnection", home: Home, day: date, logs: dict[str, None]
) -> tuple[int, list[Difference]]:
    """Compare everything published about a date; add the logs that it names to `logs`."""
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
        files_of, differences = verify_folder(con, version.folder, day, version.number, Report)
        looked += files_of
        found += differences
        found += _chain(version, before)
        if not differences:
            logs |= dict.fromkeys(entry.sha256 for entry in version.manifest.inputs)
        before = version
    files_of, differences = _corrections(con, home, day, logs)
    looked += files_of
    found += differences
    if is_blocked:
        files_of, differences = verify_folder(
            con, home.blocked_folder(day), day, None, BlockedAttempt
        )
        looked += files_of
        found += differences
        if not differences and (attempt := home.blocked(day)) is not None:
            logs |= dict.fromkeys(entry.sha256 for entry in attempt.inputs)
    return looked, found


def _receipts(home: Home, logs: dict[str, None]) -> tuple[int, list[Difference]]:
    """Compare every receipt with its own digest, and the rows of no date beside it with the receipt;
    add their logs to `logs`."""
    found: list[Difference] = []
    looked = 0
    for file in home.receipt_files():
        looked += 1
        logs[file.stem] = None
        receipt = whole_record(file, "written", ("file", "undated_sha256"))
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


def _corrections(
    con: "duckdb.DuckDBPyConnection", home: Home, day: date, logs: dict[str, None]
) -> tuple[int, list[Difference]]:
    """Compare what was booked for a date, its bytes and its chain, with its manifests, and closed
    usage + corrections with what the date is now; return the files and what differs."""
    found: list[Difference] = []
    looked = 0
    before: Booked | None = None
    booked = exact_sum([])
    for number, correction in enumerate(home.all_corrections(day), start=1):
        files_of, differences = verify_folder(
            con, correction.folder, day, number, Correction | Reversal
        )
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


def _chain(version: Version | Booked, before: Version | Booked | None) -> Iterator[Difference]:
    """Yield a difference where a version does not name the digest of the one that it supersedes."""
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
