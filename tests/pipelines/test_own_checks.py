"""A team's own rules and expectations as asset checks.

What they say of a date belongs to `tests/checks`.
"""

import json
from typing import Any

import dagster as dg
import pytest

from pipelines.definitions import definitions
from pipelines.execution import SILENT
from pipelines.partitions import RANGE_END, RANGE_START
from tests.support.workspace import NOON, Workspace, row

FEB_3, FEB_4 = "2026-02-03", "2026-02-04"
KNOWN = """-- block: every organization is a customer
select usage_date, org_id as fault from daily_usage where org_id <> 'acme'
"""
IN_SET = "finance_1_column_values_to_be_in_set"
SUITE = {
    "name": "finance",
    "expectations": [
        {
            "type": "expect_column_values_to_be_in_set",
            "kwargs": {"column": "org_id", "value_set": ["acme"]},
            "severity": "warning",
            "description": "only one customer",
        }
    ],
}
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


@pytest.fixture
def team(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A date of a customer, one of somebody else, and a folder with a rule and a suite."""
    monkeypatch.chdir(workspace.folder)
    workspace.log("a.parquet", row())
    workspace.log("b.parquet", row(event_id="2", org_id="globex", event_time=NOON.replace(day=4)))
    checks = workspace.folder / "checks"
    checks.mkdir()
    (checks / "known_customers.sql").write_text(KNOWN)
    (checks / "finance.suite.json").write_text(json.dumps(SUITE))
    return workspace


def loaded(team: Workspace, **more: Any) -> dg.Definitions:
    return definitions(
        team.home.path,
        team.inbox,
        rates=(str(team.books[0]),),
        pages=False,
        quarantine_limit="1",
        **more,
    )


def run(defs: dg.Definitions, first: str, last: str) -> dict[str, dg.AssetCheckEvaluation]:
    """The evaluation of each check over all dates of a run."""
    result = defs.resolve_job_def("daily").execute_in_process(
        tags={RANGE_START: first, RANGE_END: last}, run_config=SILENT, raise_on_error=False
    )
    return {
        one.check_name: one
        for one in result.get_asset_check_evaluations()
        if one.partition is None and one.asset_key == dg.AssetKey("checks")
    }


@pytest.mark.slow
def test_own_rules_are_asset_checks_with_their_severity(team: Workspace) -> None:
    defs = loaded(team, checks="checks")
    specs = {
        spec.name: spec
        for one in defs.assets or ()
        if isinstance(one, dg.AssetsDefinition)
        for spec in one.check_specs
    }
    assert specs["known_customers"].description == "every organization is a customer"
    assert specs["known_customers"].metadata["severity"] == "critical"
    assert specs[IN_SET].description == "only one customer"
    assert specs["no_usage"].metadata == {"severity": "warning"}
    found = run(defs, FEB_3, FEB_4)
    assert (found["known_customers"].passed, found["known_customers"].severity) == (False, ERROR)
    assert (found[IN_SET].passed, found[IN_SET].severity) == (False, WARN)
    assert "globex" in str(found["known_customers"].metadata["faults"])
    assert found["no_charge_is_negative"].passed
    assert team.versions() == {FEB_3: [1], FEB_4: []}
    # Another run: the date that is blocked keeps its own rule red, and no other.
    team.log("c.parquet", row(event_id="3"))
    found = run(defs, FEB_3, FEB_3)
    assert not found["known_customers"].passed
    assert FEB_4 in str(found["known_customers"].metadata["other dates that are blocked"])
    assert found["quarantine_within_limit"].passed
    assert found[IN_SET].passed


def test_rules_that_came_or_went_since_the_definitions_were_loaded(team: Workspace) -> None:
    checks = team.folder / "checks"
    defs = loaded(team, checks=str(checks))
    (checks / "finance.suite.json").unlink()
    (checks / "late.sql").write_text(KNOWN.replace("block", "warn"))
    found = run(defs, FEB_3, FEB_3)
    assert team.versions() == {FEB_3: [1]}
    assert "late" not in found  # it judges, and is shown when definitions are loaded again
    assert found["known_customers"].passed
    assert (found[IN_SET].passed, found[IN_SET].severity) == (False, WARN)
    assert "no more" in str(found[IN_SET].metadata["gone"])
    assert "late" in team.home.current(NOON.date()).manifest.checks  # type: ignore[union-attr]


def test_the_home_names_the_folder_where_nothing_else_does(team: Workspace) -> None:
    team.under(checks=str(team.folder / "checks")).run()
    keys = loaded(team).resolve_asset_graph().asset_check_keys
    assert dg.AssetCheckKey(dg.AssetKey("checks"), "known_customers") in keys


def test_rules_that_cannot_be_read_do_not_hide_the_assets(team: Workspace) -> None:
    """A run says what is wrong, and stores nothing."""
    (team.folder / "checks" / "wrong.sql").write_text("select 1")
    defs = loaded(team, checks="checks")
    assert len(list(defs.resolve_all_asset_specs())) == 7
    assert run(defs, FEB_3, FEB_3) == {}
    assert not team.home.exists() or team.versions() == {}
