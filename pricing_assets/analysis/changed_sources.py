"""Sources that were changed since they read the logs of their inboxes: the next run maps these anew.

How that is done belongs to `inboxes`; nothing is read or changed here but the sources themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pricing_assets.common.errors import CreditmillError
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.common.text import counted
from pricing_assets.home import Home, Receipt
from pricing_assets.intake.inbox_scan import name_of, root_of
from pricing_assets.intake.inboxes import Inbox, is_read_differently, source_of
from pricing_assets.report import Stale


@dataclass
class ChangedSources:
    """What the next run would map anew: rows of each usage date by the log's source, and `undated` logs;
    and `faults`: sources that cannot be loaded. Both in words."""

    rows: dict[date, dict[str, int]] = field(default_factory=dict)
    undated: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def added_to(self, stale: Mapping[date, Stale]) -> dict[date, Stale]:
        """Return stale dates with those that are stale by this, why, and the rows by these sources."""
        found = dict(stale)
        for day, by_source in self.rows.items():
            names = ", ".join(sorted(by_source))
            why = f"source {names} was changed: a run maps its logs anew"
            before = found.get(day)
            found[day] = (
                Stale(day, "", why, sum(by_source.values()))
                if before is None
                else replace(before, why=f"{before.why}; {why}")
            )
        return found


def changed_sources(
    home: Home, inboxes: Iterable[Inbox], receipts: Sequence[Receipt]
) -> ChangedSources:
    """Return what a run over these inboxes would map anew, of those that this home has read before."""
    found = ChangedSources()
    pinned = {one.inbox for one in home.settings().sources}
    for inbox in inboxes:
        name = name_of(root_of(inbox.path))
        if name not in pinned:
            continue
        try:
            source = source_of(home, inbox)
            is_changed = source is not None and is_read_differently(home, inbox, source)
        except (CreditmillError, OSError, ValueError) as error:
            found.faults.append(f"the source of {name} cannot be loaded: {reason_of(error)}")
            continue
        if source is None or not is_changed:
            continue
        logs = [
            log
            for log in receipts
            if log.has_raw
            and (of := log.source)
            and of["inbox"] == name
            and of["sha256"] != source.digest
        ]
        for log in logs:
            for iso, rows in log.dates.items():
                by_source = found.rows.setdefault(date.fromisoformat(iso), {})
                by_source[source.name] = by_source.get(source.name, 0) + rows
        undated = sum(not log.dates for log in logs)
        if undated:
            found.undated.append(
                f"source {source.name} of {name} was changed: a run maps {counted(undated, 'log')} without"
                " a usage date anew"
            )
    return found
