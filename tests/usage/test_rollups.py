"""Rollups: a log is reduced once, and what is published is what its rows alone decide.

That whole homes come out as they do by reading every row belongs to `test_oracle`.
"""

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing_assets.common import files
from pricing_assets.db import connection as duck
from pricing_assets.home import Home, Reported
from pricing_assets.home.withdrawals import withdraw
from pricing_assets.report import HomeView
from pricing_assets.usage.extend import extendable
from pricing_assets.usage.reduce import reduce_added
from pricing_assets.usage.rollups import Rollups
from pricing_assets.verify.files import verify
from pricing_assets.verify.rollups import recompute
from tests.support.cases import few_in_short
from tests.support.command import creditmill
from tests.support.workspace import (
    LIMITS,
    NOON,
    RATES,
    Workspace,
    of,
    row,
    spoil,
    write_card,
)

DAY = NOON.date().isoformat()
ROWS = (
    row(),
    row(event_id="e2", input_tokens=-1),
    row(event_id="e3", model="No price"),
    row(event_id="e4", images=[{"width": 10, "height": 600}, {"width": 1, "height": 1}]),
    row(event_id="e5", event_time=NOON + timedelta(days=1)),
    row(event_id="e6", output_tokens=5),
    row(event_id="e6", output_tokens=5),
    row(event_id="e10", output_tokens=6),
    of("knowledge_storage", None, None, event_id="s1", stored_tokens=7, knowledge_base_id="kb"),
    of("tools_invocation", "Acme", "Search", event_id="t1", requests=3, status="failed"),
)


def outputs_of_a_fresh_home(workspace: Workspace) -> dict[tuple[str, str], str]:
    """What the same logs give that never were reduced before."""
    fresh = workspace.beside("fresh")
    shutil.rmtree(fresh.home.path, ignore_errors=True)
    return fresh.begin().outputs()


@pytest.mark.slow
def test_a_late_log_leaves_the_others_unread(workspace: Workspace) -> None:
    first = workspace.log("a.parquet", *ROWS)
    workspace.run()
    spoil(next(iter(workspace.home.logs.iterdir())))
    spoil(first)
    workspace.log("b.parquet", row(event_id="late"), row(event_id="e2"))
    assert workspace.run().states() == {DAY: ("published", 2)}
    shutil.rmtree(workspace.inbox)
    workspace.log("a.parquet", *ROWS)
    workspace.log("b.parquet", row(event_id="late"), row(event_id="e2"))
    assert workspace.outputs() == outputs_of_a_fresh_home(workspace)


LATER = [
    ("a copy of a row that counted", [row()], False),
    ("another content of an id that counted", [row(input_tokens=7)], False),
    ("another content of one that broke a rule", [row(event_id="e2")], False),
    ("a third copy", [row(event_id="e6", output_tokens=5)], False),
    ("a later snapshot", [of("knowledge_storage", None, None, event_id="s2", stored_tokens=9,
                             event_time=NOON + timedelta(hours=1), knowledge_base_id="kb")], False),
    ("a line that has no price", [row(event_id="e7", model="No price")], True),
    ("nothing in common", [row(event_id="e8"), row(event_id="e9", output_tokens=10**12 + 1)], True),
]  # fmt: skip
"""What is late, and whether that is added to what is stored of the date."""
SHORT = [
    LATER[0],
    ("all others that are not added", [one for _, rows, _ in LATER[1:5] for one in rows], False),
    ("all that are added", [one for _, rows, _ in LATER[5:] for one in rows], True),
]


