"""Runs that are asked for where nothing but grants, plans or voids changed."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.execution import SILENT
from pricing_assets.home.entries import LEDGER
from pricing_assets.ledger import stored
from tests.support.ledgers import append, bring_up_to_date, credits_of, used, workspace
from tests.support.watch import Watch
from tests.support.workspace import Workspace

GRANT = "A,acme,paid,100,10,2026-02-01,,,,"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home whose reports and ledger are up to date, not to be changed."""
    made = workspace(tmp_path_factory.mktemp("built"), grants=GRANT)
    made.log("a.parquet", used("02-01", 10), used("02-02", 10))
    bring_up_to_date(made)
    return made


@pytest.fixture
def made(built: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The same home, to go on from, as settings name it."""
    made = built.copied(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name, value in (
        ("HOME", made.home.path),
        ("RATES", made.books[0]),
        ("CREDITS", credits_of(made)),
        ("SETTLE_SECONDS", 0),
    ):
        monkeypatch.setenv(f"CREDITMILL_{name}", str(value))
    return made


@pytest.fixture
def watch(made: Workspace, instance: dg.DagsterInstance) -> Watch:
    instance.wipe()
    return Watch(made, instance)


@pytest.mark.slow
def test_a_new_grant_asks_for_the_ledger_once_and_again_after_a_failure(watch: Watch) -> None:
    assert watch.tick() == []
    append(watch.workspace, "grants", "B,acme,promo,5,0,2026-02-02,,,,")
    assert watch.tick() == ["2026-02-02"]
    (key,) = watch.run_keys()
    assert key.startswith("ledger ")
    assert watch.tick() == []  # under way
    watch.end()
    assert watch.tick() == []  # not at once
    assert watch.state is not None
    watch.state["ledger"][2] -= 3600
    assert watch.tick() == ["2026-02-02"]
    watch.end()
    bring_up_to_date(watch.workspace)
    watch.state["ledger"][2] -= 3600
    assert watch.tick() == []
    assert watch.state["ledger"][0] == ""


@pytest.mark.slow
def test_lines_that_cannot_be_followed_are_named_until_they_are_mended(watch: Watch) -> None:
    assert watch.tick() == []
    grants = credits_of(watch.workspace) / "grants.csv"
    before = grants.read_text()
    grants.write_text(before.replace("paid,100", "paid,200"))
    for _ in range(2):
        assert watch.tick() == []
        assert watch.skipped is not None
        assert "grant 'A' of 'acme' was used from 2026-02-01 on and is changed" in watch.skipped
    grants.write_text(before)
    assert watch.tick() == []
    assert watch.skipped is not None
    assert "grant 'A'" not in watch.skipped


def test_the_schedule_asks_for_the_ledger_where_a_void_is_new(watch: Watch) -> None:
    assert watch.night() == []
    credits = credits_of(watch.workspace)
    (credits / "voids.csv").write_text(
        "void_id,grant_id,date,credits,usd_refunded,reason\nV,A,2026-02-02,1,0,test\n"
    )
    assert watch.night() == ["2026-02-02"]
    assert watch.night() == []  # under way
    assert any("ledger" in key for key in watch.run_keys())


def test_the_run_that_is_asked_for_brings_the_ledger_alone_up_to_date(
    made: Workspace, instance: dg.DagsterInstance
) -> None:
    append(made, "grants", "B,acme,promo,5,0,2026-02-02,,,,")
    done = defs.resolve_job_def("daily").execute_in_process(
        asset_selection=[dg.AssetKey("ledger")],
        partition_key="2026-02-02",
        instance=instance,
        run_config=SILENT,
    )
    assert done.success
    numbers = {f"{one.usage_date:%m-%d}": one.number for one in stored.counting(made.home, LEDGER)}
    assert numbers == {"02-01": 1, "02-02": 2}
    assert made.home.current(date(2026, 2, 2)).number == 1  # type: ignore[union-attr]
    assert made.sql("select grant_id from grants order by all") == [("A",), ("B",)]
