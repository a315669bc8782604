"""The seventh asset: what Dagster records of a run that has grants."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from pipelines.execution import materialize
from pricing_assets import flow
from pricing_assets.home.entries import LEDGER
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.ledger import stored
from pricing_assets.ledger.checks import RULES
from tests.support.ledgers import LATER, credits_of, used, workspace
from tests.support.workspace import LIMITS


def test_a_run_publishes_balances_after_reports_and_each_check_is_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster").mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    made = workspace(tmp_path, grants="A,acme,paid,100,10,2026-02-01,,,,")
    made.log("a.parquet", used("02-01", 10))
    made.run(received_at=LATER)
    made.log("b.parquet", used("02-02", 10), used("02-03", 10))
    home = made.home
    with home.lock():
        run = flow.Run(
            home, home.settings(), LIMITS, credits=credits_of(made), inboxes=(Inbox(made.inbox),)
        )
        materialize(run, date(2026, 2, 2), date(2026, 2, 3))
    found = [f"{one.usage_date:%m-%d}" for one in stored.counting(home, LEDGER)]
    assert found == ["02-01", "02-02", "02-03"]
    with dg.DagsterInstance.get() as instance:
        keys = instance.get_materialized_partitions(dg.AssetKey("ledger"))
        assert {key[5:] for key in keys} == set(found)
        run_id = instance.get_runs()[0].run_id
        events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        evaluated = [
            event.dagster_event.event_specific_data  # type: ignore[union-attr]
            for event in events
        ]
        passed = {one.check_name: one.passed for one in evaluated if one.check_name in RULES}
        assert passed == dict.fromkeys(RULES, True)
