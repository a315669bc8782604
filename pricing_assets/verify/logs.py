"""What cannot be said of logs whose bytes a home does not have: it is not a fault.

Whether those that it has are as they came is found in `files`.
"""

from collections.abc import Iterator

from pricing_assets.common.text import counted
from pricing_assets.home import Home, references
from pricing_assets.home.receipt import keeps_bytes


def logs_gone(home: Home) -> Iterator[str]:
    """Yield a sentence for each withdrawn log that is gone: what was made from them cannot be made again."""
    named = home.journal.named
    for sha256 in sorted(named.withdrawn & named.receipts.keys()):
        is_here = home.kept_log(sha256).is_file()
        if not is_here and not references.is_reference(named.receipts[sha256]):
            name = named.receipts[sha256]["file_name"]
            yield (
                f"{home.kept_log(sha256)}: {name} is withdrawn and its bytes are gone; versions that were"
                " made from it cannot be made again"
            )


def logs_not_kept(home: Home) -> Iterator[str]:
    """Yield a sentence on what cannot be proved of logs of which a home keeps no raw bytes."""
    receipts = home.journal.named.receipts.values()
    if there := [record for record in receipts if references.is_reference(record)]:
        size = sum(record["bytes"] for record in there)
        yield (
            f"{counted(len(there), 'log')} ({size:,} bytes) are in object storage (keep = reference) and were not"
            " checked; `creditmill verify --recompute` reads them there"
        )
    found = [record for record in receipts if not keeps_bytes(record)]
    if found:
        size = sum(record["bytes"] for record in found)
        yield (
            f"{counted(len(found), 'raw log')} ({size:,} bytes) came with keep_raw = false: it can no longer be proved that the source"
            " made these rows, and where each record ended. Their digests and sizes, and"
            " everything made from their rows, can be"
        )
