"""Analysts who read while dates are published: no error, no mixed state, none that goes back.

Each publication adds one event to each of two dates, so every state is known by its number.
"""

import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import duckdb
import pytest

from pricing_assets.contract import tables
from pricing_assets.home import prune
from tests.support.workspace import NOON, Workspace, row

READER = """
import json, os, sys, time, duckdb
file, stop = sys.argv[1:]
reads, states, last, wrong = 0, set(), 0, []
query = '''
select
    (select count(*) from charges),
    (select cast(sum(quantity) as bigint) from charges),
    (select cast(sum(events) as bigint) from daily_usage),
    (select cast(sum(rows) as bigint) from account),
    (select count(*) from logs),
    (select sum(version) from reports where state = 'current'),
    (select count(*) from reports)
'''
parent = os.getppid()
def is_over():
    try:
        return bool(open(stop).read())
    except FileNotFoundError:
        return os.getppid() != parent
over = False
while not over:
    over = is_over()
    try:
        with duckdb.connect(file, read_only=True) as con:
            found = con.execute(query).fetchone()
            again = con.execute(query).fetchone()
    except duckdb.Error as error:
        wrong.append(str(error))
        continue
    finally:
        reads += 1
    n = found[4]
    if found != (2, 2000 * n, 2 * n, 2 * n, n, 2 * n, 2 * n) or again != found or n < last:
        wrong.append(f"{found}, {again} after {last}")
    last = n
    states.add(n)
    time.sleep(0.25)
print(json.dumps({"reads": reads, "states": len(states), "last": last, "wrong": wrong[:5]}))
"""


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """Whose runs replace the database."""
    return replace(workspace, catalog=True)


def publish(workspace: Workspace, n: int) -> None:
    workspace.log(
        f"{n}.parquet",
        row(event_id=f"{n}"),
        row(event_id=f"{n}", event_time=NOON + timedelta(days=1)),
    )
    made = workspace.run([workspace.inbox / f"{n}.parquet"]).published
    assert [(one.state, one.version) for one in made] == [("published", n)] * 2


def read_while_publishing(
    workspace: Workspace, readers: int, publishes: int, seconds: float
) -> int:
    """Publish so often, and for so long at least; gives how often was read in all."""
    publish(workspace, 1)
    stop = workspace.folder / "stop"
    words = [sys.executable, "-c", READER, str(workspace.home.catalog), str(stop)]
    begun = time.monotonic()
    processes = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(readers)]
    try:
        for n in range(2, publishes + 2):
            publish(workspace, n)
        time.sleep(max(0, seconds - (time.monotonic() - begun)))
    finally:
        stop.write_text("over")
        said = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    assert [one["wrong"] for one in said] == [[]] * readers
    assert {one["last"] for one in said} == {publishes + 1}
    assert all(one["states"] > 1 for one in said)
    return sum(one["reads"] for one in said)


@pytest.mark.slow
def test_two_read_while_dates_are_published(workspace: Workspace) -> None:
    assert read_while_publishing(workspace, readers=2, publishes=2, seconds=0) > 6


@pytest.mark.slow
def test_eight_read_for_a_minute_during_200_publishes(workspace: Workspace) -> None:
    print(read_while_publishing(workspace, readers=8, publishes=200, seconds=60), "reads")


def answers(con: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """All that a database answers."""
    return {
        table: con.sql(f"from {table} order by all").fetchall()
        for table in tables.tables(("agent_id",))
    }


@pytest.mark.parametrize("last", [pytest.param(last, marks=pytest.mark.slow) for last in (3, 12)])
def test_a_connection_is_held_through_publishes_and_a_prune(
    workspace: Workspace, last: int
) -> None:
    publish(workspace, 1)
    publish(workspace, 2)
    with duckdb.connect(str(workspace.home.catalog), read_only=True) as reader:
        before = answers(reader)
        for n in range(3, last + 1):
            publish(workspace, n)
        assert answers(reader) == before
        with workspace.home.lock():
            # within its grace: the versions that this reader sees were superseded just now
            prune.prune(workspace.home, prune.prunable(workspace.home, versions=True, grace_days=7))
        assert answers(reader) == before
        assert len(workspace.home.versions(NOON.date())) == last
    assert workspace.sql("select count(*) from logs") == [(last,)]


@pytest.mark.slow
def test_a_prune_past_its_grace_takes_what_an_old_reader_sees(workspace: Workspace) -> None:
    """What grace is for: without it the reader's views name files that are gone."""
    publish(workspace, 1)
    with duckdb.connect(str(workspace.home.catalog), read_only=True) as reader:
        publish(workspace, 2)
        with workspace.home.lock():
            prune.prune(workspace.home, prune.prunable(workspace.home, versions=True, grace_days=0))
        with pytest.raises(duckdb.IOException):
            reader.sql("from charges").fetchall()
        assert reader.sql("select count(*) from daily_usage").fetchall() == [(2,)]
