"""Recompute: make a date again, aside, from what its manifests pin, and compare it with every file that
was published.

What is pinned is decided in `pinned_inputs`, how two files differ in `file_diff`; digests alone are
compared in `files`.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path

from pricing_assets import rates
from pricing_assets.charges import price as charges
from pricing_assets.checks import results
from pricing_assets.common import files
from pricing_assets.common.errors import RejectedLog
from pricing_assets.common.instants import parse_instant
from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.home import Home, derived, pinned_inputs, pinned_logs, references
from pricing_assets.home.inputs import Inputs
from pricing_assets.home.manifests import (
    CHECKS,
    Booking,
    Contents,
    Correction,
    Manifest,
    Report,
    Reversal,
)
from pricing_assets.home.version import PRUNED
from pricing_assets.rates.book import Book
from pricing_assets.report import changes as changed
from pricing_assets.report import corrections
from pricing_assets.report.states import Side, StatePair
from pricing_assets.usage import reduce as usage
from pricing_assets.usage.staging import TABLES
from pricing_assets.verify import file_diff as differences
from pricing_assets.verify.difference import Difference, Recomputed
from pricing_assets.verify.folders import whole_manifest

REBUILT = (
    *(f"{name}.parquet" for name in TABLES),
    *charges.FILES,
    *changed.NAMES,
    *corrections.NAMES,
)
"""The files that logs, cards, settings and what was reported before decide."""


def recompute_dates(
    home: Home,
    days: Sequence[date],
    more_books: Sequence[str] = (),
    limits: duck.Limits | None = None,
) -> Iterator[Recomputed]:
    """Make every version of the dates again: superseded ones, corrections and blocked attempts too.

    Pinned cards are looked for in the home's books and in `more_books`. A version whose manifest
    cannot be read is left to `verify`, which names it.
    """
    names = dict.fromkeys((*home.settings().books, *more_books))
    # Each book alone: what two books may not hold together, one version after the other may pin.
    books = [book for name in names for book in rates.load_named([name]).books]
    for day in days:
        folders = [one.folder for one in (*home.versions(day), *home.booked(day))]
        if home.blocked_folder(day).is_dir():
            folders.append(home.blocked_folder(day))
        with tempfile.TemporaryDirectory(prefix="creditmill-") as scratch:
            one_date = _Date(home, day, books, Path(scratch), limits)
            for folder in folders:
                manifest = whole_manifest(folder)
                if not isinstance(manifest, Difference):
                    yield one_date.recompute(folder, manifest)
        references.let_go(home)


def remake(
    home: Home,
    day: date,
    folder: Path,
    manifest: Manifest,
    books: Sequence[Book],
    scratch: Path,
) -> Path | None:
    """Return a folder with every file that a manifest names, made again from what it pins; None
    where one does not come out as it was published."""
    one_date = _Date(home, day, books, scratch, None)
    recomputed = Recomputed(day, None, "byte by byte")
    try:
        stage = one_date._made(folder, manifest, recomputed)
    except RejectedLog:
        return None
    is_whole = not recomputed.differences and all(
        (stage / name).is_file() and files.sha256_of(stage / name) == output.sha256
        for name, output in manifest.outputs.items()
    )
    return stage if is_whole else None


@dataclass
class _Date:
    """A date that is made again in `scratch`; `again` maps what was published, folder by folder,
    to what was made of it, for what came after and was compared with it."""

    home: Home
    day: date
    books: Sequence[Book]
    scratch: Path
    limits: duck.Limits | None
    again: dict[Path, Path] = field(default_factory=dict)

    def recompute(self, folder: Path, manifest: Manifest) -> Recomputed:
        """Make what is in this folder again, and compare all its files.

        Bytes are compared where the libraries that wrote them are installed, else rows.
        """
        libraries = manifest.libraries
        by_bytes = bool(libraries) and libraries == {name: version(name) for name in libraries}
        is_booked = isinstance(manifest, Correction | Reversal)
        number = f"c{manifest.version}" if is_booked else manifest.version
        recomputed = Recomputed(self.day, number, "byte by byte" if by_bytes else "row by row")
        pruned = (folder / PRUNED).is_file()
        if pruned:
            recomputed.compared = "with the manifest's digests" if by_bytes else "made again only"
        try:
            stage = self._made(folder, manifest, recomputed)
        except pinned_inputs.NoLongerThere as error:
            recomputed.compared = "not recomputed"
            recomputed.differences += [Difference(str(folder), lost) for lost in error.lost]
            recomputed.given_up = error.given_up
            return recomputed
        except RejectedLog as error:
            recomputed.compared = "not recomputed"
            recomputed.differences.append(Difference(str(folder), f"a log that it pins: {error}"))
            return recomputed
        self.again[folder] = stage
        for name in REBUILT:
            if name not in manifest.outputs:
                continue
            recomputed.files += 1
            table = tables.stored(name.partition(".")[0], manifest.dimensions)
            sha256 = manifest.outputs[name].sha256
            if pruned:
                if by_bytes and files.sha256_of(stage / name) != sha256:
                    what = "was pruned; what is recomputed is not what the manifest names"
                    recomputed.differences.append(Difference(str(folder / name), what))
                continue
            recomputed.differences += differences.between(
                folder / name, stage / name, table, sha256, by_bytes=by_bytes
            )
        if CHECKS in manifest.outputs:
            recomputed.files += 1
            if files.sha256_of(stage / CHECKS) != manifest.outputs[CHECKS].sha256:
                what = "is not what its manifest says of the checks"
                recomputed.differences.append(Difference(str(folder / CHECKS), what))
        return recomputed

    def _made(self, folder: Path, manifest: Manifest, recomputed: Recomputed) -> Path:
        """Return the folder with the same files, made from what the manifest pins."""
        scratch = Path(tempfile.mkdtemp(dir=self.scratch))
        is_reversal = isinstance(manifest, Reversal)
        stage = scratch if isinstance(manifest, Reversal) else self._rebuilt(manifest, scratch)
        if isinstance(manifest, Report | Correction) and manifest.changes is not None:
            before = self._before(manifest)
            old = Side(self._again(before), _contents(before)) if before else Side()
            new = Side(stage, manifest)
            read = [side.folder for side in (old, new) if side.folder is not None]
            with duck.connection(self.limits, self.scratch, within=read) as con:
                made_at = parse_instant(manifest.published_at)
                compared = StatePair.of(self.home, self.day, old, new, made_at)
                sums = changed.write(con, {stage: compared}, manifest.dimensions)
            if sums[self.day] != manifest.changes:
                what = "its sums by cause are not those recomputed"
                recomputed.differences.append(Difference(str(folder / "manifest.json"), what))
        if isinstance(manifest, Correction | Reversal):
            booked = self.home.booked(self.day)[: manifest.version - 1]
            closed = None if is_reversal else self._closed(manifest)
            booking = corrections.Booking(
                manifest.booked_on,
                manifest.corrects,
                manifest.reason,
                [] if is_reversal else [stage],
                [self._again(closed)] if closed else [],
                [self._again(one.folder) for one in booked],
            )
            corrections.write_rows(booking, stage, manifest.dimensions)
        if isinstance(manifest, Contents) and CHECKS in manifest.outputs:
            (stage / CHECKS).write_bytes(results.to_json(manifest))
        return stage

    def _rebuilt(self, manifest: Contents, scratch: Path) -> Path:
        """Make usage and charges from the logs, cards and settings that are pinned; return their
        folder."""
        prices = pinned_inputs.rates_of(manifest, self.books)
        settings, logs = (
            pinned_inputs.settings_of(manifest),
            pinned_logs.logs_of(self.home, manifest),
        )
        with duck.connection(self.limits, scratch, derived.folders(self.home)) as con:
            reduced = usage.reduce_dates(
                con, Inputs(self.home, logs, prices, settings), [self.day], scratch
            )
        if self.day in reduced.failed:
            raise pinned_inputs.NoLongerThere(
                [f"it cannot be made again: {reduced.failed[self.day]}"]
            )
        with duck.connection(self.limits, scratch) as con:
            charges.price_dates(con, reduced.stages, prices, settings.dimensions)
        return reduced.stages[self.day]

    def _closed(self, manifest: Booking) -> Path | None:
        """Return the version that a correction corrects."""
        number = manifest.corrects
        return None if number is None else self.home.date_folder(self.day) / f"{number:04d}"

    def _before(self, manifest: Report | Correction) -> Path | None:
        """Return what had been reported before, which `changes` is the difference from."""
        if isinstance(manifest, Report):
            before = manifest.supersedes
            folder = self.home.date_folder(self.day)
            return folder / f"{before.version:04d}" if before else None
        booked = self.home.booked(self.day)[: manifest.version - 1]
        if booked and isinstance(booked[-1].manifest, Correction):
            return booked[-1].folder
        return self._closed(manifest)

    def _again(self, folder: Path) -> Path:
        """Return what was made of a published folder; itself where it could not be made again."""
        made_again = self.again.get(folder, folder)
        if not any(
            (made_again / name).is_file() for name in ("charges.parquet", "corrections.parquet")
        ):
            raise pinned_inputs.NoLongerThere(
                [f"{folder.name}, which it was compared with, is gone"]
            )
        return made_again


def _contents(folder: Path) -> Contents:
    manifest = whole_manifest(folder)
    if isinstance(manifest, Contents):
        return manifest
    what = manifest.what if isinstance(manifest, Difference) else "is a reversal"
    raise pinned_inputs.NoLongerThere([f"{folder.name}, which it was compared with: {what}"])
