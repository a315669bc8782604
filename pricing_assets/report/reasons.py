"""Reasons, in words: why a date is not what its version in force says.

Whether it is, is decided in `staleness` and `publish`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from pricing_assets.common.text import counted
from pricing_assets.contract.outcomes import NO_PRICE_REASONS, RULES_VERSION
from pricing_assets.home import Inputs, Receipt, Reported
from pricing_assets.home.manifests import AliasLine, Contents, Correction, Report
from pricing_assets.home.zone_rules import changed_rules, covers_others
from pricing_assets.rates.naming import line_of
from pricing_assets.report.outcome import StagedDate
from pricing_assets.report.states import was_elsewhere

_NOW: Final = "9999"
"""The instant of a line of the journal that this process wrote: later than any."""


def why(before: Reported, staged: StagedDate, inputs: Inputs) -> str:
    """Return in words why a date is not what was reported of it."""
    more = released(before.manifest, staged.contents, inputs)
    return why_changed(before.manifest, staged.logs, staged.usage_date, inputs, more)


def released(before: Report | Correction, after: Contents, inputs: Inputs) -> list[str]:
    """Return in words which lines of names are new and in use, and how rows without a price became
    fewer or more."""
    new = [fields for fields in after.aliases if fields not in before.aliases]
    if new:  # late usage goes by lines that were there
        is_same = before.alias_files == after.alias_files
        held = {*new} if is_same else _lines_held(before, inputs)
        new = [fields for fields in new if fields not in held]
    reasons = [line_of(fields).change for fields in new]
    for reason in NO_PRICE_REASONS:
        rows = after.outcomes.get(reason, 0) - before.outcomes.get(reason, 0)
        if rows:
            more = "more" if rows > 0 else "fewer"
            reasons.append(f"{counted(abs(rows), 'row')} {more} of {reason}")
    return reasons


def _lines_held(before: Report | Correction, inputs: Inputs) -> set[AliasLine]:
    """Return lines of names that the books are known to have had when a version was made: some version
    had used them by then, or one that was made with the same files does."""
    noted = inputs.home.journal.named.aliases.items()
    used = {line for line, entry in noted if entry.get("at", _NOW) <= before.published_at}
    return used | inputs.lines_by_files.get(tuple(before.alias_files), set())


def why_changed(
    manifest: Report | Correction,
    logs: Sequence[Receipt],
    day: date,
    inputs: Inputs,
    more: Sequence[str] = (),
) -> str:
    """Return in words why the inputs of a date are not those of a version; `more` is what else is
    known of it."""
    rates, settings = inputs.rates, inputs.settings
    reasons = [*stale_reasons(manifest, logs, day, inputs), *more]
    if not reasons and manifest.alias_files != rates.aliases_on(day, settings.timezone):
        reasons.append("aliases of the rate books changed")
    if not reasons and manifest.cuts != rates.price_boundaries_on(day, settings.timezone):
        reasons.append("the instants at which prices may change inside the date are others")
    return "; ".join(reasons) or "its inputs changed"


def stale_reasons(
    manifest: Report | Correction,
    logs: Sequence[Receipt],
    day: date,
    inputs: Inputs,
) -> list[str]:
    """Return in words how the inputs of a date differ from those of a version."""
    before, rates, settings = manifest.logs, inputs.rates, inputs.settings
    iso = day.isoformat()
    reasons = []
    moved = covers_others(manifest, day, settings)
    if moved:
        reasons.append(changed_rules(manifest, settings))
    # What had come before the version, and was not among its logs, has moved here from another date.
    moved_here = {
        log.file
        for log in logs
        if log.file not in before
        and (moved or log.source)
        and was_elsewhere(inputs.home, log, day, manifest.published_at)
    }
    late = [log for log in logs if log.file not in before and log.file not in moved_here]
    if late:
        names = ", ".join(sorted(log.shown_name for log in late)[:3])
        more = f" and {len(late) - 3} more" if len(late) > 3 else ""
        rows = sum(log.dates[iso] for log in late)
        reasons.append(f"late usage: {counted(rows, 'row')} in {names}{more}")
    held = {log.file for log in logs}
    left = [one for one in manifest.inputs if one.sha256 not in held]
    stays = {one.sha256 for one in left if one.source and one.sha256 in inputs.by_file}
    gone = [one for one in left if one.sha256 not in stays]
    if gone and not moved:
        names = ", ".join(sorted(one.name for one in gone)[:3])
        more = f" and {len(gone) - 3} more" if len(gone) > 3 else ""
        rows = sum(one.rows for one in gone)
        reasons.append(f"withdrawn: {counted(rows, 'row')} of {names}{more}")
    pinned = {one.sha256: one for one in manifest.inputs}
    remapped = {
        log.source["name"]
        for log in logs
        if log.source
        and (
            before_it.source_sha256 != log.source["sha256"]
            if (before_it := pinned.get(log.file))
            else log.file in moved_here and not moved
        )
    }
    remapped |= {of["name"] for file in stays if (of := inputs.by_file[file].source)}
    if remapped:
        reasons.append(f"source {', '.join(sorted(remapped))} reads its logs otherwise")
    old = manifest.prices.cards
    new = {card.id: card.sha256 for card in rates.cards_on(day, settings.timezone)}
    for card_id in sorted(old.keys() | new.keys()):
        if card_id not in old:
            reasons.append(f"rate card {card_id} added")
        elif card_id not in new:
            reasons.append(f"rate card {card_id} no longer in force")
        elif old[card_id] != new[card_id]:
            reasons.append(f"rate card {card_id} changed")
    agreed = manifest.prices.agreements
    now = {deal.id: deal.sha256 for deal in rates.agreements_on(day, settings.timezone)}
    for deal_id in sorted(agreed.keys() | now.keys()):
        if agreed.get(deal_id) != now.get(deal_id):
            what = "changed" if deal_id in agreed and deal_id in now else "no longer holds"
            reasons.append(f"agreement {deal_id} {'added' if deal_id not in agreed else what}")
    if manifest.rules_version != RULES_VERSION:
        reasons.append(f"rules {manifest.rules_version} became {RULES_VERSION}")
    return reasons
