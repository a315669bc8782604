"""Token classes and tiers: kept beside their whole, and priced where a card prints them.

Expected credits are worked out by hand.
"""

from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pricing_assets.contract.billing import TOKEN_CLASSES
from pricing_assets.rates import books
from tests.support.workspace import CLASSED, RATES, Row, Workspace, row, write_card, write_log

CLASSES = """\
llm,Acme,Chat,platform,input_tokens.cached,0.022,1000
llm,Acme,Chat,platform,output_tokens.reasoning,0.99,1000
llm,Acme,Chat,platform,input_tokens@batch,0.11,1000
llm,Acme,Chat,platform,output_tokens@batch,0.44,1000
"""
CALLS: list[Row] = [
    # 400 of 1000 were read from a cache, 50 of 200 are reasoning
    row(event_id="a", output_tokens=200, cached_input_tokens=400, reasoning_tokens=50),
    row(event_id="b", cache_write_tokens=600),
    row(event_id="c", tier="batch", output_tokens=100, cached_input_tokens=400),
    row(event_id="d", tier="flex"),
    row(event_id="e", tier="bulk"),
    row(event_id="f", cached_input_tokens=1001),
    row(event_id="g", reasoning_tokens=1),
    row(event_id="h", cached_input_tokens=7),
    row(event_id="h", cached_input_tokens=8),
]


def run(folder: Path, rates: str, calls: list[Row], more: str = "") -> Workspace:
    book = write_card(folder / "book", rates, cap='[own_key_cap.llm]\ninput_tokens = "0.01"\n')
    card = book / "card first" / "card.toml"
    card.write_text(more + card.read_text())
    made = Workspace(folder, (book,))
    write_log(made.inbox / "day.parquet", calls, CLASSED)
    made.run()
    return made


def charges(made: Workspace) -> dict[str, tuple[int, Decimal]]:
    found = made.sql("select meter, quantity, credits from charges order by meter")
    return {meter: (quantity, credits) for meter, quantity, credits in found}


def outcomes(made: Workspace) -> dict[str, int]:
    return dict(made.sql("select outcome, sum(rows)::bigint from account group by 1"))


@pytest.mark.slow
def test_classes_are_kept_and_cost_what_their_whole_costs_where_no_card_prints_them(
    tmp_path: Path,
) -> None:
    made = run(tmp_path, RATES, CALLS)
    # a and b; every tier but the standard one needs a price of its own
    assert charges(made) == {
        "input_tokens": (2000, Decimal("0.44")),
        "output_tokens": (200, Decimal("0.176")),
    }
    assert outcomes(made) == {
        "rated": 2, "no_rate": 3, "bad_quantity": 2, "conflicting_duplicate": 2
    }  # fmt: skip
    kept = "cached_input_tokens, cache_write_tokens, reasoning_tokens"
    assert made.sql(f"select {kept} from usage") == [(400, 600, 50)]
    query = f"select {kept} from account where outcome = 'rated'"
    assert made.sql(query) == [(400, 600, 50)]
    query = "select event_id, tier, cached_input_tokens from quarantine order by all"
    assert made.sql(query) == [
        ("c", "batch", 400), ("d", "flex", None), ("e", "bulk", None), ("f", None, 1001),
        ("g", None, None), ("h", None, 7), ("h", None, 8),
    ]  # fmt: skip


def test_a_printed_class_is_charged_by_its_price_and_taken_off_its_whole(tmp_path: Path) -> None:
    made = run(tmp_path, RATES + CLASSES, CALLS, 'tiers_at_standard_price = ["flex"]\n')
    assert charges(made) == {
        "input_tokens": (1600, Decimal("0.352")),  # 600 of a, 1000 of b, which has no own price
        "input_tokens.cached": (400, Decimal("0.0088")),
        "output_tokens": (150, Decimal("0.132")),
        "output_tokens.reasoning": (50, Decimal("0.0495")),
        "input_tokens@batch": (1000, Decimal("0.11")),  # no price of cached tokens in a batch
        "output_tokens@batch": (100, Decimal("0.044")),
        "input_tokens@flex": (1000, Decimal("0.22")),
    }
    assert outcomes(made)["no_rate"] == 1  # e: a tier that nothing is known of
    assert made.sql("select input_tokens, cached_input_tokens from usage") == [(4000, 800)]
    assert made.run().stale == []


@pytest.mark.slow
def test_a_date_without_classes_is_stored_as_before(tmp_path: Path) -> None:
    plain = [row(event_id="a"), row(event_id="b", model="Other"), row(event_id="b", model="Else")]
    made = run(tmp_path, RATES, plain)
    other = Workspace(tmp_path, made.books, name="other", inbox_name="second")
    other.log("day.parquet", *plain)
    other.run()
    assert made.outputs().keys() == other.outputs().keys()
    differ = {name for name, sha256 in made.outputs().items() if other.outputs()[name] != sha256}
    assert {name for _, name in differ} == {"account.parquet", "quarantine.parquet"}  # file names
    (version,) = made.home.path.glob("reports/*/0001")
    for table in ("usage", "lines", "account", "quarantine"):
        names = set(pq.read_schema(version / f"{table}.parquet").names)
        assert names.isdisjoint({*TOKEN_CLASSES, "tier"})
    query = "select cached_input_tokens from usage union all select reasoning_tokens from account"
    assert set(made.sql(query)) == {(0,)}


@pytest.mark.slow
def test_days_with_and_without_classes_are_read_together_and_restated_from_lines(
    tmp_path: Path,
) -> None:
    made = run(tmp_path, RATES, CALLS[:2])
    made.log("plain.parquet", row(event_id="p", event_time=row()["event_time"].replace(day=4)))
    made.run()
    query = "select usage_date::text, cached_input_tokens from usage order by 1"
    assert made.sql(query) == [("2026-02-03", 400), ("2026-02-04", 0)]
    write_card(made.books[0], RATES + CLASSES, "second", published_at="2026-02-05T00:00:00Z")
    assert set(made.run().states().values()) == {("published", 2)}
    assert charges(made)["input_tokens.cached"] == (400, Decimal("0.0088"))
    # 400 x (0.022 - 0.22) / 1000 and 50 x (0.99 - 0.88) / 1000
    difference = Decimal("-0.0792") + Decimal("0.0055")
    assert made.sql("select cause, sum(credits) from changes group by 1") == [
        ("price_change", difference)
    ]


@pytest.mark.slow
def test_a_tier_that_finds_a_price_is_said_to_have_found_it(tmp_path: Path) -> None:
    made = run(tmp_path, RATES, CALLS[:3])
    write_card(made.books[0], RATES + CLASSES, "second", published_at="2026-02-05T00:00:00Z")
    made.run()
    query = "select meter, credits from changes where cause = 'quarantine' order by 1"
    assert made.sql(query) == [
        ("input_tokens@batch", Decimal("0.11")),
        ("output_tokens@batch", Decimal("0.044")),
    ]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("llm,Acme,Chat,platform,input_tokens.cached,-,1000", "class_not_offered"),
        ("llm,Acme,Chat,platform,output_tokens.cached,1,1000", "unknown_meter"),
        ("llm,Acme,Chat,platform,input_tokens@night,1,1000", "unknown_meter"),
        ("llm,Acme,Chat,platform,input_tokens.cached@batch,1,1", "wrong_per"),
    ],
)
def test_a_line_of_a_class_or_tier_that_breaks_a_rule_is_found(
    line: str, rule: str, tmp_path: Path
) -> None:
    _, findings = books.read([write_card(tmp_path / "book", f"{RATES}{line}\n")])
    assert [finding.rule for finding in findings] == [rule]
