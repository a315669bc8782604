"""A difference: something published that is not what its manifest says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Something published that is not what its manifest says: where, and what is wrong."""

    path: str
    what: str
