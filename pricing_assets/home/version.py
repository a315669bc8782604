"""Sealed folders of a usage date: versions, and what is booked for closed ones.

Which of them are in force belongs to `date_state`, what their manifests say to `manifests`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Generic, TypeVar, cast

from pricing_assets.common.errors import DamagedFile
from pricing_assets.home import manifest_json, manifests
from pricing_assets.home.manifests import (
    BlockedAttempt,
    Booking,
    Correction,
    Manifest,
    Report,
    Reversal,
)
from pricing_assets.home.names import number_of

PRUNED = "pruned.json"
"""In a version's folder: its files were pruned, its manifest stays."""

Kind = TypeVar("Kind", bound=Manifest, covariant=True)


@dataclass(frozen=True)
class Sealed(Generic[Kind]):
    """One sealed folder of a usage date: a version, or something booked."""

    kinds: ClassVar[tuple[type[Manifest], ...]] = ()
    """The kinds of manifests that may lie there."""

    usage_date: date
    number: int
    folder: Path

    @cached_property
    def manifest(self) -> Kind:
        """Its manifest, as published; DamagedFile where it is none any more, or that of another
        date or number."""
        file = self.folder / manifests.FILE_NAME
        found = manifest_json.read(file)
        place = found.usage_date, found.version or 0
        if not isinstance(found, self.kinds) or place != (self.usage_date, self.number):
            number = f" {found.version}" if found.version else ""
            raise DamagedFile(
                f"{file} belongs elsewhere, it is the manifest of {found.kind}{number} of"
                f" {found.usage_date}: `creditmill restore` puts each in its place, and"
                " `creditmill verify` says what else is wrong"
            )
        return cast(Kind, found)

    @property
    def pruned(self) -> bool:
        """Whether only its manifest is left."""
        return (self.folder / PRUNED).is_file()


class Version(Sealed[Report]):
    """A published version of a usage date."""

    kinds = (Report,)


class Booked(Sealed[Booking]):
    """A correction of a closed usage date, or the reversal of those before it."""

    kinds = (Correction, Reversal)


class Blocked(Sealed[BlockedAttempt]):
    """The last attempt on a usage date that is blocked; it has no number."""

    kinds = (BlockedAttempt,)


Reported = Sealed[Report | Correction]
"""What was last reported of a usage date: a version, or a correction."""
WholeDate = Sealed[Report | Correction | BlockedAttempt]
"""A folder that holds a usage date whole."""


def numbered(folder: Path) -> Iterator[tuple[int, Path]]:
    """Give the folders 0001, 0002, … of a date, in order."""
    if not folder.is_dir():
        return
    names = os.listdir(folder)
    for number in sorted(number for name in names if (number := number_of(name)) is not None):
        yield number, folder / f"{number:04d}"
