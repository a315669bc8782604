"""A credit that does not cost whole cents: dollars are rounded once, and every table agrees on them."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path

import pytest

from pricing_assets.common.periods import period_of
from pricing_assets.finance import export
from pricing_assets.home import closings
from tests.support.versions import differences
from tests.support.workspace import LIMITS, NOON, RATES, Workspace, row, write_card

WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
COSTS = {"first": Decimal("0.008333333"), "late": Decimal("0.0075")}


def priced_anew(book: Path, card: str) -> None:
    file = book / f"card {card}" / "card.toml"
    file.write_text(file.read_text().replace('"0.01"', f'"{COSTS[card]}"'))


@pytest.mark.slow
def test_dollars_of_charges_changes_and_corrections_are_of_the_price_of_a_credit(
    tmp_path: Path,
) -> None:
    book = write_card(tmp_path / "book")
    priced_anew(book, "first")
    made = Workspace(tmp_path, (book,))
    late = NOON.replace(day=4)
    made.log("a.parquet", row(input_tokens=7), row(event_id="b", event_time=late, input_tokens=11))
    made.run()
    with made.home.lock():
        closings.close(made.home, NOON.date(), "invoiced", [], NOON.replace(year=2026, month=8))
    made.log("late.parquet", row(event_id="late", input_tokens=13))
    write_card(book, RATES, "late", "2026-02-04T00:00:00Z")
    priced_anew(book, "late")
    made.run(restate=True)
    for card, credits_, usd in made.sql("select rate_card, credits, usd from charges"):
        due = WIDE.multiply(credits_, COSTS[card]).quantize(Decimal("1E-11"), context=WIDE)
        assert usd == due
    cards = "select distinct rate_card from charges union select rate_card from corrections"
    assert {card for (card,) in made.sql(cards)} == {"first", "late"}
    # of a date that was restated, and of a closed one: what changed sums to the difference
    ((new, old, changed),) = made.sql(
        "select sum(usd), (select first.usd from reports as first where first.usage_date ="
        f" date '{late.date()}' and first.version = 1), (select sum(usd) from changes"
        f" where usage_date = date '{late.date()}') from charges"
        f" where usage_date = date '{late.date()}'"
    )
    assert new - old == changed != 0
    ((booked,),) = made.sql("select sum(usd) from corrections")
    fresh = made.beside("fresh")
    fresh.run()
    day = f"where usage_date = date '{NOON.date()}'"
    ((whole,),) = fresh.sql(f"select sum(usd) from charges {day}")
    ((closed,),) = made.sql(f"select sum(usd) from charges {day}")
    assert closed + booked == whole
    assert not differences(made)
    done = export.export(
        made.home, period_of("2026-02"), tmp_path / "out", LIMITS, provider="Acme", excel=False
    )
    assert Decimal(done.manifest["totals"]["all"]["usd"]) == new + whole
