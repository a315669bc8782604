"""The pipeline against the plain-Python reading of the contract, on random logs and rate books.

Whole runs are held against the oracle here, row by row and charge by charge. Single rules, whose
outcome one can read off a case, belong to `test_outcomes`.
"""

import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest

from pricing_assets.db import connection as duck
from pricing_assets.home.inputs import Inputs
from pricing_assets.home.opening import RequestedSettings
from pricing_assets.rates import books as rates
from pricing_assets.usage import reduce as usage
from pricing_assets.usage.engine import Candidates, DuckDB, every_id
from pricing_assets.usage.staging import TABLES
from tests.support.oracle import OUTCOMES, Log, Reading, read
from tests.support.oracle_compare import agree
from tests.support.random_logs import BASE_DAY, random_books, random_rows, received_at, write_logs
from tests.support.workspace import LIMITS, Workspace

ROWS = 2000
MORE_ROWS = 5000
Value = TypeVar("Value")


@dataclass(frozen=True)
class Case:
    """A seed and the terms under which its rows are read."""

    seed: int
    zone: str
    dimensions: tuple[str, ...]
    base: date = BASE_DAY

    def __str__(self) -> str:
        return f"{self.seed}-{self.zone}-{'+'.join(self.dimensions)}"


CASES = [
    Case(103, "Asia/Kathmandu", ("knowledge_base_id", "team")),  # a quarter of an hour off
    # a date of two spans: 2010-11-07 begins, goes back to 2010-11-06 for an hour, and goes on
    Case(104, "America/St_Johns", ("team", "agent_id"), date(2010, 11, 6)),
]
MORE_CASES = [
    Case(105, "Pacific/Apia", ("status",), date(2011, 12, 29)),  # 2011-12-30 never was
    Case(101, "Europe/Berlin", ("agent_id",)),
    *(
        Case(seed, zone, dimensions, base)
        for seed, (zone, base, dimensions) in enumerate(
            [
                ("UTC", BASE_DAY, ("agent_id",)),
                ("Europe/Berlin", date(2026, 3, 28), ("team",)),  # 23 hours
                ("Europe/Berlin", date(2026, 10, 24), ("agent_id", "event_id")),  # 25 hours
                ("America/St_Johns", date(2010, 11, 6), ("agent_id",)),
                ("Pacific/Apia", date(2011, 12, 28), ("team", "status")),
                ("America/New_York", date(1970, 1, 1), ("agent_id",)),
                ("Pacific/Kiritimati", BASE_DAY, ("status",)),
                (
                    "Africa/Monrovia",
                    date(1972, 1, 6),
                    ("agent_id",),
                ),  # offset of 44 min 30 s until then
            ]
            * 3
        )
    ),
]


def whole_run(case: Case, folder: Path, rows_in_all: int) -> tuple[Workspace, Reading]:
    """The published home of a case, and what the oracle reads in the same logs."""
    rng = random.Random(case.seed)
    books = random_books(rng, folder / "books", case.base)
    rows = random_rows(rng, rows_in_all, case.zone, base=case.base)
    logs = write_logs(rng, rows, folder / "inbox", rng.randint(3, 6))
    at = received_at(base=case.base)
    given = RequestedSettings(
        timezone=case.zone, dimensions=case.dimensions, quarantine_limit="1", quarantine_floor=0
    )
    workspace = Workspace(folder, tuple(books), given=given)
    ran = workspace.run(received_at=at)
    assert not ran.arrivals.rejected
    assert {made.state for made in ran.published} == {"published"}
    return workspace, read([Log(path, at) for path in logs], books, case.zone, case.dimensions)


@pytest.mark.parametrize(
    "case", [pytest.param(CASES[0], marks=pytest.mark.slow), CASES[1]], ids=str
)
def test_whole_runs_agree_with_the_oracle(tmp_path: Path, case: Case) -> None:
    workspace, reading = whole_run(case, tmp_path, ROWS)
    assert {outcome for _, outcome in reading.outcomes.values()} == set(OUTCOMES)
    agree(workspace, reading)
    every_candidate_gives_the_same_bytes(workspace, tmp_path / "stage")


@pytest.mark.slow
@pytest.mark.parametrize("case", MORE_CASES, ids=str)
def test_more_runs_agree_with_the_oracle(tmp_path: Path, case: Case) -> None:
    workspace, reading = whole_run(case, tmp_path, MORE_ROWS)
    agree(workspace, reading)
    every_candidate_gives_the_same_bytes(workspace, tmp_path / "stage")


def every_candidate_gives_the_same_bytes(workspace: Workspace, stage: Path) -> None:
    """Reduce the published dates again, with every id as a candidate for a copy."""
    home = workspace.home
    terms = home.settings()
    stage.mkdir()
    staged = reduced(workspace, stage, every_id)
    assert sorted(staged) == home.dates()
    for day, folder in staged.items():
        current = home.current(day)
        assert current is not None
        for name in TABLES:
            file = f"{name}.parquet"
            published = current.folder / file
            assert (folder / file).read_bytes() == published.read_bytes(), (day, name, terms)


def reduced(workspace: Workspace, stage: Path, candidates: Candidates) -> dict[date, Path]:
    """The folders of the dates, reduced with these candidates for copies."""
    home = workspace.home
    terms = home.settings()
    books = rates.load([Path(book) for book in terms.books])
    with duck.connection(LIMITS, within=[workspace.folder]) as con:
        made = usage.reduce_dates(
            con,
            Inputs(home, home.all_receipts(), books, terms),
            home.dates(),
            stage,
            DuckDB(candidates),
        )
    assert not made.failed
    return made.stages
