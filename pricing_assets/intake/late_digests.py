"""Digests that were stated of a log after it was ingested, and that are not its own.

A digest that lies there before is held against the log as it arrives (`take_in`); how one is written
belongs to `stated_digests`.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pricing_assets.common.clock import now
from pricing_assets.common.instants import parse_instant
from pricing_assets.home import Home
from pricing_assets.intake import inbox, stated_digests
from pricing_assets.objects import Address


@dataclass(frozen=True)
class WrongDigest:
    """An ingested log of which another SHA-256 is stated since: its path, and where it is said."""

    path: str
    detail: str


def in_folders(home: Home) -> list[str]:
    """Return the files of digests in each folder that a log was ingested from."""
    folders = {path.rpartition("/")[0] for path, met in inbox.load_seen(home).items() if met.sha256}
    found = []
    for folder in sorted(folders):
        try:
            names = os.listdir(folder or "/")
        except OSError:
            continue  # an inbox that is gone says nothing
        found += [f"{folder}/{name}" for name in names if stated_digests.is_digest_file(name)]
    return found


def wrong_digests(
    home: Home, files_of_digests: Iterable[str], root: Path | Address | None = None
) -> list[WrongDigest]:
    """Return each log that counts and of which these files state another SHA-256 than it has.

    `root` is the inbox: a file of digests in it may be about logs in folders below. What comes into
    a bucket after its log is not held against it."""
    if isinstance(root, Address):
        return []
    seen, named = inbox.load_seen(home), home.journal.require().named
    found: dict[str, WrongDigest] = {}
    for file in sorted(files_of_digests):
        for path in _named_in(file, seen):
            met = seen[path]
            if not met.sha256 or met.sha256 in named.withdrawn or path in found:
                continue
            receipt = named.receipts.get(met.sha256)
            if receipt is None or _was_there(file, receipt["received_at"]):
                continue
            try:
                stated = stated_digests.stated(Path(path), root)
            except OSError:
                continue
            if stated is not None and stated.sha256 != met.sha256:
                found[path] = WrongDigest(
                    path,
                    f"{stated_digests.in_words(stated)}, and the log that was"
                    f" ingested has {met.sha256}: have file or digest sent again; `creditmill"
                    f" withdraw {met.sha256[:16]} --reason TEXT` takes the log back",
                )
    return list(found.values())


def _named_in(file: str, seen: inbox.Seen) -> Iterator[str]:
    """Give the paths of met files that a file of digests is about."""
    log = stated_digests.log_beside(file)
    if log in seen:
        yield log
        return
    try:
        read = stated_digests.load(Path(file))
        meant = stated_digests.log_meant(Path(file)) if read.bare else ""
    except OSError:
        return
    if meant in seen:
        yield meant
    folder = os.path.dirname(file)  # noqa: PTH120
    for written, sha256 in read.lines:
        for name in (written, written[1:]):  # after a mark of the mode
            path = os.path.normpath(os.path.join(folder, name.strip()))
            if path in seen and seen[path].sha256 != sha256:
                yield path


def _was_there(file: str, received_at: str) -> bool:
    """Return whether a file was as it is before the log came: then it was held against the log."""
    received = parse_instant(received_at)
    try:
        changed = datetime.fromtimestamp(os.stat(file).st_ctime, UTC)  # noqa: PTH116
    except OSError:
        return True
    return changed < received <= now()
