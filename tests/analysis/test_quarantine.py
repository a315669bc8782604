"""What is shown of quarantine: counts, examples and credits at risk, however many rows there are."""

from datetime import timedelta
from decimal import Decimal

import pytest

from pricing_assets.analysis import quarantine
from pricing_assets.db import statements
from pricing_assets.rates.relations import load_boundaries
from pricing_assets.report import HomeView
from tests.support.workspace import NOON, RATES, Workspace, row, write_card

HOLD_ROWS = ("window", "asof", "cte name")
"""Operators that hold every row until the last has come."""


@pytest.fixture
def view(workspace: Workspace) -> HomeView:
    """Rows before and after a change of prices inside their date, and one of no date."""
    dearer = RATES.replace("input_tokens,0.22", "input_tokens,0.44")
    write_card(workspace.books[0], dearer, "second", f"{NOON + timedelta(hours=1):%FT%TZ}")
    bad = {"output_tokens": -5}
    workspace.begin(
        row(event_id="b", **bad),
        row(event_id="a", event_time=NOON + timedelta(hours=2), **bad),
        row(event_id="n", event_time=None),
    )
    workspace.database()
    return HomeView(workspace.home, workspace.home.settings())


def test_credits_at_risk_go_by_the_prices_of_each_instant(view: HomeView) -> None:
    found = quarantine.reasons(view.home, view.rates)
    assert [
        (one.reason, one.rows, one.credits_at_stake, one.row_number, one.example[:1])
        for one in found
    ] == [
        ("bad_quantity", 2, Decimal("0.66"), 0, "b"),
        ("missing_event_time", 1, None, 2, "n"),
    ]


@pytest.mark.parametrize("name", ["quarantine_reasons", "quarantined_names"])
def test_rows_are_read_in_passing(view: HomeView, name: str) -> None:
    """Four million of them took 4.4 GB of memory where each was numbered."""
    with quarantine.opened(view.home, view.rates) as con:
        load_boundaries(con, view.rates)
        con.execute(
            "create table resolved_names as select null::timestamp as rates_from, '' as service,"
            " '' as brand, '' as model, '' as rate_card, '' as brand_key, '' as model_key"
        )
        plan = str(con.execute("explain " + statements.statement(f"analysis/{name}")).fetchall())
    assert [one for one in HOLD_ROWS if one in plan.lower()] == []