@pytest.mark.parametrize(
    ("why", "rows", "is_added"),
    [
        *(pytest.param(*case, id=case[0]) for case in SHORT[:1]),
        *(pytest.param(*case, id=case[0], marks=pytest.mark.slow) for case in SHORT[1:]),
        *(pytest.param(*case, id=case[0], marks=pytest.mark.slow) for case in LATER[1:]),
    ],
)
def test_logs_one_by_one_give_what_they_give_together(
    workspace: Workspace, why: str, rows: list[dict[str, object]], is_added: bool
) -> None:
    workspace.begin(*ROWS)
    workspace.log("b.parquet", *rows)
    workspace.run()
    assert workspace.outputs() == outputs_of_a_fresh_home(workspace)
    inputs = HomeView(workspace.home, workspace.home.settings()).inputs
    first = {NOON.date(): workspace.home.versions(NOON.date())[0]}
    with workspace.home.lock(), duck.connection(LIMITS, within=[workspace.folder]) as con:
        added = reduce_added(con, inputs, first, workspace.folder / "added", Rollups())
    assert bool(added) == is_added


@pytest.mark.slow
def test_few_rows_of_a_date_are_not_what_most_are_added_to(workspace: Workspace) -> None:
    """And of a date that lost a log, nothing stored is used."""
    workspace.begin(row(), row(event_id="e2"))
    workspace.log("b.parquet", *(row(event_id=f"more {n}") for n in range(3)))
    workspace.log("c.parquet", row(event_id="other"))
    workspace.run()
    view = HomeView(workspace.home, workspace.home.settings())
    logs = {log.file_name: log for log in view.inputs.receipts}

    def is_extendable(*names: str) -> bool:
        of_day = {NOON.date(): [logs[name] for name in names]}
        home = FirstVersions(workspace.home.path)
        return bool(extendable(home, of_day, view.rates, view.settings))

    assert is_extendable("a.parquet", "c.parquet")
    assert not is_extendable("a.parquet", "b.parquet")
    assert not is_extendable("a.parquet")
    assert not is_extendable("c.parquet")


class FirstVersions(Home):
    """A home as it was when each date had its first version."""

    def reported(self, day: date) -> Reported | None:
        return self.versions(day)[0]


@pytest.mark.slow
def test_a_line_that_loses_its_price_is_listed_row_by_row(workspace: Workspace) -> None:
    """Its rows were not looked at when their log was reduced."""
    workspace.begin(*ROWS)
    fewer = RATES.replace("llm,Acme,Chat,platform,output_tokens,0.88,1000\n", "")
    write_card(
        workspace.books[0],
        fewer,
        "second",
        effective_from="2026-02-02T00:00:00Z",
        published_at="2026-02-09T00:00:00Z",
    )
    assert workspace.run().states()[DAY] == ("published", 2)
    assert workspace.sql("select count(*) from quarantine where reason = 'no_rate'") == [(3,)]
    assert workspace.outputs() == outputs_of_a_fresh_home(workspace)
    assert len(units(workspace)) == 2


def of_index(folder: Path) -> None:
    (folder / "index.jsonl").unlink()


def of_half_the_index(folder: Path) -> None:
    index = folder / "index.jsonl"
    index.write_bytes(index.read_bytes()[:-40])


def of_a_deep_index(folder: Path) -> None:
    (folder / "index.jsonl").write_bytes(b"[" * 100_000 + b"\n")


def of_everything(folder: Path) -> None:
    shutil.rmtree(folder)


def of_every_file(folder: Path) -> None:
    for file in folder.glob("*.parquet"):
        file.unlink()


def of_a_byte_of_each(folder: Path) -> None:
    for file in folder.glob("*.parquet"):
        spoil(file)


@pytest.mark.parametrize(
    "lose",
    few_in_short(
        [
            *(of_index, of_everything),
            *(of_half_the_index, of_a_deep_index, of_every_file, of_a_byte_of_each),
        ],
    ),
)
def test_what_is_lost_of_them_is_made_again(
    workspace: Workspace, lose: Callable[[Path], None]
) -> None:
    workspace.begin(*ROWS)
    lose(workspace.home.rollups)
    workspace.log("b.parquet", row())
    workspace.run()
    assert workspace.outputs() == outputs_of_a_fresh_home(workspace)


