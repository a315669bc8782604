"""Where new logs are examined: who copies, hashes and examines logs that stay where they lie.

What becomes of each in the home is noted in `far`, who stands at the door belongs to `usage.far`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from pricing_assets.common.errors import RejectedLog
from pricing_assets.home import Receipt
from pricing_assets.intake.arrived import Rules
from pricing_assets.objects import Object


class ObjectRequest(NamedTuple):
    """An object to examine: its address as text, how it was listed, and whether a digest is stated of
    it."""

    name: str
    object: Object
    is_stated: bool


class Examined(NamedTuple):
    """What became of an object: a receipt, or why it is rejected; `sha256` is '' and `version` unknown
    where its bytes could not be had."""

    name: str
    sha256: str
    version: str
    became: Receipt | RejectedLog


class Door(Protocol):
    """Who examines objects elsewhere."""

    def examine(
        self, asked: Sequence[ObjectRequest], rules: Rules, received_at: datetime, scratch: Path
    ) -> Iterator[Examined]:
        """Yield what became of each object, in any order; rows of no usage date lie as Parquet in
        `scratch`. StoreFailed and ConfigurationError where a store answers nobody there."""
