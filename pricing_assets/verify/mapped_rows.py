"""Verify mapped rows: whether they are what their sources make of the raw logs.

Rows that were deleted are not a difference: they are made again where they are needed.
"""

import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from pricing_assets.common import files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.home import Home, derived
from pricing_assets.verify.difference import Difference


class MappedRowsFile(NamedTuple):
    """A file of mapped rows that receipts name: its source, name and digest."""

    source: str
    rows: str
    digest: str


def changed(home: Home) -> Iterator[Difference]:
    """Yield every file of mapped rows that has other bytes than it was made with, and other rows
    than its source makes: other libraries may have written it since."""
    for mapped in _made(home):
        path = home.mapped(mapped.source, mapped.rows)
        if path.is_file() and files.sha256_of(path) != mapped.digest:
            yield from _compared(home, mapped)


def differences(home: Home) -> Iterator[Difference]:
    """Yield every file of mapped rows that its source does not make again of the raw logs."""
    for mapped in _made(home):
        if home.mapped(mapped.source, mapped.rows).is_file():
            yield from _compared(home, mapped)


def _made(home: Home) -> list[MappedRowsFile]:
    sources = (record.get("source") for record in home.journal.named.receipts.values())
    return sorted(
        {MappedRowsFile(one["sha256"], one["rows"], one["rows_sha256"]) for one in sources if one}
    )


def _compared(home: Home, mapped: MappedRowsFile) -> Iterator[Difference]:
    """Yield how a file differs from what its source makes of the raw logs that are here."""
    path = home.mapped(mapped.source, mapped.rows)
    members = derived.members(home, mapped.source, mapped.rows)
    logs = [derived.raw_of(home, file) for file in members]
    there = [log for log in logs if log.path.is_file()]  # one that is lost is named elsewhere
    if not there:
        return
    with tempfile.TemporaryDirectory(prefix="creditmill-") as folder:
        try:
            (again,) = derived.made_in(home, there, mapped.source, Path(folder))
        except CreditmillError as error:
            yield Difference(str(path), str(error))
            return
        if not _same_rows(again.path, path, {log.sha256 for log in there}):
            yield Difference(
                str(path),
                "its mapped rows are not those that their source makes of the raw logs; remove the"
                " file, and it is made again",
            )


def _same_rows(again: Path, path: Path, logs: Collection[str]) -> bool:
    """Return whether a file holds the rows of these logs that were made again."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if files.sha256_of(again) == files.sha256_of(path):
        return True
    try:
        held = pq.read_table(path)
        held = held.filter(pc.is_in(held["file"], pa.array(logs, pa.string())))
        return bool(pq.read_table(again).equals(held))
    except (pa.ArrowException, OSError, KeyError):
        return False
