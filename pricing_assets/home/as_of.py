"""A home as it was at the end of a line of its journal: what then was published, booked and closed.

Blocked attempts are in no line: they are named beside it. What may be made of such a home belongs
to its readers; nothing is written through it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pricing_assets.common.errors import CreditmillError
from pricing_assets.common.instants import parse_instant
from pricing_assets.home.entries import BOOKING, LEDGER, STANDING, VERSION
from pricing_assets.home.home import Home
from pricing_assets.home.journal import Journal
from pricing_assets.home.manifests import FILE_NAME, BlockedAttempt
from pricing_assets.home.version import PRUNED, Booked, Version


@dataclass(frozen=True)
class Moment:
    """What identifies a state of a home: the last line of its journal, the digest of
    that line, which covers all before, and the digests of its blocked attempts, by ISO date."""

    line: int
    digest: str
    blocked: Mapping[str, str]

    @staticmethod
    def of(home: Home) -> "Moment":
        """Return the state that a home is in. CreditmillError where its journal has no line."""
        journal = home.journal.require()
        if not journal.lines:
            raise CreditmillError(
                f"{home.journal_file} has no line yet; `creditmill run` adds them"
            )
        attempts = [(day.isoformat(), home.blocked(day)) for day in home.dates()]
        blocked = {day: one.output_digest for day, one in attempts if one is not None}
        return Moment(journal.lines, journal.digest_at(journal.lines) or "", blocked)

    @staticmethod
    def named(record: Any) -> "Moment":
        """Return the state that `record` names; TypeError or ValueError where it is none."""
        found = Moment(**record)
        texts = [found.digest, *found.blocked.keys(), *found.blocked.values()]
        if type(found.line) is not int or not all(isinstance(text, str) for text in texts):
            raise TypeError
        for day in found.blocked:
            date.fromisoformat(day)
        return found

    def is_of(self, home: Home) -> bool:
        """Return whether the home was in a state with this line of the journal."""
        return home.journal.require().digest_at(self.line) == self.digest


class HomeAsOf(Home):
    """A home as it was at a moment; folders that were pruned since are left out, and `gaps` says so."""

    def __init__(self, home: Home, moment: Moment) -> None:
        super().__init__(home.path)
        self._named_blocked = moment.blocked
        self._then = home.journal.require().through(moment.line)
        at = {number: entry.fields["at"] for number, entry in home.journal.entries()}
        self._from = parse_instant(at[moment.line])
        after = at.get(moment.line + 1)
        self._until = parse_instant(after) if after else None

    @property
    def journal(self) -> Journal:
        """The journal as it was."""
        return self._then

    def in_force(self, kind: str, day: date) -> str:
        """Return the name of the folder that counted, if its files are there."""
        numbers = self._then.named.sealed(kind).get(day.isoformat())
        if not numbers or (kind, day) in self._pruned:
            raise FileNotFoundError
        return f"{max(numbers):04d}"

    def act_names(self) -> list[str]:
        """Return the names of the acts until then."""
        return super().act_names()[: len(self._then.named.closings)]

    def dates(self) -> list[date]:
        """Return every usage date with a version, a booking, or a blocked attempt."""
        named = self._then.named
        days = {*map(date.fromisoformat, (*named.versions, *named.bookings))}
        return sorted(days | {day for day in super().dates() if self.blocked(day) is not None})

    def versions(self, day: date) -> list[Version]:
        """Return the versions until then."""
        numbers = self._then.named.sealed(VERSION).get(day.isoformat(), {})
        return [one for one in super().versions(day) if one.number in numbers]

    def all_corrections(self, day: date) -> list[Booked]:
        """Return the corrections until then."""
        numbers = self._then.named.sealed(BOOKING).get(day.isoformat(), {})
        return [one for one in super().all_corrections(day) if one.number in numbers]

    def blocked(self, day: date) -> BlockedAttempt | None:
        """Return the blocked attempt, if it was named, or is older than the moment's line."""
        found = super().blocked(day)
        if found is None:
            return None
        is_named = self._named_blocked.get(day.isoformat()) == found.output_digest
        return found if is_named or parse_instant(found.published_at) < self._from else None

    @property
    def gaps(self) -> list[str]:
        """What of the home at that moment cannot be known any more."""
        gaps = [f"{day}: the {kind} of then was pruned" for kind, day in sorted(self._pruned)]
        gaps += [
            f"{day}: the blocked attempt that the page names is gone"
            for day in sorted(self._named_blocked)
            if self.blocked(date.fromisoformat(day)) is None
        ]
        for day in super().dates():
            found = super().blocked(day)
            if found is None or self.blocked(day) is not None:
                continue
            if self._until is None or parse_instant(found.published_at) < self._until:
                gaps.append(f"{day}: it is blocked; nothing says whether it was so then")
        return gaps

    @cached_property
    def _pruned(self) -> set[tuple[str, date]]:
        """What counted then, by kind and date, and whose files are gone."""
        found = set()
        for kind in (VERSION, LEDGER, STANDING):
            days = sorted(self._then.named.sealed(kind).items())
            for day, numbers in days[-1:] if kind == STANDING else days:
                usage_date = date.fromisoformat(day)
                folder = self.folder_of(kind, usage_date) / f"{max(numbers):04d}"
                if (folder / PRUNED).is_file() or not (folder / FILE_NAME).is_file():
                    found.add((kind, usage_date))
        return found