def units(workspace: Workspace) -> list[dict[str, str]]:
    """The logs of each unit, with their keys."""
    lines = (workspace.home.rollups / "index.jsonl").read_text().split("\n")
    return [json.loads(line)["logs"] for line in lines if line]


@pytest.mark.slow
def test_a_card_that_cuts_a_date_makes_its_logs_anew_and_no_others(workspace: Workspace) -> None:
    workspace.begin(row())
    workspace.log("b.parquet", row(event_time=NOON - timedelta(days=1), event_id="e2"))
    workspace.run()
    before, other = units(workspace)
    write_card(
        workspace.books[0],
        RATES.replace("0.22", "0.33"),
        "second",
        effective_from="2026-02-03T12:00:00Z",
        published_at="2026-02-09T00:00:00Z",
    )
    workspace.run()
    assert workspace.outputs() == outputs_of_a_fresh_home(workspace)
    kept, after = units(workspace)
    assert kept == other
    assert before.keys() == after.keys()
    assert before != after


@pytest.mark.slow
def test_of_logs_that_were_reduced_together_one_is_withdrawn(workspace: Workspace) -> None:
    workspace.log("a.parquet", *ROWS)
    workspace.log("b.parquet", row(), row(event_id="e12", output_tokens=7))
    workspace.run()
    home = workspace.home
    with home.lock():
        withdraw(home, "b.parquet", "staging")
    workspace.run()
    assert len(units(workspace)) == 1
    shown = workspace.sql("from charges order by all")
    shutil.rmtree(workspace.inbox)
    workspace.log("a.parquet", *ROWS)
    outputs_of_a_fresh_home(workspace)
    assert workspace.beside("fresh").sql("from charges order by all") == shown


@pytest.mark.slow
def test_a_log_that_comes_back_counts_no_other_twice(workspace: Workspace, tmp_path: Path) -> None:
    """What was made of three logs together is whole again, and one of them was reduced since."""
    workspace.log("a.parquet", row(), row(event_id="e2", event_time=NOON - timedelta(days=1)))
    workspace.log("b.parquet", row(event_id="e3"))
    workspace.log("c.parquet", row(event_id="e4", event_time=NOON + timedelta(days=1)))
    workspace.run()
    home = ("--reason", "x", "--home", workspace.home.path)
    assert creditmill("withdraw", "b.parquet", *home, cwd=tmp_path).returncode == 0
    workspace.run()
    assert creditmill("withdraw", "b.parquet", "--restore", *home, cwd=tmp_path).returncode == 0
    assert {state for state, _ in workspace.run().states().values()} == {"published"}
    assert workspace.sql("select sum(events) from usage") == [(4,)]


@pytest.mark.slow
def test_a_withdrawn_log_leaves_a_conflict_of_the_others(workspace: Workspace) -> None:
    """Reducing one of them anew reads two dates, the run's own date is one: the same connection
    reads other logs, and other dates."""
    workspace.log("a.parquet", row())
    workspace.run()
    workspace.log("b.parquet", row(input_tokens=7), row(event_time=NOON - timedelta(days=1)))
    workspace.log("staging.parquet", row(event_id="e9"))
    workspace.run()
    with workspace.home.lock():
        withdraw(workspace.home, "staging.parquet", "staging")
    workspace.run()
    conflicts = "select count(*) from quarantine where reason = 'conflicting_duplicate'"
    assert workspace.sql(conflicts) == [(2,)]


def test_small_logs_share_files(workspace: Workspace) -> None:
    for number in range(20):
        workspace.log(f"{number}.parquet", row(event_id=f"e{number % 15}", agent_id=f"{number}"))
    workspace.run()
    (shared,) = units(workspace)
    assert len(shared) == 20
    assert len(list(workspace.home.rollups.iterdir())) == 5


