"""FOCUS rows by hand, each rule broken once, and the page that lists the columns."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pricing_assets.common.periods import period_of
from pricing_assets.db import connection as duck
from pricing_assets.db.statements import statement
from pricing_assets.finance import credit_tables, export, focus, focus_columns, tables
from pricing_assets.finance.period import source_of
from tests.support.command import ROOT
from tests.support.workspace import LIMITS, Workspace, of, row, write_card
from tests.tools.validate_focus import CONTRADICTION, verdict

AT = datetime(2026, 2, 3, 20, tzinfo=UTC)
"""Already the fourth in Shanghai."""


@pytest.fixture
def own(workspace: Workspace) -> Workspace:
    """Usage in two key modes, of storage and of audio, in a zone east of Greenwich."""
    write_card(workspace.books[0], "asr,Acme,Hear,any,audio_ms,0.7,60000\n"
               "llm,Acme,Chat,platform,input_tokens,0.22,1000\n"
               "llm,Acme,Chat,own,input_tokens,0.02,1000\n"
               "storage,,Vector Storage,any,stored_tokens,0.001,1000\n", "second",
               "2026-02-02T00:00:00Z")  # fmt: skip
    workspace = workspace.under(timezone="Asia/Shanghai")
    workspace.log(
        "a.parquet",
        row(event_time=AT, agent_id="a1", input_tokens=1234),
        row(event_time=AT, event_id="e2", key_mode="own"),
        of("asr_recognition", "Acme", "Hear", event_time=AT, event_id="e3", audio_ms=12345),
        of("knowledge_storage", None, None, event_time=AT, event_id="e4", stored_tokens=7),
    )
    workspace.run()
    return workspace


WANTED = [
    # SkuPriceId, consumed, priced, list and contracted unit price, list and contracted cost, usd
    ("asr/Acme/Hear/audio_ms/platform", "12.345 Seconds", "0.205750000 Minutes",
     "0.007", "0.007", "0.00144025", "0.00144025", "0.00144025"),
    ("llm/Acme/Chat/input_tokens/own", "1000 Tokens", "1 1000 Tokens",
     "0.0002", "0.0001", "0.0002", "0.0001", "0.0001"),
    ("llm/Acme/Chat/input_tokens/platform", "1234 Tokens", "1.234 1000 Tokens",
     "0.0022", "0.0022", "0.0027148", "0.0027148", "0.0027148"),
    ("storage//Vector%20Storage/stored_tokens/any", "7 Token-Days", "7 Token-Days",
     "0.00000001", "0.00000001", "0.00000007", "0.00000007", "0.00000007"),
]  # fmt: skip


def test_rows_are_as_reckoned_by_hand(own: Workspace) -> None:
    made = export.export(
        own.home, period_of("2026-02"), own.folder / "out", LIMITS, provider="P", excel=False
    )
    with (made.folder / "focus.csv").open(newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda one: one["SkuPriceId"])
    assert len(rows) == len(WANTED)  # all is exact here: no row for the rounding
    for shown, (sku, consumed, priced, *numbers) in zip(rows, WANTED, strict=True):
        assert shown["SkuPriceId"] == sku
        for columns, text in (("Consumed", consumed), ("Pricing", priced)):
            number, _, unit = text.partition(" ")
            assert Decimal(shown[f"{columns}Quantity"]) == Decimal(number)
            assert shown[f"{columns}Unit"] == unit
        of_columns = ("ListUnitPrice", "ContractedUnitPrice", "ListCost", "ContractedCost",
                      "EffectiveCost")  # fmt: skip
        for column, wanted in zip(of_columns, numbers, strict=True):
            assert Decimal(shown[column]) == Decimal(wanted), (sku, column)
        assert shown["BillingPeriodStart"] == "2026-01-31T16:00:00Z"
        assert shown["BillingPeriodEnd"] == "2026-02-28T16:00:00Z"
        assert shown["ChargePeriodStart"] == "2026-02-03T16:00:00Z"
        assert shown["ChargePeriodEnd"] == "2026-02-04T16:00:00Z"
        assert (shown["BilledCost"], shown["InvoiceId"]) == ("0.00000000000", "")
    shown = rows[2]
    assert (shown["SubAccountId"], shown["SubAccountName"]) == ("acme/a1", "a1")
    assert json.loads(shown["SkuPriceDetails"]) == {
        "x_KeyMode": "platform",
        "x_Meter": "input_tokens",
        "x_Model": "Chat",
    }
    assert (rows[3]["ServiceCategory"], rows[3]["SubAccountId"]) == ("Storage", "")


@pytest.fixture
def made(own: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The relation `focus` of that home, with a row for a rounding."""
    own.log("b.parquet", of("asr_recognition", "Acme", "Hear", event_time=AT, event_id="e5",
                            audio_ms=1, org_id="other"))  # fmt: skip
    own.run()
    with duck.connection(LIMITS, within=[own.home.path]) as con:
        source = source_of(own.home, period_of("2026-02"))
        tables.load(con, source)
        credit_tables.load(con, source)
        focus.make(con, source, "P")
        yield con


