"""Publish: decide what is to become of a checked date, then do it, atomically.

Files, then manifest, then the link `current`; analysts' database and pages come after all dates.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets.checks import Verdict
from pricing_assets.common import files
from pricing_assets.common.clock import now
from pricing_assets.common.decimals import EXACT
from pricing_assets.common.progress import Progress
from pricing_assets.common.text import counted
from pricing_assets.db.bounded_work import BoundedWork, is_too_much
from pricing_assets.home import DateState, Home, Inputs, Reported, closings, effects
from pricing_assets.home.date_state import review_of
from pricing_assets.home.entries import VERSION
from pricing_assets.home.manifest_json import record_of
from pricing_assets.home.manifests import BlockedAttempt, Report, complete
from pricing_assets.home.used_prices import used_entries
from pricing_assets.report import changes, corrections
from pricing_assets.report import manifest as manifests
from pricing_assets.report.home_view import HomeView
from pricing_assets.report.outcome import Became, DateOutcome, DatePlan, StagedDate, outcome_of
from pricing_assets.report.reasons import why
from pricing_assets.report.run_dir import RunDir
from pricing_assets.report.states import Side, StatePair

if TYPE_CHECKING:
    import duckdb

CHARGES_AT_ONCE = 3_000_000
"""Dates are compared with what was reported of them together up to this many charges of both."""


def publish_all(
    work: BoundedWork,
    view: HomeView,
    run_dir: RunDir,
    days: Sequence[date],
    note: Callable[[DateOutcome], None],
) -> None:
    """Publish the dates that passed; the others keep their version in force. `note` gets what became of
    each at once: an error may end the run."""
    inputs, home = view.inputs, view.home
    plans = _explained(work, inputs, _plans(work, view, run_dir, days))
    failed = run_dir.failed()
    progress = Progress(len(days), "date")
    for day in progress.counting(days):
        if day in plans and day not in failed:
            work.progress("report", f"{day}, {progress}")
            lines = home.journal.lines
            try:
                note(apply(inputs, plans[day], view.first_open))
            except Exception as error:
                # What is written in the journal is for the next run to finish, before all else.
                if not is_too_much(error) or home.journal.lines > lines:
                    raise
                work.fail(day, work.too_much(day, error))
                failed[day] = run_dir.failed()[day]
                effects.forget_pending(home, day)
        if day in failed:
            current = home.current(day)
            number = current.number if current else None
            note(DateOutcome(day, "failed", version=number, reason=failed[day]))


def _plans(
    work: BoundedWork, view: HomeView, run_dir: RunDir, days: Sequence[date]
) -> dict[date, DatePlan]:
    """Decide what is to become of each staged date."""
    inputs = view.inputs
    folders = run_dir.staged(days)
    verdicts = run_dir.verdicts(days)
    aliases = run_dir.aliases() if folders else {}

    def plan(batch: Sequence[date]) -> dict[date, DatePlan]:
        plans = {}
        for day in batch:
            logs = inputs.logs_by_date.get(day, [])
            contents = manifests.describe(
                day, folders[day], verdicts[day], logs, inputs, aliases[day]
            )
            plans[day] = decide(
                inputs,
                view.home.state(day),
                StagedDate(folders[day], logs, contents),
                verdicts[day],
                is_closed=closings.is_closed(day, view.closed_through),
            )
        return plans

    return work.together(list(folders), plan)


def _explained(
    work: BoundedWork, inputs: Inputs, plans: dict[date, DatePlan]
) -> dict[date, DatePlan]:
    """Return the plans, of which those that change a date say why."""
    sizes = {day: plan.charges for day, plan in plans.items() if plan.is_to_be_explained}

    def explain_batch(batch: Sequence[date]) -> dict[date, DatePlan]:
        work.progress("report", f"what changed on {counted(len(batch), 'date')}")
        with work.connection() as con:
            chosen = [plans[day] for day in batch]
            return explain(con, chosen, inputs)

    return plans | work.in_batches(sizes, CHARGES_AT_ONCE, explain_batch)


def decide(
    inputs: Inputs, state: DateState, staged: StagedDate, verdict: Verdict, *, is_closed: bool
) -> DatePlan:
    """Return what is to become of a staged date: a version of an open date, or a correction of a
    closed one, where it passed and differs from what was reported."""
    outcome = outcome_of(state, staged, verdict)
    if not verdict.passed:
        became: Became = "blocked" if verdict.blocked else "failed"
        return DatePlan(state, staged, replace(outcome, state=became, reason=verdict.why()))
    before = state.reported if is_closed else state.current
    if before and manifests.digests(before.manifest) == manifests.digests(staged.contents):
        return DatePlan(state, staged, replace(outcome, state="unchanged"), before)
    outcome = replace(outcome, state="corrected" if is_closed else "published")
    if before is not None:
        outcome = replace(
            outcome,
            reason=why(before, staged, inputs),
            difference=EXACT.subtract(outcome.credits, before.manifest.totals.credits),
        )
    elif is_closed:
        names = ", ".join(sorted(log.shown_name for log in staged.logs)[:3])
        reason = f"usage of a date that was closed without a report, in {names}"
        difference = EXACT.subtract(outcome.credits, Decimal(0))
        outcome = replace(outcome, reason=reason, difference=difference)
    return DatePlan(state, staged, outcome, before)


def explain(
    con: "duckdb.DuckDBPyConnection", plans: Sequence[DatePlan], inputs: Inputs
) -> dict[date, DatePlan]:
    """Write into the folders of dates why their charges are not what they were, of all plans at
    once; returns the plans with these files, and with their sums by cause."""
    compared = {
        plan.staged.folder: StatePair.of(
            inputs.home,
            plan.staged.usage_date,
            Side(plan.before.folder, plan.before.manifest) if plan.before else Side(),
            Side(plan.staged.folder, plan.staged.contents),
        )
        for plan in plans
    }
    sums = changes.write(con, compared, inputs.settings.dimensions)
    explained = {}
    for plan in plans:
        folder, contents = plan.staged.folder, plan.staged.contents
        written = {name: changes.output(folder / name) for name in changes.NAMES}
        contents = replace(contents, outputs=contents.outputs | written)
        staged = replace(plan.staged, contents=contents)
        day = contents.usage_date
        explained[day] = replace(plan, staged=staged, changes=sums[day])
    return explained


def apply(inputs: Inputs, plan: DatePlan, booked_on: date) -> DateOutcome:
    """Do what a plan says, of which the difference is explained, and return the outcome of the date.
    `booked_on` is the open date that corrections count on. The home is locked by the caller."""
    home, day, outcome = inputs.home, plan.staged.usage_date, plan.outcome
    if outcome.state == "failed":
        return outcome
    files.make_folder(home.date_folder(day))
    if outcome.state == "blocked":
        _keep_blocked(home, plan)
        return outcome
    if outcome.state == "unchanged" and plan.before is not None:
        _note_unchanged(home, plan, plan.before, booked_on)
    elif outcome.state == "corrected":
        corrections.book(inputs, plan, booked_on)
    else:
        outcome = _publish_version(inputs, plan, booked_on)
    _drop_blocked(home, day)
    return outcome


def _publish_version(inputs: Inputs, plan: DatePlan, booked_on: date) -> DateOutcome:
    """Publish the next version, and with it take back what was booked for a reopened date."""
    home, state, staged, outcome = inputs.home, plan.state, plan.staged, plan.outcome
    given_up = home.journal.named.given_up.get(staged.usage_date.isoformat(), 0)
    number = max(state.current.number if state.current else 0, given_up) + 1
    reversal = corrections.take_back(home, state, number, booked_on)
    manifest = complete(
        Report,
        staged.contents,
        version=number,
        published_at=now().isoformat(),
        reason=outcome.reason or "first version",
        supersedes=manifests.superseded(state.current),
        difference=outcome.difference,
        changes=plan.changes,
    )
    used = used_entries(home, staged.contents, inputs.rates)
    home.commit([*reversal, *used, manifests.wait(home, VERSION, staged.folder, manifest)])
    return replace(outcome, version=number)


def _note_unchanged(home: Home, plan: DatePlan, reported: Reported, booked_on: date) -> None:
    """Record that new inputs gave the same report of a date; where that is a version, it takes the
    place of what was booked since."""
    state, day = plan.state, plan.staged.usage_date
    is_version = reported == state.current
    reversal = corrections.take_back(home, state, reported.number, booked_on) if is_version else []
    if reversal:
        home.commit(reversal)
    review = review_of(reported, plan.staged.contents.input_digest)
    files.write_bytes(home.reviewed_file(day), review.encode(), home.scratch)


def _keep_blocked(home: Home, plan: DatePlan) -> None:
    """Store the attempt of a date whose checks failed; its last version stays in force."""
    folder, day = plan.staged.folder, plan.staged.usage_date
    manifest = complete(
        BlockedAttempt,
        plan.staged.contents,
        published_at=now().isoformat(),
        reason=plan.outcome.reason,
    )
    manifests.seal(folder, record_of(manifest))
    _drop_blocked(home, day)
    files.move(folder, home.blocked_folder(day))


def _drop_blocked(home: Home, day: date) -> None:
    """Remove a blocked attempt in one step, never in parts; its bytes go with the scratch folder."""
    if home.blocked_folder(day).is_dir():
        files.remove_folder(home.blocked_folder(day), home.scratch)
