"""Receipts: what came, one accepted log each.

How one is written belongs to `intake`, that it is committed to `journal`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pricing_assets.common import json_files
from pricing_assets.common.instants import parse_instant
from pricing_assets.contract.usage_log import FUTURE_ALLOWANCE, UNVERIFIED

OPTIONAL = ("skipped", "source", "table", "reference")
"""What only receipts of a source's raw logs, of a table's files, or of logs that stay where they are, say."""


@dataclass(frozen=True)
class Receipt:
    """What came: one accepted log. `dates` maps ISO dates to rows, `undated` reasons to rows, which
    are kept as Parquet of this SHA-256; `integrity` is what vouched for its bytes: `digest`,
    `page_checksums` or `unverified`.

    Of a raw log, `source` says by which one its rows were made (name and SHA-256), in which inbox it
    came, and the file of its mapped rows (`rows`, with their `rows_sha256`); `skipped` maps the
    outcomes of skipped records of no usage date to their number. Where `source` says `keep_raw` "false",
    the home has these rows in place of the bytes that came. `table` says which table, by `format` and
    `root`, and which `version` of it was read where the log is a file of one. `reference` says where the
    bytes lie that the home does not keep: the `uri` of an object, its `etag`, and its `version` where the
    store has versions."""

    file: str
    file_name: str
    received_at: str
    rows: int
    bytes: int
    dates: dict[str, int]
    undated: dict[str, int]
    schema: list[list[str]]
    integrity: str = UNVERIFIED
    undated_sha256: str | None = None
    skipped: dict[str, int] | None = None
    source: dict[str, str] | None = None
    table: dict[str, str] | None = None
    reference: dict[str, str] | None = None

    def record(self) -> dict[str, Any]:
        """Return this receipt as its file holds it, with the digest of the rest."""
        record = dict(self.__dict__)
        for name in OPTIONAL:
            if record.get(name) is None:
                record.pop(name, None)
        return record | {"digest": json_files.digest_of(record)}

    @property
    def has_raw(self) -> bool:
        """Whether the home keeps the bytes that came."""
        return keeps_bytes(self.__dict__)

    @property
    def without_date(self) -> int:
        """Its rows of no usage date, quarantined or skipped."""
        return sum(self.undated.values()) + sum((self.skipped or {}).values())

    @property
    def shown_name(self) -> str:
        """The log's name as text: a name that is not UTF-8 shows `?` where it is not."""
        return self.file_name.encode("utf-8", "replace").decode()

    @property
    def received(self) -> datetime:
        """The instant at which this home first took in the bytes."""
        return parse_instant(self.received_at)

    @property
    def future_after(self) -> datetime:
        """Events later than this belong to no usage date."""
        return self.received + FUTURE_ALLOWANCE


def keeps_bytes(record: Mapping[str, Any]) -> bool:
    """Return whether the home keeps the bytes that came of a log, by a record of its receipt."""
    return "keep_raw" not in (record.get("source") or {})


def receipt_of(record: dict[str, Any]) -> Receipt:
    """Create a Receipt from its JSON record; the digest is dropped."""
    receipt = object.__new__(Receipt)  # of thousands: a frozen dataclass sets field by field
    receipt.__dict__.update(record)
    receipt.__dict__.pop("digest", None)
    return receipt
