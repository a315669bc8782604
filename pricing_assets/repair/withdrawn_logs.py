"""Ingest a withdrawn log again: its bytes are put back and examined, as if it came only now.

How bytes are put back belongs to `restoring`, which logs are withdrawn to the home.
"""

from pathlib import Path

from pricing_assets.common.clock import now
from pricing_assets.home import Home, withdrawals
from pricing_assets.home.entries import receipt_entry
from pricing_assets.intake import take_in as ingestion
from pricing_assets.intake.receipts import Rules
from pricing_assets.repair import restore as restoring


def ingest_anew(home: Home, rules: Rules, log: str, reason: str) -> withdrawals.Withdrawal:
    """Ingest a withdrawn log again, and return the act. `log` names it by SHA-256, file name or path;
    ConfigurationError where it is not withdrawn or its bytes are gone, RejectedLog where it is
    rejected by now. The home is locked by the caller."""
    record = withdrawals.require_withdrawn(home, log)
    path = Path(log)
    restoring.require_bytes(home, record, rules, path if path.is_file() else None)
    again = restoring.examine_again(home, record, rules, now(), home.scratch)
    again = ingestion.keep_undated(home, again, home.scratch)
    acts = withdrawals.restore_entries(home, again, reason)
    home.commit([*acts, receipt_entry(again.record())])
    if again.undated_sha256 is None:
        home.undated(again.file).unlink(missing_ok=True)
    return withdrawals.acts(home)[-1]
