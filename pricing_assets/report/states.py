"""The two states of a date that are compared: what each was made of, and what is said of a difference
that no row and no price explains.

What their files hold belongs to `sides`, what is concluded of them to `changes`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pricing_assets.common.instants import parse_instant
from pricing_assets.home import Home, Receipt, withdrawals
from pricing_assets.home.manifests import Contents, Correction, Input, Report


@dataclass(frozen=True)
class Side:
    """One state of a date: where its files lie, and what its manifest says; neither where there was
    none."""

    folder: Path | None = None
    contents: Contents | None = None

    @property
    def files(self) -> frozenset[str]:
        """SHA-256 of the logs it was made of."""
        return self.contents.logs if self.contents else frozenset()

    @property
    def sources(self) -> dict[str, str | None]:
        """Digests of the sources that read its logs, by SHA-256 of these."""
        inputs = self.contents.inputs if self.contents else ()
        return {one.sha256: one.source_sha256 for one in inputs}

    @property
    def published_at(self) -> str:
        """The instant at which it was published, '' where it was not."""
        if not isinstance(self.contents, Report | Correction):
            return ""
        return self.contents.published_at

    @property
    def prices(self) -> tuple[tuple[object, ...], ...]:
        """What of the rate books it depends on."""
        if self.contents is None:
            return (), (), ()
        return self.contents.rate_cards, self.contents.agreements, self.contents.aliases


@dataclass(frozen=True)
class StatePair:
    """Two states of a usage date; `mapped_anew` are logs (SHA-256) that their source reads differently
    now, in order; also those of which it leaves no row on the date, or had left none."""

    usage_date: date
    old: Side
    new: Side
    mapped_anew: Sequence[str]

    @classmethod
    def of(
        cls, home: Home, day: date, old: Side, new: Side, made: datetime | None = None
    ) -> "StatePair":
        """Return two states of a date, of which the new one was made at an instant (None: now)."""
        before, now = old.sources, new.sources
        withdrawn = home.journal.named.withdrawn
        if made is not None:
            withdrawn = withdrawals.withdrawn_at(home, made)
        found = {file for file in before.keys() & now.keys() if before[file] != now[file]}
        found |= {file for file in before.keys() - now.keys() if before[file]} - withdrawn
        found |= {
            log.sha256
            for log in (new.contents.inputs if new.contents else ())
            if log.sha256 not in before
            and log.source
            and was_elsewhere(home, log, day, old.published_at)
        }
        return cls(day, old, new, sorted(found))

    @property
    def has_other_prices(self) -> bool:
        """Whether the states go by other cards, agreements or lines of names."""
        return self.old.prices != self.new.prices

    @property
    def rest_cause(self) -> str:
        """What is said of a difference that no row and no price explains."""
        if _has_other_rules(self.old.contents, self.new.contents):
            return "rules"
        if self.mapped_anew:
            return "mapping"
        if self.new.files - self.old.files:
            return "late_and_withdrawn" if self.old.files - self.new.files else "late_usage"
        if self.old.files - self.new.files:
            return "withdrawn"
        return "quarantine" if self.has_other_prices else "rules"


def was_elsewhere(home: Home, log: Receipt | Input, day: date, published: str) -> bool:
    """Return whether a log that a version of a date, published at an instant ('': there was none),
    did not have was in the home before with rows of other dates alone."""
    if published and parse_instant(log.received_at) < parse_instant(published):
        return True
    file = log.file if isinstance(log, Receipt) else log.sha256
    dates = home.journal.named.came_with.get((file, log.received_at))
    return dates is not None and day.isoformat() not in dates


def _has_other_rules(old: Contents | None, new: Contents | None) -> bool:
    """Return whether the rules of the code or of the time zone were others."""
    if old is None or new is None:
        return False
    return (old.rules_version, old.spans) != (new.rules_version, new.spans)
