"""Recompute: a version made again from what its manifest pins, aside, and held against every file
that was published.

What is pinned is decided in `pinned`; digests alone are looked at in `verify`.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets import charges, contract, duck, files, pinned, rates, usage
from pricing_assets.contract import Table
from pricing_assets.errors import RejectedLog
from pricing_assets.home import PRUNED, Home
from pricing_assets.rates import Book
from pricing_assets.verify import Difference, whole_manifest

if TYPE_CHECKING:
    import duckdb

MOST_LINES = 20
"""Lines of one file that are named; how many more differ is said."""

REBUILT = (*(f"{name}.parquet" for name in usage.TABLES), *charges.FILES)
"""The files that logs, cards and settings alone decide."""


@dataclass
class Recomputed:
    """One version (None: a blocked attempt), or correction of a closed date (`c1`, …), made again:
    how it was compared, and what differs."""

    usage_date: date
    version: int | str | None
    compared: str
    files: int = 0
    differences: list[Difference] = field(default_factory=list)


def recompute_dates(
    home: Home,
    days: Sequence[date],
    more_books: Sequence[str] = (),
    limits: duck.Limits | None = None,
) -> Iterator[Recomputed]:
    """Every version of the dates, superseded ones and blocked attempts too, made again.

    Pinned cards are looked for in the home's books and in `more_books`. A version whose manifest
    cannot be read is left to `verify`, which names it.
    """
    names = dict.fromkeys((*home.terms().books, *more_books))
    # Each book alone: what two books may not hold together, one version after the other may pin.
    books = [book for name in names for book in rates.load([rates.book_folder(name)]).books]
    for day in days:
        folders = [one.folder for one in home.versions(day)]
        booked = [one for one in home.booked(day) if one.manifest["reversed_by"] is None]
        folders += [one.folder for one in booked]
        if home.blocked_folder(day).is_dir():
            folders.append(home.blocked_folder(day))
        for folder in folders:
            manifest = whole_manifest(folder)
            if not isinstance(manifest, Difference):
                yield recompute(home, folder, manifest, books, limits)


def recompute(
    home: Home,
    folder: Path,
    manifest: Mapping[str, Any],
    books: Sequence[Book],
    limits: duck.Limits | None = None,
) -> Recomputed:
    """Make the version in this folder again in a temporary place, and compare all its files.

    Bytes are compared where the libraries that wrote them are installed, else rows.
    """
    day = date.fromisoformat(manifest["usage_date"])
    by_bytes = manifest["libraries"] == {name: version(name) for name in manifest["libraries"]}
    number = f"c{manifest['version']}" if "corrects" in manifest else manifest["version"]
    made = Recomputed(day, number, "byte by byte" if by_bytes else "row by row")
    if (folder / PRUNED).is_file():
        made.compared = "with the manifest's digests" if by_bytes else "made again only"
    with tempfile.TemporaryDirectory(prefix="creditmill-") as scratch:
        try:
            stage = rebuild(home, manifest, books, Path(scratch), limits)
        except pinned.NoLongerThere as error:
            made.compared = "not recomputed"
            made.differences += [Difference(str(folder), lost) for lost in error.lost]
            return made
        except RejectedLog as error:
            made.compared = "not recomputed"
            made.differences.append(Difference(str(folder), f"a log that it pins: {error}"))
            return made
        dimensions = tuple(manifest["dimensions"])
        for name in REBUILT:
            if name not in manifest["outputs"]:
                continue
            made.files += 1
            table = contract.stored(name.partition(".")[0], dimensions)
            said = manifest["outputs"][name]["sha256"]
            if (folder / PRUNED).is_file():
                if by_bytes and files.sha256_of(stage / name) != said:
                    what = "was pruned; what is recomputed is not what the manifest names"
                    made.differences.append(Difference(str(folder / name), what))
                continue
            made.differences += _compare(folder / name, stage / name, table, said, by_bytes)
    return made


def rebuild(
    home: Home,
    manifest: Mapping[str, Any],
    books: Sequence[Book],
    scratch: Path,
    limits: duck.Limits | None = None,
) -> Path:
    """The folder under `scratch` with the version's files, made from what the manifest pins."""
    day = date.fromisoformat(manifest["usage_date"])
    prices, terms = pinned.rates_of(manifest, books), pinned.terms_of(manifest)
    logs = pinned.logs_of(home, manifest)
    with duck.connection(limits, scratch) as con:
        made = usage.reduce_dates(con, home, logs, [day], prices, terms, scratch)
    if day in made.failed:
        raise pinned.NoLongerThere([f"it cannot be made again: {made.failed[day]}"])
    with duck.connection(limits, scratch) as con:
        charges.rate_dates(con, made.stages, prices, terms.dimensions)
    return made.stages[day]


