"""What is stored beside the manifests: `checks.json`, in the form of Great Expectations.

Whether a verdict is right belongs to `test_rules`, what pages show of it to `test_data_docs`.
"""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pricing_assets.checks import expectations, results, suite
from pricing_assets.common import files, json_files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.finance import period
from pricing_assets.home import manifest_json
from pricing_assets.home.manifests import CHECKS, OUTPUTS
from pricing_assets.home.version import Version
from pricing_assets.report.manifest import digests
from pricing_assets.verify import files as verified
from pricing_assets.verify.recompute import recompute_dates
from tests.support.command import creditmill
from tests.support.homes import old_home
from tests.support.workspace import STRICT, Workspace, row

DAY = date(2026, 2, 3)
LIMIT = "quarantine_within_limit"
SUITES = {1: "c167772bba806651"}
"""Of each suite, the first digits of the SHA-256 of its rules."""


def stored(workspace: Workspace) -> Path:
    current = workspace.home.current(DAY)
    assert current is not None
    return current.folder / CHECKS


def test_the_rules_of_a_suite_never_change() -> None:
    """One that is claimed differently makes another suite: raise NUMBER, move the rules as they were to
    EARLIER, and pin the new ones here."""
    found = {
        number: files.sha256_bytes(json_files.to_json(suite.rules(number)))[:16]
        for number in range(1, suite.NUMBER + 1)
    }
    assert found == SUITES


def test_a_suite_of_a_later_code_is_named() -> None:
    with pytest.raises(CreditmillError, match="checked by suite 99, and this creditmill knows"):
        suite.rules(99)


def test_a_version_has_its_validation_beside_its_manifest(one_row: Workspace) -> None:
    manifest = one_row.home.current(DAY).manifest  # type: ignore[union-attr]
    validation = json.loads(stored(one_row).read_bytes())
    assert validation == results.validation(manifest)
    assert validation["suite_name"] == "creditmill"
    assert validation["success"]
    assert validation["meta"] == {
        "usage_date": "2026-02-03",
        "suite_number": suite.NUMBER,
        "may_be_published": True,
    }
    configs = {one["expectation_config"]["meta"]["rule"]: one["expectation_config"]
               for one in validation["results"]}  # fmt: skip
    assert configs.keys() == suite.RULES.keys() | suite.WARNINGS.keys()
    assert configs["no_usage"]["severity"] == "warning"
    assert configs["no_usage"]["description"] == suite.WARNINGS["no_usage"]
    assert configs["no_charge_is_negative"]["severity"] == "critical"


def test_the_same_logs_give_the_same_bytes(one_row: Workspace) -> None:
    """At another time, in another home: there is no clock, run or path in it."""
    workspace = Workspace(one_row.folder / "again", one_row.books)
    workspace.log("another_name.parquet", row())
    workspace.run()
    assert stored(workspace).read_bytes() == stored(one_row).read_bytes()


def test_great_expectations_reads_it(one_row: Workspace, real_judge: None) -> None:
    expectations.preload().join()  # as runs import it: without what it finds and does not need
    from great_expectations.core.expectation_validation_result import (
        expectationSuiteValidationResultSchema,
    )

    read = expectationSuiteValidationResultSchema.load(json.loads(stored(one_row).read_bytes()))
    assert read.success
    assert read.suite_name == "creditmill"
    assert len(read.results) == len(suite.rules())
    assert read.get_failed_validation_results().results == []


def test_a_blocked_date_names_its_first_offending_rows(workspace: Workspace) -> None:
    bad = [row(event_id=str(n), model="No such") for n in range(30)]
    workspace.log("a.parquet", row(), *bad)
    workspace = workspace.under(quarantine_limit=STRICT)
    workspace.run()
    attempt = workspace.home.blocked(DAY)
    assert attempt is not None
    assert attempt.broken == {LIMIT: ["30 of 31 rows are quarantined"]}
    validation = json.loads((workspace.home.blocked_folder(DAY) / CHECKS).read_bytes())
    assert not validation["success"]
    assert not validation["meta"]["may_be_published"]
    (failed,) = (one for one in validation["results"] if not one["success"])
    assert failed["expectation_config"]["meta"]["rule"] == LIMIT
    assert failed["result"]["details"] == {
        "faults": 1,
        "first_rows": ["30 of 31 rows are quarantined"],
    }


@pytest.mark.slow
def test_one_changed_byte_is_named_and_brought_back(one_row: Workspace) -> None:
    file, home = stored(one_row), one_row.home
    right = file.read_bytes()
    with files.writable(file.parent):
        for spoil, said in (
            (lambda: file.write_bytes(right.replace(b"true", b"TRUE", 1)), "its bytes are not"),
            (file.unlink, "is missing"),
        ):
            file.parent.chmod(0o755)
            if file.exists():
                file.chmod(0o644)
            spoil()
            _, differences = verified.verify(home, [DAY])
            assert any(
                one.path == str(file) and one.what.startswith(said) for one in differences
            ), differences
            done = creditmill("restore", "--home", home.path, cwd=one_row.folder)
            assert done.returncode == 0, done.stderr.decode()
            assert file.read_bytes() == right
            assert verified.verify(one_row.home, [DAY])[1] == []


def test_what_the_manifest_says_is_made_again(one_row: Workspace) -> None:
    (made,) = recompute_dates(one_row.home, [DAY])
    assert made.differences == []
    assert CHECKS in one_row.home.current(DAY).manifest.outputs  # type: ignore[union-attr]


def test_what_the_checks_said_makes_no_new_version(one_row: Workspace) -> None:
    """A date is what its tables are: of those it is held against what was published, so that a home
    from before the suite stays as it is."""
    manifest = one_row.home.current(DAY).manifest  # type: ignore[union-attr]
    assert digests(manifest).keys() == {*OUTPUTS}


@pytest.mark.parametrize("name", ["format_1", "format_1_before_rollups"])
def test_a_manifest_from_before_the_suite_has_the_rules_that_it_counts(
    name: str, tmp_path: Path
) -> None:
    workspace = old_home(name, tmp_path)
    workspace.run()
    home = workspace.home
    for day in home.dates():
        for version in home.versions(day):
            manifest = version.manifest
            assert (manifest.suite, manifest.own_rules) == (None, ())
            assert CHECKS not in manifest.outputs
            found = {rule.name for rule in results.rules_of(manifest)}
            assert found == manifest.checks.keys()
            assert "suite" not in manifest_json.record_of(manifest)


def test_an_export_is_the_same_with_it_and_without(one_row: Workspace) -> None:
    """A version of before and the same one of now are one input of finance's files."""
    version = one_row.home.current(DAY)
    assert version is not None
    before = replace(version.manifest, outputs={
        name: output for name, output in version.manifest.outputs.items() if name != CHECKS
    })  # fmt: skip
    without = Version(version.usage_date, version.number, version.folder)
    without.__dict__["manifest"] = before
    assert before.outputs.keys() == {*OUTPUTS}
    assert period.sealed(without) == period.sealed(version)
