"""Which usage logs a bucket holds: every `*.parquet` under a prefix, but for hidden and temporary
names, as of a folder.

How far a look lists belongs to `listings`; what an object holds is not looked at here.
"""

import re
from collections.abc import Iterator

from pricing_assets.home import Home, presence
from pricing_assets.intake import listings, stated_digests
from pricing_assets.intake.inbox_contents import SUFFIX, InboxContents, kind_of
from pricing_assets.intake.object_place import Bucket, is_due
from pricing_assets.intake.table_formats import table_of
from pricing_assets.objects import Address, Object, Store
from pricing_assets.sources.kept import KeptSource

_WILD = {"*": "[^/]*", "?": "[^/]"}


def require(address: Address, *, has_source: bool) -> None:
    """Ask the store for one object of an inbox, so that what is wrong is said before a home is made.
    ConfigurationError or StoreFailed say what."""
    store = Store.open(address)
    next(_listed(store, address, None, has_source=has_source), None)


def scan(address: Address, home: Home, source: KeptSource | None = None) -> InboxContents:
    """Return what lies under an address, or what a key or a pattern names."""
    store, root = Store.open(address), address.root
    before = listings.load(home).get(str(root)) if home.exists() else None
    is_whole = is_due(before) or bool(presence.lost_logs(home))
    after = None if is_whole or before is None else before.after
    found = InboxContents(root, source=source, pattern=str(address) if address.is_pattern else "")
    listed = _in_order(_listed(store, address, after, has_source=source is not None))
    tables: dict[str, str] = {}
    logs: dict[str, Object] = {}
    digests: dict[str, Object] = {}
    wanted = _pattern(address)
    for one in listed:
        relative = one.key.removeprefix(root.key).lstrip("/") or one.key.rpartition("/")[2]
        table = table_of(relative.split("/"))
        if table is not None:
            folder = "/".join(relative.split("/")[: table[0]])
            tables[str(root.child(folder)) if folder else str(root)] = table[1]
        elif wanted is None or any(map(wanted.fullmatch, _above(one.key))):
            _place(one, relative, found, logs, digests)
    for folder in tables:
        logs = {name: one for name, one in logs.items() if not name.startswith(f"{folder}/")}
    found.names = sorted({*logs, *tables})
    found.digest_files = sorted(digests)
    found.place = Bucket(store, root, logs, digests, tables, after, before, listed)
    return found


def _place(
    one: Object,
    relative: str,
    found: InboxContents,
    logs: dict[str, Object],
    digests: dict[str, Object],
) -> None:
    """Add an object to what was found, by its name."""
    *folders, name = relative.split("/")
    hidden = [n for n, folder in enumerate(folders) if folder.startswith(("_", "."))]
    if hidden:
        folder = "/".join(folders[: hidden[0] + 1])
        if folder not in found.hidden_folders:
            found.hidden_folders.append(folder)
    elif not name or (one.size == 0 and not name.endswith(SUFFIX) and "." not in name):
        pass  # what consoles make of a folder
    elif name.startswith(("_", ".")):
        found.hidden_files.append(relative)
    elif found.takes(name):
        logs[_address(found).of(one.key)] = one
    elif stated_digests.is_digest_file(name):
        digests[_address(found).of(one.key)] = one
    elif not found.is_side_table(name):
        found.other_files[kind_of(name)] += 1


def _address(found: InboxContents) -> Address:
    assert isinstance(found.root, Address)
    return found.root


def _listed(
    store: Store, address: Address, after: str | None, *, has_source: bool
) -> Iterator[Object]:
    """Yield the objects under an address, or the one that it names."""
    root, is_empty = address.root, True
    for one in store.listed(root.key, after):
        is_empty = False
        yield one
    if is_empty and after is None and root.key and not address.is_pattern:
        named = store.head(root.key)
        if named is not None and (has_source or root.key.endswith(SUFFIX)):
            yield named


def _in_order(objects: Iterator[Object]) -> list[Object]:
    """Return each object once, in the order of keys; of one listed twice, as it was the last time."""
    by_key = {one.key: one for one in objects}
    return [by_key[key] for key in sorted(by_key)]


def _above(key: str) -> Iterator[str]:
    """Yield a key and the folders that it lies in: a pattern may name either."""
    parts = key.split("/")
    for n in range(len(parts), 0, -1):
        yield "/".join(parts[:n])


def _pattern(address: Address) -> re.Pattern[str] | None:
    """Return what keys match that a pattern names: `*` and `?` within a part, `**` any parts."""
    if not address.is_pattern:
        return None
    text = ""
    parts = address.key.split("/")
    for n, part in enumerate(parts):
        if part == "**":
            text += "(?:[^/]+/)*" if n < len(parts) - 1 else ".*"
            continue
        text += "".join(_WILD.get(char) or re.escape(char) for char in part)
        text += "/" if n < len(parts) - 1 else ""
    return re.compile(text)
