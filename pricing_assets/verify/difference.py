"""A difference: something published that is not what its manifest says, or not what is made again."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Difference:
    """Something published that is not what its manifest says: where, and what is wrong."""

    path: str
    what: str


@dataclass
class Recomputed:
    """One version (None: a blocked attempt), or correction of a closed date (`c1`, …), made again:
    how it was compared, and what differs; `given_up` are the logs that it cannot be made of, since
    somebody decided so."""

    usage_date: date
    version: int | str | None
    compared: str
    files: int = 0
    differences: list[Difference] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
