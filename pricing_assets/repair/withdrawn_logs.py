"""Withdraw a log that should not have come, or ingest a withdrawn one again, as if it came only now.

What is written down of a withdrawal belongs to `home.withdrawals`, how bytes are put back to
`lost_logs`.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.common.clock import now
from pricing_assets.flow import Run
from pricing_assets.home import presence, withdrawals
from pricing_assets.home.entries import receipt_entry
from pricing_assets.home.withdrawals import Withdrawal
from pricing_assets.intake.arrived import Rules
from pricing_assets.intake.keep import keep_made, keep_source
from pricing_assets.repair.lost_logs import LostLogs


@dataclass(frozen=True)
class Withdrawn:
    """An act that was carried out; `stale` are dates of its log to bring up to date, `is_whole` says
    whether nothing else of the home is lost: else they are not known."""

    act: Withdrawal
    stale: list[date]
    is_whole: bool


def withdraw(run: Run, log: str, reason: str, by: str | None = None) -> Withdrawn:
    """Withdraw a log; its rows count nowhere from now on. `log` names it by SHA-256, file name or
    path, `by` the log that takes its place; ConfigurationError where it is none."""
    return _after(run, withdrawals.withdraw(run.home, log, reason, by))


def restore(run: Run, log: str, reason: str) -> Withdrawn:
    """Ingest a withdrawn log again, as received now; errors as of `ingest_anew`."""
    return _after(run, ingest_anew(run, log, reason))


def ingest_anew(run: Run, log: str, reason: str) -> Withdrawal:
    """Ingest a withdrawn log again, and return the act. `log` names it by SHA-256, file name or path;
    ConfigurationError where it is not withdrawn or its bytes are gone, RejectedLog where it is
    rejected now. The home is locked by the caller."""
    home, settings = run.home, run.settings
    record = withdrawals.require_withdrawn(home, log)
    path = Path(log)
    rules = Rules(settings.timezone, settings.dimensions, run.limits, run.reading.file_limits)
    logs = LostLogs(home, rules, path if path.is_file() else None)
    logs.require_bytes(record)
    again = logs.examine_again(record, now(), home.scratch)
    if again.source is not None:
        keep_source(home, logs.source_of(record))
    again = keep_made(home, again, home.scratch)
    aside = logs.aside(record)
    if aside.exists() and again.has_raw:  # of a source that keeps them now
        aside.chmod(0o444)
        files.move(aside, home.log(again.file, is_raw=True))
    aside.unlink(missing_ok=True)
    acts = withdrawals.restore_entries(home, again, reason)
    home.commit([*acts, receipt_entry(again.record())])
    if again.undated_sha256 is None:
        home.undated(again.file).unlink(missing_ok=True)
    run.forget_receipts()
    return withdrawals.acts(home)[-1]


def _after(run: Run, act: Withdrawal) -> Withdrawn:
    """Bring the database up to date after an act, and return it with the dates that it made stale."""
    if not presence.is_whole(run.home):
        return Withdrawn(act, [], is_whole=False)
    run.refresh()
    days = {f"{day:%Y-%m-%d}" for day in run.home.dates_of(act.file)}
    return Withdrawn(act, [one.day for one in run.stale() if f"{one.day}" in days], is_whole=True)
