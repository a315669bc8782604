"""A rule that dates are checked by, as manifests name it.

Which rules there are, and what they look at, belongs to `checks`.
"""

from typing import Final, NamedTuple

BLOCKS: Final = "critical"
WARNS: Final = "warning"
"""Severities, in the words of Great Expectations."""


class Rule(NamedTuple):
    """What a rule claims, and whether a date that breaks it is blocked (`BLOCKS`) or shown (`WARNS`).
    `sha256` is of the file of a team's own rule."""

    name: str
    severity: str
    description: str
    sha256: str | None = None
