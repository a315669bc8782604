"""Report: publish a checked date as an immutable version, atomically.

Files, then manifest, then the link `current`; analysts' database and pages come after all dates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from pricing_assets.checks.run import Verdict
from pricing_assets.common import files
from pricing_assets.common.clock import now
from pricing_assets.common.decimals import EXACT
from pricing_assets.contract.outcomes import QUARANTINE, SETTLED
from pricing_assets.home import Home, Receipt
from pricing_assets.home.journal import VERSION, Entry
from pricing_assets.home.manifests import (
    FILE_NAME,
    BlockedAttempt,
    Booking,
    Contents,
    Correction,
    Report,
    Superseded,
    complete,
    record_of,
)
from pricing_assets.home.settings import Terms
from pricing_assets.home.used_prices import used_entries
from pricing_assets.home.version import Sealed
from pricing_assets.rates import Rates
from pricing_assets.report import changes as changed
from pricing_assets.report import manifest as manifests
from pricing_assets.report.staleness import note_reviewed, why_changed

DONE = ("published", "corrected", "unchanged")
"""What becomes of a date that passed; the others are blocked or failed."""


@dataclass
class Published:
    """What became of one date: published, corrected, unchanged, blocked or failed."""

    day: date
    state: str
    version: int | None = None
    events: int = 0
    credits: Decimal = Decimal(0)
    difference: Decimal | None = None
    quarantined: int = 0
    settled: int = 0
    reason: str = ""
    warnings: dict[str, list[str]] = field(default_factory=dict)


def examined(
    home: Home,
    day: date,
    stage: Path,
    verdict: Verdict,
    contents: Contents,
) -> Published:
    """What became of a date so far; where it did not pass, that is its end: the state says so, and a
    blocked attempt is kept."""
    counts = contents.outcomes
    quarantined = sum(rows for outcome, rows in counts.items() if outcome in QUARANTINE)
    made = Published(
        day,
        state="failed",
        events=contents.totals.events,
        credits=contents.totals.credits,
        quarantined=quarantined,
        settled=sum(rows for outcome, rows in counts.items() if outcome in SETTLED),
        warnings=verdict.warnings,
    )
    current = home.current(day)
    made.version = current.number if current else None
    if verdict.passed:
        files.make_folder(home.date_folder(day))
        return made
    made.reason = verdict.why()
    if verdict.blocked:
        made.state = "blocked"
        _keep_blocked(home, stage, contents, made.reason)
    return made


def publish(
    home: Home,
    day: date,
    stage: Path,
    made: Published,
    contents: Contents,
    logs: Sequence[Receipt],
    rates: Rates,
    terms: Terms,
    with_version: Callable[[int], list[Entry]] = lambda number: [],
) -> None:
    """Publish a date that passed, or find that nothing changed; `made` then says what became of
    it. `with_version` gives what is committed together with the version of this number."""
    current = home.current(day)
    if current and manifests.digests(current.manifest) == manifests.digests(contents):
        made.state = "unchanged"
        if also := with_version(current.number):
            home.commit(also)
        note_reviewed(home, day, current.manifest, contents.input_digest)
    else:
        made.state, sums = "published", None
        given_up = home.journal.named.given_up.get(day.isoformat(), 0)
        made.version = max(current.number if current else 0, given_up) + 1
        if current:
            made.reason = why(current.manifest, contents, logs, day, rates, terms)
            made.difference = EXACT.subtract(made.credits, current.manifest.totals.credits)
            contents, sums = changed.write(current, stage, contents, terms.dimensions)
        also = with_version(made.version) + used_entries(home, contents, rates)
        manifest = complete(
            Report,
            contents,
            version=made.version,
            published_at=now().isoformat(),
            reason=made.reason or "first version",
            supersedes=superseded(current),
            difference=made.difference,
            changes=sums,
        )
        home.commit([*also, manifests.wait(home, VERSION, stage, manifest)])
    drop_blocked(home, day)


def superseded(before: Sealed[Report | Booking] | None) -> Superseded | None:
    """Name the folder that another takes the place of."""
    if before is None:
        return None
    return Superseded(before.number, files.sha256_of(before.folder / FILE_NAME))


def why(
    before: Report | Correction,
    after: Contents,
    logs: Sequence[Receipt],
    day: date,
    rates: Rates,
    terms: Terms,
) -> str:
    """In words, why a date is not what it was."""
    return why_changed(before, logs, day, rates, terms, released(before, after))


def released(before: Contents, after: Contents) -> list[str]:
    """In words, which aliases came into use, and how rows without a price became fewer or more."""
    said = [
        f"alias {alias} is now {model}"
        for _, _, alias, model in (line for line in after.aliases if line not in before.aliases)
    ]
    for reason in ("no_rate_card", "not_offered", "no_rate"):
        rows = after.outcomes.get(reason, 0) - before.outcomes.get(reason, 0)
        if rows:
            more = "more" if rows > 0 else "fewer"
            said.append(f"{abs(rows):,} {'row' if abs(rows) == 1 else 'rows'} {more} of {reason}")
    return said


def _keep_blocked(home: Home, stage: Path, contents: Contents, reason: str) -> None:
    """The last word on a date that may not be published; its last version stays in force."""
    day = contents.usage_date
    files.make_folder(home.date_folder(day))
    manifest = complete(BlockedAttempt, contents, published_at=now().isoformat(), reason=reason)
    manifests.seal(stage, record_of(manifest))
    drop_blocked(home, day)
    files.move(stage, home.blocked_folder(day))


def drop_blocked(home: Home, day: date) -> None:
    """A blocked attempt goes in one step, never in parts; its bytes go with the scratch folder."""
    if home.blocked_folder(day).is_dir():
        files.remove_folder(home.blocked_folder(day), home.scratch)
