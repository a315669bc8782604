"""Columns that live in a log's path, as Hive and Spark partition tables."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pricing_assets.common import hive_paths
from pricing_assets.intake import inbox
from pricing_assets.verify import recompute
from tests.support.cases import few_in_short
from tests.support.workspace import SCHEMA, Workspace, row, stored_manifest, write_log

DAY = date(2026, 2, 3)


def without(*names: str) -> pa.Schema:
    return pa.schema([field for field in SCHEMA if field.name not in names])


def put(workspace: Workspace, path: str, *absent: str, **changes: Any) -> Path:
    return write_log(workspace.inbox / path, [row(**changes)], without(*absent))


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/a/b", {}),
        ("/a/agent_id=x/hour=07", {"agent_id": "x", "hour": "07"}),
        ("/a/agent_id=help%20desk%2F1", {"agent_id": "help desk/1"}),
        ("/a/agent_id=100%", {"agent_id": "100%"}),
        ("/a/agent_id=%FF", {"agent_id": "%FF"}),
        ("/a/agent_id=a=b", {"agent_id": "a=b"}),
        ("/a/agent_id=", {"agent_id": ""}),
        ("/a/=x", {}),
        ("/a/agent_id=__HIVE_DEFAULT_PARTITION__", {"agent_id": None}),
        ("/agent_id=a/agent_id=b", {"agent_id": "b"}),
    ],
)
def test_a_path_names_columns(folder: str, expected: dict[str, str | None]) -> None:
    assert hive_paths.in_path(Path(folder)) == expected


@pytest.mark.slow
def test_required_columns_and_dimensions_are_read_from_the_path(workspace: Workspace) -> None:
    put(workspace, "org_id=acme/agent_id=x%3Ay/1.parquet", "org_id", "agent_id", event_id="1")
    put(workspace, "org_id=acme/agent_id=z/2.parquet", "org_id", "agent_id", event_id="2")
    put(
        workspace, "org_id=acme/agent_id=__HIVE_DEFAULT_PARTITION__/3.parquet", "org_id", "agent_id"
    )
    put(workspace, "org_id=nobody/4.parquet", event_id="4", agent_id="own")  # the file's own count
    put(workspace, "model=Chat/5.parquet", "model", "agent_id", event_id="5")  # neither of them
    ran = workspace.run()
    assert not ran.arrivals.rejected
    assert workspace.sql("select org_id, agent_id, events from usage order by all") == [
        ("acme", "own", 1),
        ("acme", "x:y", 1),
        ("acme", "z", 1),
        ("acme", None, 1),
    ]
    assert workspace.sql("select reason, model, agent_id from quarantine") == [
        ("no_rate", None, None)
    ]
    # They are pinned with the version, which can be made again from its logs.
    (version,) = workspace.home.versions(DAY)
    pinned = {one["name"]: one.get("path_columns") for one in stored_manifest(version)["inputs"]}
    assert pinned == {
        "1.parquet": {"org_id": "acme", "agent_id": "x:y"},
        "2.parquet": {"org_id": "acme", "agent_id": "z"},
        "3.parquet": {"org_id": "acme", "agent_id": None},
        "4.parquet": None,
        "5.parquet": None,
    }
    (made,) = recompute.recompute_dates(workspace.home, [DAY])
    assert made.differences == []


def test_a_required_column_that_is_nowhere_is_missing(workspace: Workspace) -> None:
    put(workspace, "agent_id=x/1.parquet", "org_id", "agent_id")
    put(workspace, "event_time=2026-02-03/2.parquet", "event_time")  # an instant is not a text
    rejected = workspace.run().arrivals.rejected
    assert ["is missing" in one.detail for one in rejected] == [True, True]


def test_other_dimensions_are_read_from_the_path(workspace: Workspace) -> None:
    workspace = workspace.under(dimensions=("team", "region"))
    put(workspace, "region=eu/team=a/1.parquet", "team")
    workspace.run()
    assert workspace.sql("select team, region from usage") == [("a", "eu")]


@pytest.mark.parametrize("at_once", few_in_short([False, True]))
def test_the_same_bytes_under_another_path_are_told(workspace: Workspace, at_once: bool) -> None:
    """A log is its bytes: the second would be passed over as redelivered."""
    first = put(workspace, "org_id=acme/1.parquet", "org_id")
    if not at_once:
        workspace.run()
    second = workspace.inbox / "org_id=globex" / "1.parquet"
    second.parent.mkdir()
    second.write_bytes(first.read_bytes())
    again = workspace.inbox / "moved" / "org_id=acme" / "1.parquet"
    again.parent.mkdir(parents=True)
    again.write_bytes(first.read_bytes())
    found = workspace.run().arrivals
    said = [(one.path, one.reason) for one in inbox.rejected_before(workspace.home)]
    assert len(said) == len(found.rejected) == 1
    assert said[0][1] == "other_path"
    assert workspace.sql("select org_id, events from usage")[0][1] == 1


def test_equal_logs_without_rows_lie_under_any_path(workspace: Workspace) -> None:
    for name in ("acme", "globex"):
        write_log(workspace.inbox / f"org_id={name}" / "1.parquet", [], without("org_id"))
    assert not workspace.run().arrivals.rejected


def test_a_path_with_two_values_of_a_column_is_rejected(workspace: Workspace) -> None:
    put(workspace, "org_id=one/org_id=two/1.parquet", "org_id", event_id="1")
    put(workspace, "org_id=one/org_id=one/2.parquet", "org_id", event_id="2")
    put(workspace, "org_id=one/org_id=two/3.parquet", event_id="3")  # the file's own counts
    ran = workspace.run()
    (why,) = ran.arrivals.rejected
    assert "its path names org_id twice, with two values" in why.detail
    assert workspace.sql("select org_id, sum(events) from usage group by all order by all") == [
        ("acme", 1),
        ("one", 1),
    ]


def test_a_value_that_is_no_text_is_told(workspace: Workspace) -> None:
    put(workspace, "org_id=\udcff/1.parquet", "org_id")
    (rejected,) = workspace.run().arrivals.rejected
    assert "'org_id' in its path is not text in UTF-8" in rejected.detail


@pytest.mark.slow
def test_order_and_place_of_the_inbox_do_not_matter(workspace: Workspace) -> None:
    """Also where the inbox is the partition itself."""
    put(workspace, "org_id=acme/agent_id=x/1.parquet", "org_id", "agent_id")
    workspace.run()
    deep = replace(workspace, name="deep", inbox_name="inbox/org_id=acme/agent_id=x")
    deep.run()
    assert workspace.published_bytes() == deep.published_bytes()
