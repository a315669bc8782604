"""From a charge to its events: which rows are behind it, at which price, and that they sum to it."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from pricing_assets.analysis import explain
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import presence
from tests.support.command import creditmill
from tests.support.histories import random_history
from tests.support.invariants import all_charges_are_explained
from tests.support.versions import forge
from tests.support.workspace import NOON, Workspace, of, row

FEB_3 = date(2026, 2, 3)
D = Decimal


def explained(
    workspace: Workspace, number: int | None = None, **wanted: object
) -> explain.Explanation:
    version = explain.version_of(workspace.home, FEB_3, number)
    return explain.explain(workspace.home, version, explain.ChargeRequest("acme", **wanted))  # type: ignore[arg-type]


def rows_of(charge: explain.Explained) -> list[tuple[str, int]]:
    return [(event["file_name"], event["row_number"]) for event in charge.examples]


def test_each_version_by_its_own_logs_cards_and_aliases(four_versions: Workspace) -> None:
    (first,) = explained(four_versions, 1).charges
    assert (first.quantity, first.credits, first.events) == (3000, D("0.66"), 3)
    assert rows_of(first) == [("a.parquet", 0), ("a.parquet", 1), ("a.parquet", 2)]
    assert (first.card_file, first.card_line) == (
        f"{four_versions.books[0]}/card first/rates.csv",
        2,
    )
    second = explained(four_versions, 2)
    (charge,) = second.charges
    # e0 came twice, e1 twice with other tokens: neither e1 counts
    assert rows_of(charge) == [("a.parquet", 0), ("a.parquet", 2), ("late.parquet", 0)]
    assert second.not_rated == {"conflicting_duplicate": 2, "duplicate": 1, "no_rate": 1}
    third = explained(four_versions, 3)
    assert sorted(rows_of(one) for one in third.charges) == [
        [("a.parquet", 0), ("a.parquet", 3), ("late.parquet", 0)],  # the alias is row 3
        [("a.parquet", 2)],  # under the second card
    ]
    by_lines = {event["named_by"] for one in third.charges for event in one.examples}
    assert by_lines == {None, f"{four_versions.books[0]}/aliases.csv, line 2"}
    fourth = explained(four_versions)
    assert {(one.key["rate_card"], one.key["agreement"], one.price) for one in fourth.charges} == {
        ("first", "deal", D("0.11")),
        ("second", "deal", D("0.11")),
    }
    assert all(one.agrees for one in (*third.charges, *fourth.charges))


@pytest.mark.slow
def test_snapshots_images_caps_and_tools(workspace: Workspace) -> None:
    storage = {"stored_tokens": 7000, "knowledge_base_id": "k"}
    workspace.log(
        "a.parquet",
        row(event_id="i", images=[{"width": 1, "height": 1}], output_tokens=5),
        row(event_id="own", key_mode="own", agent_id="a1"),
        of("knowledge_storage", None, None, event_id="s1", **storage),
        of("knowledge_storage", None, None, event_id="s2", **storage),
        of("tools_invocation", "Acme", "Search", event_id="t", requests=2),
        of("tools_invocation", "Acme", "Search", event_id="u", requests=2, status="failed"),
        row(event_id="zero", input_tokens=0),
        row(event_id="other", org_id="zenith"),
    )
    workspace.run()
    found = explained(workspace)
    assert found.not_rated == {"not_billable": 1, "superseded": 1}
    said = {(one.key["key_mode"], one.meter): one for one in found.charges}
    assert all(one.agrees for one in found.charges)
    assert {key: (one.quantity, rows_of(one)) for key, one in said.items()} == {
        ("platform", "input_tokens"): (1000, [("a.parquet", 0)]),
        ("platform", "output_tokens"): (5, [("a.parquet", 0)]),
        ("platform", "image_tokens"): (255, [("a.parquet", 0)]),
        ("own", "input_tokens"): (1000, [("a.parquet", 1)]),
        ("any", "stored_tokens"): (7000, [("a.parquet", 3)]),
        ("any", "requests"): (2, [("a.parquet", 4)]),
    }
    own = said["own", "input_tokens"]
    assert (own.list_price, own.price, own.card_line) == (D("0.02"), D("0.01"), 4)
    (of_agent,) = explained(workspace, model="CHAT", dimensions={"agent_id": "a1"}).charges
    assert rows_of(of_agent) == rows_of(own)
    assert len(explained(workspace, billing_type="tools_invocation").charges) == 1
    assert explained(workspace, model="nothing").charges == []
    with pytest.raises(ConfigurationError, match="not a dimension of this home"):
        explained(workspace, dimensions={"team": "red"})


@pytest.mark.slow
def test_every_charge_of_a_random_history(tmp_path: Path) -> None:
    assert all_charges_are_explained(random_history(tmp_path, 2, rows=60, runs=2)) > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 8))
def test_every_charge_of_many_random_histories(seed: int, tmp_path: Path) -> None:
    assert all_charges_are_explained(random_history(tmp_path, seed)) > 50


@pytest.mark.slow
def test_the_command_writes_every_event_and_exits_1_on_another_sum(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.log("a.parquet", *(row(event_id=f"e{n}", event_time=NOON) for n in range(30)))
    workspace.run()
    asked = ("explain", FEB_3, "--org", "acme", "--home", workspace.home.path)
    done = creditmill(*asked, "--out", "all.csv", cwd=workspace.folder)
    assert done.returncode == 0, done.stderr
    assert "30,000 x 0.220000000 / 1,000 = 6.600000000 credits" in done.stdout.decode()
    assert "+ 10 events" in done.stdout.decode()
    rows = pyarrow.csv.read_csv(workspace.folder / "all.csv").to_pylist()
    assert sorted(one["row_number"] for one in rows) == [*range(30)]
    assert sum(one["quantity"] for one in rows) == 30000
    creditmill(*asked, "--out", "all.parquet", cwd=workspace.folder)
    assert pq.read_metadata(workspace.folder / "all.parquet").num_rows == 30
    (told,) = json.loads(creditmill(*asked, "--json", cwd=workspace.folder).stdout)["charges"]
    assert (told["agrees"], told["events"], len(told["examples"])) == (True, 30, 30)
    version = explain.version_of(workspace.home, FEB_3)
    forge(version, "update charges set quantity = quantity + 1")
    done = creditmill(*asked, cwd=workspace.folder)
    assert (done.returncode, "version 1 of 2026-02-03" in done.stderr.decode()) == (1, True)
    monkeypatch.setattr(presence, "require_whole", lambda home: None)  # its journal forged, too
    done = creditmill(*asked, cwd=workspace.folder)
    assert done.returncode == 1
    assert "1 charge is not the sum of their events" in done.stderr.decode()
    for number in (2, None):
        with pytest.raises(ConfigurationError, match=r"has no version (2|in force) in"):
            explain.version_of(
                workspace.home, FEB_3 if number else NOON.date().replace(day=9), number
            )
    done = creditmill(*asked[:2], "--org", "nobody", *asked[4:], cwd=workspace.folder)
    assert done.returncode == 2
    assert "'nobody' has no charge on 2026-02-03, version 1" in done.stderr.decode()


def test_only_logs_of_the_manifest_are_read(workspace: Workspace) -> None:
    workspace.log("a.parquet", row())
    workspace.log("b.parquet", row(event_time=NOON.replace(day=4)))
    workspace.run()
    (other,) = (log for log in workspace.home.all_receipts() if log.file_name == "b.parquet")
    workspace.home.log(other.file).unlink()
    (charge,) = explained(workspace).charges
    assert charge.agrees