BROKEN = [
    # rule, what is changed, which row
    ("costs_are_price_x_quantity", '"ListCost" = "ListCost" + 0.00000000000000000000001', "Usage"),
    ("costs_are_price_x_quantity", '"ContractedUnitPrice" = null', "Usage"),
    ("credits_convert_to_dollars", '"EffectiveCost" = "EffectiveCost" + 0.00000000001', "Usage"),
    ("credits_convert_to_dollars", '"x_RateCard" = \'unknown\'', "Usage"),
    ("credits_convert_to_dollars", '"ListUnitPrice" = "ListUnitPrice" * 2', "Usage"),
    ("quantities_are_what_is_priced", '"PricingQuantity" = "PricingQuantity" + 1', "Usage"),
    ("quantities_are_what_is_priced", '"ConsumedUnit" = \'Bytes\'', "Usage"),
    ("values_are_allowed", '"ChargeCategory" = \'Fee\'', "Usage"),
    ("values_are_allowed", '"ChargeClass" = \'Refund\'', "Usage"),
    ("values_are_allowed", '"ServiceSubcategory" = \'Other (Storage)\'', "Adjustment"),
    ("values_are_allowed", '"BillingAccountId" = \'\'', "Usage"),
    ("values_are_allowed", '"BilledCost" = 1', "Usage"),
    ("values_are_allowed", '"PricingUnit" = null', "Usage"),
    ("values_are_allowed", '"PricingQuantity" = 1', "Adjustment"),
    ("values_are_allowed", '"ListUnitPrice" = -1', "Usage"),
    ("values_are_allowed", '"SubAccountName" = \'x\', "SubAccountId" = null', "Usage"),
    ("periods_are_utc", '"ChargePeriodEnd" = "BillingPeriodStart"', "Usage"),
    ("periods_are_utc", '"ChargePeriodStart" = \'2026-02-03 00:00:00\'', "Usage"),
    ("periods_are_utc", '"BillingPeriodStart" = null', "Adjustment"),
    ("accounts_sum_to_charges", '"BillingAccountId" = \'acme\'', "Usage"),
    ("accounts_sum_to_charges", '"ContractedCost" = 0', "Adjustment"),
    ("prices_have_one_sku", '"SkuPriceId" = \'one\'', "Usage"),
]  # fmt: skip


@pytest.mark.slow
def test_each_rule_finds_what_breaks_it(made: duckdb.DuckDBPyConnection) -> None:
    found = {name: made.sql(statement(f"finance/focus/checks/{name}")) for name in focus.CHECKS}
    assert all(not relation.fetchall() for relation in found.values())
    assert made.sql("select count(*) from focus").fetchall() == [(6,)]
    for name, change, category in BROKEN:
        made.execute("begin")
        made.execute(f"update focus set {change} where \"ChargeCategory\" = '{category}'")
        assert made.sql(statement(f"finance/focus/checks/{name}")).fetchall(), (name, change)
        made.execute("rollback")
    beside_a_ledger = {"grants_tie_out"}  # in `test_focus_credits`
    assert {name for name, *_ in BROKEN} == set(focus.CHECKS) - beside_a_ledger


def test_the_rules_are_those_of_the_folder() -> None:
    assert {file.stem for file in (ROOT / "sql/finance/focus/checks").iterdir()} == set(
        focus.CHECKS
    )


def test_docs_focus_lists_every_column() -> None:
    page = (ROOT / "docs/focus.md").read_text(encoding="utf-8")
    assert focus_columns.columns_page() in page, "stale: `make docs` writes it anew"
    levels = [column.level for column in focus_columns.COLUMNS]
    assert levels.count("mandatory") == 21
    assert len([level for level in levels if level != "ours"]) == 43


def test_periods_of_dates_and_months() -> None:
    for name, first, last in (
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-02-03", date(2026, 2, 3), date(2026, 2, 3)),
    ):
        assert period_of(name) == period_of(name).__class__(name, first, last)


RESULT = """<testsuites><testsuite name="InvoiceId">
<testcase name="InvoiceId-C-001-M :: Type"/>
<testcase name="InvoiceId-C-002-M :: Format"><skipped/></testcase>
<testcase name="InvoiceId-C-005-C :: Nullability"><failure message="x"/></testcase>
<testcase name="SkuId-C-001-M :: None"><error message="x"/></testcase>
</testsuite></testsuites>"""


def test_the_validators_result_is_read(tmp_path: Path) -> None:
    (tmp_path / "result.xml").write_text(RESULT)
    assert verdict(tmp_path / "result.xml") == (1, 1, [CONTRADICTION, "SkuId-C-001-M"])
