"""Logs in a bucket: an object is its key, size and etag, and is copied once, hashed on the way.

Which objects there are is found in `object_scan`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.common.clock import now
from pricing_assets.common.errors import HomeFailed, RejectedLog, StoreFailed
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.home import Home
from pricing_assets.intake import inbox, listings, object_digests, unread
from pricing_assets.intake.digest_lines import Digests, parse
from pricing_assets.intake.inbox import Met, Seen, Stamp
from pricing_assets.intake.listings import Listing
from pricing_assets.intake.place import NamedByPath
from pricing_assets.intake.stated_digests import Stated
from pricing_assets.intake.table_formats import refusal
from pricing_assets.intake.table_state import Columns
from pricing_assets.objects import Address, Object, Store
from pricing_assets.objects.store import Changed, Gone
from pricing_assets.sources.kept import KeptSource

FAILURES = 3
"""Logs in a row that a store may fail to give before the run ends."""


@dataclass
class Bucket(NamedByPath):
    """The objects under an address, as one listing had them, by name: logs, and files of digests;
    `tables` are the formats of folders that are not logs. The listing began after the key `after`
    (None: at the first)."""

    store: Store
    root: Address
    logs: Mapping[str, Object]
    digests: Mapping[str, Object]
    tables: Mapping[str, str]
    after: str | None
    before: Listing | None
    listed: Sequence[Object]
    _read: dict[str, Digests] = field(default_factory=dict)
    _failures: int = 0
    _versions: dict[str, str] = field(default_factory=dict)

    def name_of(self, log: Path | str) -> str:
        """Return the address."""
        return str(log)

    def root_of(self, name: str) -> str:
        """Return the address of them all."""
        return str(self.root)

    def table_of(self, name: str) -> tuple[dict[str, str], Columns | None] | None:
        """Return None: no table in a bucket is read."""
        return None

    def stamp_of(self, name: str) -> Stamp:
        """Return size and etag; without an etag, when it was written."""
        stamp: list[int | str] = [0, self.tables.get(name, "")]
        if name in self.logs:
            one = self.logs[name]
            stamp = [one.size, one.etag or one.modified.isoformat()]
        return stamp

    def is_met(self, name: str, stamp: Stamp, met: Met, source: KeptSource | None) -> bool:
        """Return whether an object is as it was."""
        if not inbox.is_as_it_was(stamp, met, source):
            return False
        if met.reason != inbox.WRONG_DIGEST:
            return True
        stated, _ = self.stated(name)
        return met.stated == ([stated.sha256, str(stated.file)] if stated else None)

    def is_same_content(self, name: str, stamp: Stamp, met: Met | None) -> bool:
        """Return False: of an object no more is known than its stamp."""
        return False

    def set_aside(self, name: str, copy: Path, most: int) -> tuple[str, int]:
        """Copy an object whole. StoreFailed where the store gives none of several.
        RejectedLog where it is refused, is larger than `most`, or changes meanwhile;
        HomeFailed where the copy cannot be written."""
        if name in self.tables:
            raise RejectedLog("table_format", refusal(self.tables[name]))
        one = self.logs[name]
        if one.size > most:
            raise RejectedLog(
                "resource_limit",
                f"{one.size:,} bytes, more than the {most:,} of the setting max_file_bytes",
            )
        try:
            read = _Read(self.store, one)
            try:
                self._versions[name] = read.version
                sha256, size = files.copy_with_digest(read, copy, one.size)
            except OSError as error:  # of the home
                raise HomeFailed(
                    f"nothing can be copied to {copy.parent}: {reason_of(error)}"
                ) from error
        except Gone:
            raise RejectedLog("unsettled", "it was removed while it was read") from None
        except Changed:
            raise RejectedLog("unsettled", "it was overwritten while it was read") from None
        except StoreFailed as error:
            self._failures += 1
            if self._failures >= FAILURES:
                raise
            raise RejectedLog("unsettled", f"it cannot be read: {error}") from error
        if size != one.size:
            raise RejectedLog("unsettled", f"the store gave {size:,} of {one.size:,} bytes")
        self._failures = 0
        return sha256, size

    def reference_of(self, name: str, version: str | None = None) -> dict[str, str]:
        """Return what names an object as it was copied, here or elsewhere (with its `version`)."""
        version = self._versions.get(name, "") if version is None else version
        named = {"uri": name, "etag": self.logs[name].etag, "version": version}
        return {key: value for key, value in named.items() if value}

    def stated(self, name: str) -> tuple[Stated | None, Sequence[str]]:
        """Return what objects of digests beside it, and above, state."""
        if name in self.tables:
            return None, ()
        return object_digests.stated(name, str(self.root), self._there, self._digests_of)

    def _digests_of(self, name: str) -> Digests:
        if name not in self._read:
            got = self.store.read(self.digests[name].key)
            self._read[name] = parse(got[0]) if got else Digests()
        return self._read[name]

    def replaced(self, name: str, before: str) -> str:
        """Say that other bytes lie under the key."""
        return (
            f"{name}: the object was overwritten after it was ingested; its bytes of now are a new log,"
            f" and those of before, {before[:16]}, count as well: `creditmill withdraw {before[:16]}"
            " --reason TEXT` takes them back"
        )

    def begin(self, home: Home, seen: Seen) -> Sequence[str]:
        """Forget what was rejected or left unread, and is not listed any more."""
        under = str(self.root) + "/"
        first = "" if self.after is None else self.root.of(self.after)
        there = self._names
        for name in [
            name
            for name, met in seen.items()
            if (met.reason or unread.is_waiting(met))
            and (name.startswith(under) or name == str(self.root))
        ]:
            if name > first and name not in there:
                del seen[name]
        return ()

    def end(self, home: Home, seen: Seen) -> None:
        """Note where the next look begins: before everything that is not settled."""
        listings.save(home, str(self.root), self._next(seen))

    @cached_property
    def _there(self) -> object_digests.There:
        return object_digests.There(self.digests, self.logs)

    @property
    def _names(self) -> Collection[str]:
        return {*self.logs, *self.tables}

    def _next(self, seen: Seen) -> Listing | None:
        is_whole = self.after is None
        if not self.listed or (is_whole and len(self.listed) <= listings.SMALL) or self.tables:
            return None if is_whole else self.before
        newest = max(one.modified for one in self.listed)
        open_keys = {one.key for name, one in self.logs.items() if not self._is_settled(name, seen)}
        after = self.after
        for one in self.listed:
            if one.modified >= newest - listings.LATE or one.key in open_keys:
                break
            after = one.key
        if after is None:
            return None
        whole_at = now() if is_whole or self.before is None else self.before.whole_at
        return Listing(after, whole_at)

    def _is_settled(self, name: str, seen: Seen) -> bool:
        met = seen.get(name)
        return met is not None and bool(met.sha256) and met.stamp == self.stamp_of(name)


def is_due(listing: Listing | None) -> bool:
    """Return whether all keys are to be listed: they never were, or a while ago."""
    return listing is None or not timedelta() <= now() - listing.whole_at < listings.WHOLE


class _Read:
    """An object that is opened when its first bytes are asked for: an error is its own then."""

    def __init__(self, store: Store, one: Object) -> None:
        self._reading = store.opened(one)
        self.version = self._reading.object.version

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        return self._reading.read(size)
