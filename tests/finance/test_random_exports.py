"""Random usage, prices, agreements and closings, exported: every rule holds, and all adds up."""

import random
from decimal import Decimal
from pathlib import Path

import pytest

from pricing_assets.common.periods import period_of
from pricing_assets.finance import export
from pricing_assets.home.opening import RequestedSettings
from tests.support.histories import history
from tests.support.random_logs import random_books, random_rows, received_at, write_logs
from tests.support.workspace import LIMITS, Workspace

SLOW = pytest.mark.slow


def adds_up(workspace: Workspace) -> None:
    """Every date by itself, and every month: together they are usage + corrections."""
    booked = workspace.sql("select distinct booked_on from corrections")
    dates = {*workspace.home.dates(), *(day for (day,) in booked)}
    periods = [{day.isoformat() for day in dates}, {f"{day:%Y-%m}" for day in dates}]
    ((usage,),) = workspace.sql("select coalesce(sum(credits), 0) from charges")
    ((corrections,),) = workspace.sql("select coalesce(sum(credits), 0) from corrections")
    for names in periods:
        credits = Decimal(0)
        for name in sorted(names):
            made = export.export(
                workspace.home,
                period_of(name),
                workspace.folder / "out",
                LIMITS,
                provider="P",
                excel=True,
            )
            credits += Decimal(made.manifest["totals"]["all"]["credits"])
            cents = [Decimal(one["usd_rounded"]) for one in made.manifest["statements"]]
            assert sum(cents, Decimal(0)) == Decimal(made.manifest["totals"]["all"]["usd_rounded"])
        assert credits == usage + corrections


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=SLOW) for seed in range(1, 9)])
def test_exports_of_random_logs_and_books_add_up(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    books = random_books(rng, tmp_path / "books")
    logs = write_logs(rng, random_rows(rng, 300, "Asia/Kathmandu"), tmp_path / "inbox", 2)
    given = RequestedSettings(
        dimensions=("team", "agent_id"), quarantine_limit="1", timezone="Asia/Kathmandu"
    )
    workspace = Workspace(tmp_path, tuple(books), given=given)
    workspace.run(logs, received_at())
    adds_up(workspace)


@SLOW
@pytest.mark.parametrize("seed", range(1, 7))
def test_exports_of_random_closings_add_up(tmp_path: Path, seed: int) -> None:
    adds_up(history(tmp_path, seed, closings=True))
