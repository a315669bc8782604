"""The state of a usage date: what a home holds of it, read once and handed on.

What becomes of a date is decided in `report`; where its folders lie belongs to `home`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from pricing_assets.home.manifests import BlockedAttempt, Contents, Correction
from pricing_assets.home.version import Booked, Reported, Version


@dataclass(frozen=True)
class DateState:
    """One usage date of a home: the version in force, the corrections and reversals that count, the
    newest attempt, where its checks failed, and the inputs that were looked at last."""

    usage_date: date
    current: Version | None = None
    corrections: tuple[Booked, ...] = ()
    blocked: BlockedAttempt | None = None
    reviewed: str = ""

    @property
    def reported(self) -> Reported | None:
        """What was last reported: the last correction, unless a version since took its place, else
        the version in force."""
        return last_reported(self.current, self.corrections)

    @property
    def last_attempt(self) -> Contents | None:
        """What the date was when a run last looked at it: blocked, or reported."""
        if self.blocked is not None:
            return self.blocked
        reported = self.reported
        return reported.manifest if reported else None

    def is_reviewed(self, input_digest: str) -> bool:
        """Return whether these inputs gave just what is reported, when they were last looked at;
        what they gave of an earlier version says nothing."""
        reported = self.reported
        return reported is not None and self.reviewed == review_of(reported, input_digest)


def last_reported(current: Version | None, corrections: Sequence[Booked]) -> Reported | None:
    """Return the last correction, unless it was taken back, else the version in force."""
    if corrections and isinstance(corrections[-1].manifest, Correction):
        return cast(Reported, corrections[-1])
    return current


def review_of(reported: Reported, input_digest: str) -> str:
    """Return the note that inputs of this digest give what is reported once more."""
    return f"{reported.manifest.input_digest} {input_digest}"
