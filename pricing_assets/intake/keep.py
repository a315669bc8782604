"""Keep in the home what examining a log left: its source, its mapped rows, its rows of no usage date.

Whether a log is ingested is decided in `take_in`; its own bytes are kept by `recorder`.
"""

from dataclasses import replace
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.home import Home, Receipt
from pricing_assets.home.entries import source_entry
from pricing_assets.sources.kept import KeptSource


def keep_source(home: Home, source: KeptSource | None) -> None:
    """Note a source in the journal before the first receipt of a log that it reads."""
    if source is not None and source.digest not in home.journal.named.sources:
        home.commit([source_entry(source.digest, source.record())])


def keep_made(home: Home, receipt: Receipt, scratch: Path) -> Receipt:
    """Keep what examining left in `scratch`: mapped rows, and rows of no usage date; returns the
    receipt that names the digest of these."""
    if receipt.source is not None:
        rows = scratch / f"{receipt.source['rows']}.parquet"
        if rows.is_file():  # the first of the logs whose rows are in it
            target = home.mapped(receipt.source["sha256"], receipt.source["rows"])
            files.make_folder(target.parent)
            files.move(rows, target)
    if not receipt.undated:
        return receipt
    quarantine = scratch / f"{receipt.file}.quarantine.parquet"
    files.sync_file(quarantine)
    receipt = replace(receipt, undated_sha256=files.sha256_of(quarantine))
    files.move(quarantine, home.undated(receipt.file))
    return receipt
