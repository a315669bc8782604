"""What a look at the inbox is asked for, and what it finds.

How logs are ingested belongs to `take_in`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pricing_assets.db import connection as duck
from pricing_assets.home import Receipt
from pricing_assets.home.settings import HomeSettings
from pricing_assets.intake.door import Door
from pricing_assets.intake.inbox import Rejection
from pricing_assets.intake.reader import Reader
from pricing_assets.logs.parquet_footer import FileLimits
from pricing_assets.sources.kept import KeptSource


@dataclass
class Arrivals:
    """What one look at the inbox brought; `waiting` are files that there was no time for."""

    taken: list[Receipt] = field(default_factory=list)
    redelivered: list[str] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    known: int = 0
    warnings: list[str] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)
    """Files of the same bytes as a log that the home had lost, which is there again."""
    withdrawn: list[str] = field(default_factory=list)
    """Files of the same bytes as a log that was withdrawn: they are not ingested again."""
    mapped: list[Receipt] = field(default_factory=list)
    """Known logs that their source reads otherwise now."""

    def __add__(self, other: "Arrivals") -> "Arrivals":
        """Return what two looks brought."""
        return Arrivals(**{name: mine + getattr(other, name) for name, mine in vars(self).items()})

    def mostly_undated(self, settings: HomeSettings) -> list[Receipt]:
        """Return logs, ingested or mapped anew, of which more than the quarantine limit has no usage date."""
        return [log for log in (*self.taken, *self.mapped) if is_mostly_undated(log, settings)]


def is_mostly_undated(log: Receipt, settings: HomeSettings) -> bool:
    """Return whether more than `quarantine_limit` of a log's rows has no usage date."""
    from decimal import Decimal

    return sum(log.undated.values()) > Decimal(settings.quarantine_limit) * log.rows


@dataclass(frozen=True)
class IngestOptions:
    """How new logs are ingested: within which limits, when they count as received (None: now), what
    is shown progress, by which process they are read (None: one of its own, ended afterwards),
    the instant (`time.monotonic`) after which no file is read any more, the source that reads
    them (None: they are Parquet with the columns of the usage log), whether the bytes of objects stay
    where they lie, and what examines those elsewhere (None: they are read here)."""

    limits: duck.Limits = field(default_factory=duck.Limits)
    file_limits: FileLimits = field(default_factory=FileLimits)
    received_at: datetime | None = None
    progress: Callable[[str], None] = lambda detail: None
    reader: Reader | None = None
    until: float = math.inf
    source: KeptSource | None = None
    stays: bool = False
    door: Door | None = None
