"""Logs that stay where they lie: their bytes come into the home while they are needed, and go with its lock.

What a receipt says of them belongs to `receipt`, how they are ingested to `intake`.
"""

import os
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common import files
from pricing_assets.common.errors import CreditmillError, StoreFailed
from pricing_assets.home.receipt import Receipt
from pricing_assets.objects import Store, parse
from pricing_assets.objects.store import Changed, Gone, Object

if TYPE_CHECKING:
    from pricing_assets.home.home import Home

PART = ".part"
"""How the name of a file ends that is still being brought."""
DAY = 86_400
"""Seconds after which nobody needs bytes any more that a reader left."""


def is_reference(record: Mapping[str, Any]) -> bool:
    """Return whether a receipt's record says that the log stays where it lies."""
    return record.get("reference") is not None


def ensure(home: "Home", logs: Iterable[Receipt]) -> None:
    """Bring the bytes of these logs into the home where they stay elsewhere; CreditmillError where
    one cannot be had as it was ingested."""
    for log in logs:
        if is_reference(log.__dict__) and (why := bring(home, log.__dict__)):
            raise CreditmillError(f"log {log.shown_name} {why}")


def bring(home: "Home", record: Mapping[str, Any]) -> str:
    """Bring the bytes of a log into the home, where they are not yet; returns why they cannot be had, ''
    where they are there."""
    target = home.log(record["file"])
    if target.is_file():
        return ""
    files.make_folder(target.parent)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=PART)
    os.close(handle)
    part = Path(name)
    try:
        if why := copied(record, part):
            return why
        part.chmod(0o444)
        os.replace(part, target)
        home.brought.add(target)
    finally:
        part.unlink(missing_ok=True)
    return ""


def copied(record: Mapping[str, Any], target: Path) -> str:
    """Copy the bytes of a log into a file; returns why they cannot be had, '' where they were."""
    at = record["reference"]
    address = parse(at["uri"])
    one = Object.of(address.key, record["bytes"], at.get("etag", ""), at.get("version", ""))
    cure = "restore the object there, or `creditmill withdraw` the log"
    try:
        read = Store.open(address).opened(one)
        sha256, _ = files.copy_with_digest(read, target, record["bytes"])
    except Gone:
        return f"is not at {address} any more: {cure}"
    except Changed:
        return f"was overwritten at {address} after it was ingested: {cure}"
    except StoreFailed as error:
        return f"cannot be read at {address}: {error}"
    if sha256 != record["file"]:
        return f"at {address} differs from what was ingested ({record['file'][:16]}): {cure}"
    return ""


def let_go(home: "Home") -> None:
    """Remove the bytes that were brought for this reader of the home, who needs them no more."""
    for path in home.brought:
        path.unlink(missing_ok=True)
    home.brought.clear()


def tidy(home: "Home") -> None:
    """Remove bytes that a reader left, who was killed: other readers may need those of today."""
    receipts, today = home.journal.named.receipts, time.time() - DAY
    with suppress(OSError):  # what is left goes another time
        for entry in os.scandir(home.logs):
            is_part = entry.name.startswith(".") and entry.name.endswith(PART)
            is_brought = is_reference(receipts.get(entry.name.partition(".")[0], {}))
            if (is_part or is_brought) and entry.stat().st_mtime < today:
                Path(entry.path).unlink()