def _compare(
    published: Path, rebuilt: Path, table: Table, said: str, by_bytes: bool
) -> Iterator[Difference]:
    """Every difference between a published file and the same file made again."""
    import duckdb

    if not published.is_file():
        yield Difference(str(published), "is missing")
        return
    again = files.sha256_of(rebuilt)
    if by_bytes and files.sha256_of(published) == again == said:
        return
    try:
        with duck.connection() as con:
            lines = list(_lines(con, published, rebuilt, table))
    except duckdb.Error as error:
        yield Difference(str(published), f"cannot be read: {str(error).splitlines()[0]}")
        return
    yield from (Difference(str(published), line) for line in lines)
    if by_bytes and not lines:
        yield Difference(
            str(published), "its rows are those recomputed, its bytes are not (or the manifest's)"
        )


def _lines(
    con: "duckdb.DuckDBPyConnection", published: Path, rebuilt: Path, table: Table
) -> Iterator[str]:
    """In words, the lines of one file that are not in the other."""
    old, new = (_read(con, file, table) for file in (published, rebuilt))
    if published.suffix == ".parquet" and old.columns != new.columns:
        # Written by another layout: what both have is compared.
        both = [duck.quoted(column) for column in new.columns if column in old.columns]
        old, new = old.project(", ".join(both)), new.project(", ".join(both))
    columns = old.columns
    gone = old.except_(new).order("all").limit(MOST_LINES + 1).fetchall()
    come = new.except_(old).order("all").limit(MOST_LINES + 1).fetchall()
    if not gone and not come:
        counted = [one.aggregate("count(*)").fetchall()[0][0] for one in (old, new)]
        if counted[0] != counted[1]:
            yield f"{counted[0]:,} rows published, {counted[1]:,} recomputed"
        return
    key = [place for place, name in enumerate(columns) if name in _key(table)]
    by_key = [{tuple(row[place] for place in key): row for row in rows} for rows in (gone, come)]
    for name in [*by_key[0], *(one for one in by_key[1] if one not in by_key[0])][:MOST_LINES]:
        line = ", ".join("null" if value is None else str(value) for value in name)
        was, now = by_key[0].get(name), by_key[1].get(name)
        if was is None:
            yield f"{line}: recomputed ({_said(columns, now, key)}), not published"
        elif now is None:
            yield f"{line}: published ({_said(columns, was, key)}), not recomputed"
        else:
            yield f"{line}: " + "; ".join(
                f"{column} published {old_value}, recomputed {new_value}"
                for column, old_value, new_value in zip(columns, was, now, strict=True)
                if old_value != new_value
            )
    if max(len(gone), len(come)) > MOST_LINES:
        yield f"more than {MOST_LINES} lines differ; these are the first"


def _read(con: "duckdb.DuckDBPyConnection", file: Path, table: Table) -> "duckdb.DuckDBPyRelation":
    return duck.scan(con, [file]) if file.suffix == ".parquet" else duck.scan_csv(con, file, table)


def _key(table: Table) -> set[str]:
    """The columns that name a line; all where a file has no other."""
    values = {"events", "quantity", "per", "list_price", "price", "credits", "usd", "discount"}
    values |= {*contract.METERS, "rows", "platform_price", "platform_credits", "platform", "capped"}
    values |= {"least_credits", "most_credits"}
    names = {column.name for column in table.columns}
    return names if table.name == "quarantine" else names - values


def _said(columns: Sequence[str], row: Sequence[object] | None, key: Sequence[int]) -> str:
    return ", ".join(
        f"{column} {value}"
        for place, (column, value) in enumerate(zip(columns, row or (), strict=True))
        if place not in key
    )