@pytest.mark.slow
def test_what_a_new_card_supersedes_is_removed(workspace: Workspace) -> None:
    workspace.begin(*ROWS)
    before = {file.name for file in workspace.home.rollups.glob("*.parquet")}
    write_card(
        workspace.books[0],
        RATES.replace("0.22", "0.33"),
        "second",
        effective_from="2026-02-03T11:00:00Z",
        published_at="2026-02-09T00:00:00Z",
    )
    workspace.run()
    after = {file.name for file in workspace.home.rollups.glob("*.parquet")}
    assert len(units(workspace)) == 1
    assert len(after) == 4
    assert not before & after


@pytest.mark.slow
def test_files_that_the_index_does_not_name_are_removed(workspace: Workspace) -> None:
    """As a run leaves them that is killed before it names them."""
    workspace.begin(*ROWS)
    stray = workspace.home.rollups / "0-0.rows.parquet"
    stray.write_bytes(b"")
    workspace.log("b.parquet", row(event_id="late"))
    workspace.run()
    assert not stray.exists()


def test_verify_names_a_changed_byte(workspace: Workspace) -> None:
    workspace.begin(*ROWS)
    home = workspace.home
    assert verify(home, home.dates())[1] == []
    for file in home.rollups.glob("*.parquet"):
        kept = file.read_bytes()
        spoil(file)
        (found,) = verify(home, home.dates())[1]
        assert found.path == str(file)
        file.chmod(0o644)
        file.write_bytes(kept)
    index = home.rollups / "index.jsonl"
    text = index.read_text()
    for old, new in (
        ('"reduced"', '"redused"'),
        ('logs": {"', 'logs": {"0'),
        (": {", ": ["),
        ("-", "_"),
    ):
        index.write_text(text.replace(old, new, 1))
        (found,) = verify(home, home.dates())[1]
        assert (found.path, found.what[:7]) == (str(index), "line 2:")
    index.write_text(text[:-40])  # as a killed run leaves it
    assert verify(home, home.dates())[1] == []
    for file in home.rollups.iterdir():
        file.unlink()
    assert verify(home, home.dates())[1] == []


@pytest.mark.parametrize("name", few_in_short(["totals", "rows", "rollup", "ids"], 2))
def test_recompute_names_what_its_logs_do_not_give(workspace: Workspace, name: str) -> None:
    """Under a digest that says that nothing was changed."""
    workspace.begin(*ROWS)
    home = workspace.home
    inputs = HomeView(home, home.settings()).inputs
    assert recompute(inputs) == []
    (file,) = home.rollups.glob(f"*.{name}.parquet")
    digest = files.sha256_of(file)
    table = pq.read_table(file)
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), file)
    now = files.sha256_of(file)
    file = file.rename(file.with_name(file.name.replace(f"-{digest[:8]}.", f"-{now[:8]}.")))
    index = home.rollups / "index.jsonl"
    text = index.read_text().replace(digest, now)
    index.write_text(text.replace(f"-{digest[:8]}.", f"-{now[:8]}."))
    assert [one.path for one in recompute(inputs)] == [str(file)]


@pytest.mark.slow
def test_refresh_makes_them_again_and_prune_takes_the_others(
    workspace: Workspace, tmp_path: Path
) -> None:
    workspace.begin(*ROWS)
    home = workspace.home
    before = {file.name.partition("-")[0] for file in home.rollups.iterdir()}
    for file in home.rollups.glob("*.rows.parquet"):
        spoil(file)
    assert creditmill("refresh", "--home", home.path, cwd=tmp_path).returncode == 0
    assert {file.name.partition("-")[0] for file in home.rollups.iterdir()} == before
    assert verify(home, home.dates())[1] == []
    (home.rollups / "0-0.rows.parquet").write_bytes(b"")
    assert creditmill("prune", "--yes", "--home", home.path, cwd=tmp_path).returncode == 0
    assert len(list(home.rollups.iterdir())) == 5
