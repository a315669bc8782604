"""Report: publish a checked date as an immutable version, atomically.

Files, then manifest, then the link `current`; analysts' database and pages come after all dates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pricing_assets.checks.run import Verdict
from pricing_assets.common import files
from pricing_assets.common.decimals import EXACT
from pricing_assets.contract.outcomes import QUARANTINE, SETTLED
from pricing_assets.home import Home, Receipt, Version
from pricing_assets.home.home import now
from pricing_assets.home.journal import VERSION, Entry
from pricing_assets.home.settings import Terms
from pricing_assets.home.used_prices import used_entries
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
    manifest: dict[str, Any],
) -> Published:
    """What became of a date so far; where it did not pass, that is its end: the state says so, and a
    blocked attempt is kept."""
    counts = manifest["outcomes"]
    quarantined = sum(rows for outcome, rows in counts.items() if outcome in QUARANTINE)
    made = Published(
        day,
        state="failed",
        events=manifest["totals"]["events"],
        credits=Decimal(manifest["totals"]["credits"]),
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
        _keep_blocked(home, day, stage, manifest, made.reason)
    return made


def publish(
    home: Home,
    day: date,
    stage: Path,
    made: Published,
    manifest: dict[str, Any],
    logs: Sequence[Receipt],
    rates: Rates,
    terms: Terms,
    with_version: Callable[[int], list[Entry]] = lambda number: [],
) -> None:
    """Publish a date that passed, or find that nothing changed; `made` then says what became of
    it. `with_version` gives what is committed together with the version of this number."""
    current = home.current(day)
    if current and manifests.digests(current.manifest) == manifests.digests(manifest):
        made.state = "unchanged"
        if also := with_version(current.number):
            home.commit(also)
        note_reviewed(home, day, current.manifest, manifest["input_digest"])
    else:
        made.state = "published"
        given_up = home.journal.named.given_up.get(day.isoformat(), 0)
        made.version = max(current.number if current else 0, given_up) + 1
        if current:
            made.reason = why(current.manifest, manifest, logs, day, rates, terms)
            made.difference = EXACT.subtract(
                made.credits, Decimal(current.manifest["totals"]["credits"])
            )
            changed.write(current, stage, manifest, terms.dimensions)
        also = with_version(made.version) + used_entries(home, manifest, rates)
        _publish_version(home, day, stage, manifest, current, made, also)
    drop_blocked(home, day)


def why(
    before: dict[str, Any],
    after: dict[str, Any],
    logs: Sequence[Receipt],
    day: date,
    rates: Rates,
    terms: Terms,
) -> str:
    """In words, why a date is not what it was."""
    return why_changed(before, logs, day, rates, terms, released(before, after))


def released(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """In words, which aliases came into use, and how rows without a price became fewer or more."""
    used = [tuple(alias) for alias in before["aliases"]]
    said = [
        f"alias {alias} is now {model}"
        for _, _, alias, model in (
            tuple(line) for line in after["aliases"] if tuple(line) not in used
        )
    ]
    for reason in ("no_rate_card", "not_offered", "no_rate"):
        rows = after["outcomes"].get(reason, 0) - before["outcomes"].get(reason, 0)
        if rows:
            more = "more" if rows > 0 else "fewer"
            said.append(f"{abs(rows):,} {'row' if abs(rows) == 1 else 'rows'} {more} of {reason}")
    return said


def _publish_version(
    home: Home,
    day: date,
    stage: Path,
    manifest: dict[str, Any],
    current: Version | None,
    made: Published,
    also: list[Entry],
) -> None:
    manifest |= {
        "version": made.version,
        "published_at": now().isoformat(),
        "reason": made.reason or "first version",
        "supersedes": current
        and {
            "version": current.number,
            "manifest_sha256": files.sha256_of(current.folder / "manifest.json"),
        },
        "difference": None if made.difference is None else str(made.difference),
    }
    home.commit([*also, manifests.wait(home, VERSION, stage, manifest)])


def _keep_blocked(
    home: Home, day: date, stage: Path, manifest: dict[str, Any], reason: str
) -> None:
    """The last word on a date that may not be published; its last version stays in force."""
    files.make_folder(home.date_folder(day))
    manifest |= {"version": None, "published_at": now().isoformat(), "reason": reason}
    manifests.seal(stage, manifest)
    drop_blocked(home, day)
    files.move(stage, home.blocked_folder(day))


def drop_blocked(home: Home, day: date) -> None:
    """A blocked attempt goes in one step, never in parts; its bytes go with the scratch folder."""
    if home.blocked_folder(day).is_dir():
        files.remove_folder(home.blocked_folder(day), home.scratch)
