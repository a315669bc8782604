"""Ids that came again on another usage date: which are named, with which rows and credits."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pricing_assets import flow
from pricing_assets.analysis import repeats as module
from pricing_assets.common.errors import ConfigurationError
from tests.support.command import creditmill
from tests.support.workspace import LIMITS, NOON, Workspace, of, row

D = Decimal
DAY = timedelta(days=1)


def found(
    workspace: Workspace, within: int = 7, *between: date | None, **more: Any
) -> module.Repeats:
    run = flow.Run(workspace.home, workspace.home.settings())
    given = between or (None, None)
    return module.repeats(
        run.inputs,
        within,
        given,
        LIMITS,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def week(workspace: Workspace) -> Workspace:
    """`a` on three dates, `b` five days apart, `c` once, `d` of two organizations, snapshots."""
    storage = {"stored_tokens": 7000, "knowledge_base_id": "k"}
    workspace.log(
        "first.parquet",
        row(event_id="a"), row(event_id="b"), row(event_id="c"), row(event_id="d"),
        row(event_id="x", model="?"),
        of("knowledge_storage", None, None, event_id="s", event_time=NOON, **storage),
        row(event_id=None), row(event_id=None, event_time=NOON + DAY),
    )  # fmt: skip
    workspace.log(
        "second.parquet",
        row(event_id="a", event_time=NOON + DAY, input_tokens=3),
        row(event_id="a", event_time=NOON + DAY, input_tokens=3),
        row(event_id="d", event_time=NOON + DAY, org_id="zenith"),
        of("knowledge_storage", None, None, event_id="s", event_time=NOON + DAY, **storage),
        # a later snapshot: `s` of this date is superseded
        of("knowledge_storage", None, None, event_id="t", event_time=NOON + DAY * 1.1, **storage),
        row(event_id="x", event_time=NOON + DAY),
    )
    workspace.log(
        "third.parquet",
        row(event_id="b", event_time=NOON + 5 * DAY, input_tokens=2000),
        row(event_id="a", event_time=NOON + 5 * DAY, input_tokens=1500),
    )
    workspace.run()
    return workspace


def said(repeats: module.Repeats) -> list[tuple[object, ...]]:
    return [
        (one.event_id, one.first_file_name, one.first_row, one.file_name, one.row_number,
         one.outcome, one.credits_at_stake)
        for one in repeats.shown
    ]  # fmt: skip


@pytest.mark.slow
def test_both_rows_and_the_credits_of_the_later_one(week: Workspace) -> None:
    before = week.published_bytes()
    repeats = found(week)
    (second,) = (log.file for log in week.home.all_receipts() if log.file_name == "second.parquet")
    assert said(repeats) == [
        ("b", "first.parquet", 1, "third.parquet", 0, "rated", D("0.44")),
        ("a", "second.parquet", 0, "third.parquet", 1, "rated", D("0.33")),
        ("a", "first.parquet", 0, "second.parquet", 0, "rated", D("0.00066")),
        ("s", "first.parquet", 5, "second.parquet", 3, "superseded", 0),
        # the first use was not charged: nothing is charged twice
        ("x", "first.parquet", 4, "second.parquet", 5, "rated", 0),
    ]
    assert (repeats.count, repeats.credits_at_stake) == (5, D("0.77066"))
    assert {one.file for one in repeats.shown if one.file_name == "second.parquet"} == {second}
    assert week.published_bytes() == before


@pytest.mark.slow
def test_days_between_and_dates_asked_for(week: Workspace) -> None:
    assert [one.event_id for one in found(week, 4).shown] == ["a", "a", "s", "x"]
    late = date(2026, 2, 5)
    assert [one.event_id for one in found(week, 7, late, None).shown] == ["b", "a"]
    with pytest.raises(ConfigurationError, match="--within must be 1 day or more"):
        found(week, 0)


@pytest.mark.slow
def test_repeats_prints_the_sum_and_writes_every_id(week: Workspace, tmp_path: Path) -> None:
    done = creditmill("repeats", "--out", "all.parquet", "--home", week.home.path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (
        "5 ids used again within 7 days, 0.770660000 credits charged again" in done.stdout.decode()
    )
    assert pq.read_metadata(tmp_path / "all.parquet").num_rows == 5
    told = json.loads(
        creditmill("repeats", "--json", "--home", week.home.path, cwd=tmp_path).stdout
    )
    assert (told["repeats"], told["credits_at_stake"]) == (5, "0.770660000")
    asked = ("repeats", "--to", "2026-02-03", "--out", "none.csv", "--home", week.home.path)
    assert "No id was used again" in creditmill(*asked, cwd=tmp_path).stdout.decode()
    assert (tmp_path / "none.csv").read_text().startswith("org_id,event_id,")
