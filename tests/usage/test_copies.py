"""Rows that are all alike are counted, not carried; and a date that takes more memory than there is
fails alone, by name.

Which row counts belongs to `test_outcomes`.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing_assets.charges import price as charges
from pricing_assets.checks import run as checks
from pricing_assets.common import resources
from pricing_assets.report import manifest
from pricing_assets.usage import reduce as usage
from tests.support.oracle import Log, read
from tests.support.oracle_compare import agree
from tests.support.workspace import (
    LIMITS,
    NOON,
    RATES,
    RECEIVED,
    SCHEMA,
    Row,
    Workspace,
    of,
    row,
    write_card,
)

LATER = timedelta(seconds=1)
NEXT = NOON.date() + timedelta(days=1)
IMAGES = [{"width": 10, "height": 20}]
STORED = {"knowledge_base_id": "k", "stored_tokens": 5000}

ALIKE: list[tuple[int, Row]] = [
    (4, row(event_id="counted")),
    (3, row(event_id="with images", images=IMAGES)),
    (2, row(event_id="no images", images=None)),
    (2, row(event_id="no images", images=[])),  # the same as null
    (3, of("tools_invocation", "Acme", "Search", event_id="failed", requests=1, status="no")),
    (3, row(event_id="bad", input_tokens=-1)),
    (3, row(event_id="bad image", images=[{"width": 0, "height": 1}])),
    (3, row(event_id=None)),
    (2, row(event_id="two", agent_id="a")),
    (3, row(event_id="two", agent_id="b")),
    (3, row(event_id="unpriced", model="Other")),
    (2, of("knowledge_storage", None, None, event_id="old", **STORED)),
    (2, of("knowledge_storage", None, None, event_id="new", event_time=NOON + LATER, **STORED)),
    (2, row(event_id="counted", event_time=NOON + timedelta(days=1))),
]
"""How often a row comes in each of two logs, and the row."""


def test_rows_that_are_all_alike_end_as_each_by_itself(workspace: Workspace) -> None:
    """Within a file, and in two, against the plain reading: rows, quantities and lists."""
    workspace = workspace.under(quarantine_limit="1", quarantine_floor=0)
    rows = [one for times, one in ALIKE for _ in range(times)]
    logs = [workspace.log("a.parquet", *rows), workspace.log("b.parquet", *rows[::-1])]
    assert {state for state, _ in workspace.run().states().values()} == {"published"}
    reading = read(
        [Log(log, RECEIVED) for log in logs], list(workspace.books), "UTC", ("agent_id",)
    )
    agree(workspace, reading)


def log_of(path: Path, times: int, *rows: Row) -> Path:
    """A log of a few rows over and over."""
    few = pa.Table.from_pylist(list(rows), SCHEMA)
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.concat_tables([few] * times).combine_chunks(), path, compression="zstd")
    return path


def test_many_copies_take_no_more_room_than_one(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """60,000 copies of a row, of which two groups are looked at."""
    looked_at = []
    make_table = usage.make_table

    def looking(con: duckdb.DuckDBPyConnection, name: str, table: str = "") -> None:
        if name == "usage/decided_rows":
            looked_at.extend(con.sql("select count(*), sum(rows) from candidate_groups").fetchall())
        make_table(con, name, table)

    monkeypatch.setattr(usage, "make_table", looking)
    log_of(workspace.inbox / "a.parquet", 30_000, row(), row())
    workspace.log("b.parquet", row(), row(event_id="other"))
    assert workspace.run().states() == {NOON.date().isoformat(): ("published", 1)}
    assert looked_at == [(2, 60_001)]
    assert workspace.sql(
        "select outcome, cast(sum(rows) as int) from account group by all order by 1"
    ) == [
        ("duplicate", 60_000),
        ("rated", 2),
    ]


@pytest.mark.slow
def test_hashes_that_memory_does_not_hold_are_grouped(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And give the same bytes."""
    workspace.log("a.parquet", row(), row(), row(event_id="2"))
    workspace.run()
    monkeypatch.setattr(resources, "available_memory", lambda: 200)
    other = workspace.beside("other")
    other.run()
    assert other.outputs() == workspace.outputs()


Step = tuple[object, str]
STEPS: dict[str, Step] = {
    "usage": (usage, "reduce_dates"),
    "charges": (charges, "price_dates"),
    "checks": (checks, "check_dates"),
    "report": (manifest, "describe"),
}


NO_MEMORY = duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block")
NO_DISK = duckdb.IOException('Could not write file "spill": No space left on device')


@pytest.mark.parametrize(
    ("step", "error"),
    [
        pytest.param("charges", NO_MEMORY, marks=pytest.mark.slow),
        pytest.param("checks", NO_DISK, marks=pytest.mark.slow),
        pytest.param("usage", NO_MEMORY, marks=pytest.mark.slow),
        ("usage", NO_DISK),
        pytest.param("report", NO_MEMORY, marks=pytest.mark.slow),
        pytest.param("report", NO_DISK, marks=pytest.mark.slow),
    ],
)
def test_a_date_that_takes_too_much_fails_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    """By name, with its largest log, and in later runs too, until there is enough."""
    module, name = STEPS[step]
    does: Callable[..., object] = getattr(module, name)

    def takes_too_much(*given: object, **named: object) -> object:
        if any(one == NEXT or (isinstance(one, dict | list) and NEXT in one) for one in given):
            raise error
        return does(*given, **named)

    monkeypatch.setattr(module, name, takes_too_much)
    for days in range(3):
        workspace.log(f"{days}.parquet", row(event_time=NOON + timedelta(days=days)))
    first = workspace.run()
    states = [("published", 1), ("failed", None), ("published", 1)]
    assert list(first.states().values()) == states
    assert "more memory or temporary disk than there is" in first.published[1].reason
    assert "its largest log, 1.parquet with 1 row" in first.published[1].reason
    workspace.log("late.parquet", row(event_id="late"))
    assert [state for state, _ in workspace.run().states().values()] == ["published", "failed"]
    monkeypatch.setattr(module, name, does)
    assert workspace.run().states() == {NEXT.isoformat(): ("published", 1)}


@pytest.mark.slow
def test_millions_of_conflicting_copies_in_little_memory(tmp_path: Path) -> None:
    """Each is listed in quarantine: the date is blocked, or fails by name, and the next goes on."""
    workspace = Workspace(tmp_path, (write_card(tmp_path / "book", RATES),))
    workspace = workspace.under(quarantine_limit="0.05")
    log_of(workspace.inbox / "a.parquet", 1_000_000, row(), row(input_tokens=1))
    workspace.log("next.parquet", row(event_time=NOON + timedelta(days=1)))
    ran = workspace.run()
    states = ran.states()
    assert states[NOON.date().isoformat()] == ("blocked", None)
    assert states[NEXT.isoformat()] == ("published", 1)
    assert LIMITS.memory == 1_000_000_000
    assert workspace.sql("select count(*), count(distinct row_number) from quarantine") == [
        (2_000_000, 2_000_000)
    ]
