"""FOCUS beside a ledger of credits: purchases, usage by the grant that paid for it, and what ended
unused; the specification's examples of a virtual currency, number by number."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from pricing_assets.common.periods import period_of
from pricing_assets.db import connection as duck
from pricing_assets.db.statements import statement
from pricing_assets.finance import credit_tables, export, focus, tables
from pricing_assets.finance.period import source_of
from pricing_assets.home.opening import RequestedSettings
from tests.support.cases import few_in_short
from tests.support.ledgers import (
    append,
    bring_up_to_date,
    used,
    workspace,
    write,
)
from tests.support.workspace import LIMITS, Row, Workspace, of, write_card

Focus = list[dict[str, str]]


def exported(made: Workspace, period: str) -> Focus:
    """The FOCUS rows of a period."""
    revision = export.export(
        made.home, period_of(period), made.folder / "out", LIMITS, provider="P", excel=False
    )
    with (revision.folder / "focus.csv").open(newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def numbers(row: dict[str, str], *columns: str) -> list[str]:
    """Values of columns, numbers in plain digits."""
    return [f"{Decimal(row[one]).normalize() + 0:f}" for one in columns]


def of_category(rows: Focus, category: str) -> Focus:
    return sorted(
        (row for row in rows if row["ChargeCategory"] == category),
        key=lambda row: (row["x_UsageDate"], row["x_GrantId"], row["SkuId"]),
    )


# The examples of FOCUS 1.2's appendix on a virtual currency: a token costs $2 by the price list, an
# execution of Q 1 token, of Z 2 and an operation of Workflow 3.
TOKENS = (
    "tool,OmniQuery,Q Widget,any,requests,1,1\ntool,OmniQuery,Z Widget,any,requests,2,1\n"
    "tool,OmniQuery,Workflow,any,requests,3,1\n"
)
MODIFIED = (
    "agreement,org_id,service,brand,model,key_mode,meter,discount,price,valid_from,valid_to\n"
    "deal,acme,tool,OmniQuery,Workflow,*,requests,,2,2025-01-01T00:00:00Z,\n"
)
USAGE = {"Q Widget": 245, "Z Widget": 5, "Workflow": 120}
PURCHASE = (
    *("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ListUnitPrice"),
    *("ContractedUnitPrice", "PricingQuantity", "PricingCurrencyEffectiveCost"),
    *("PricingCurrencyListUnitPrice", "PricingCurrencyContractedUnitPrice"),
)
CONSUMED = (
    *("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ListUnitPrice"),
    *("ContractedUnitPrice", "PricingQuantity", "ConsumedQuantity"),
    *("PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice"),
    "PricingCurrencyContractedUnitPrice",
)
BOUGHT_A = "200000 0 200000 200000 2 2 100000 0 2 2"
BOUGHT_B = "100000 0 200000 100000 2 1 100000 0 2 1"
SCENARIOS = [
    # scenario, what 100,000 tokens cost, agreement, the purchase, usage of Q, Z and Workflow
    (
        *("A1 and A2", "200000", "", BOUGHT_A),
        (
            "0 490 490 490 2 2 245 245 245 1 1",
            "0 20 20 20 4 4 5 5 10 2 2",
            "0 720 720 720 6 6 120 120 360 3 3",
        ),
    ),
    (
        *("B1 and B2", "100000", "", BOUGHT_B),
        (
            "0 245 490 245 2 1 245 245 245 1 1",
            "0 10 20 10 4 2 5 5 10 2 2",
            "0 360 720 360 6 3 120 120 360 3 3",
        ),
    ),
    (
        *("B3", "100000", MODIFIED, BOUGHT_B),
        (
            "0 245 490 245 2 1 245 245 245 1 1",
            "0 10 20 10 4 2 5 5 10 2 2",
            "0 240 720 240 6 2 120 120 240 3 2",
        ),
    ),
]


def tokens(folder: Path, grants: str, agreements: str = "") -> Workspace:
    """A workspace that sells tokens as the examples do."""
    dates = ("2025-01-01T00:00:00Z",) * 2
    book = write_card(folder / "book", TOKENS, "tokens", *dates)
    card = book / "card tokens" / "card.toml"
    card.write_text(card.read_text().replace('usd_per_credit = "0.01"', 'usd_per_credit = "2"'))
    if agreements:
        (book / "agreements.csv").write_text(agreements)
    made = Workspace(folder, (book,))
    write(made, grants=grants)
    return made


def executed(model: str, times: int, at: datetime) -> Row:
    """A row of so many executions."""
    return of(
        *("tools_invocation", "OmniQuery", model),
        event_id=f"{model} {at}",
        event_time=at,
        requests=times,
        status="success",
    )


@pytest.mark.slow
@pytest.mark.parametrize("name, paid, agreement, purchase, consumed", few_in_short(SCENARIOS))
def test_tokens_cost_what_the_examples_of_focus_say(
    name: str,
    paid: str,
    agreement: str,
    purchase: str,
    consumed: tuple[str, ...],
    tmp_path: Path,
) -> None:
    grant = f"tokens,acme,paid,100000,{paid},2025-04-01,2026-04-01,,,"
    made = tokens(tmp_path, grant, agreement)
    at = datetime(2025, 4, 1, 9, tzinfo=UTC)
    made.log("a.parquet", *(executed(model, times, at) for model, times in USAGE.items()))
    bring_up_to_date(made)
    rows = exported(made, "2025-04")
    (bought,) = of_category(rows, "Purchase")
    assert " ".join(numbers(bought, *PURCHASE)) == purchase
    assert [bought[one] for one in ("ChargePeriodStart", "ChargePeriodEnd")] == [
        "2025-04-01T00:00:00Z",
        "2026-04-01T00:00:00Z",
    ]
    assert (bought["BillingPeriodStart"], bought["BillingPeriodEnd"]) == (
        "2025-04-01T00:00:00Z",
        "2025-05-01T00:00:00Z",
    )
    assert (bought["PricingCurrency"], bought["ChargeFrequency"]) == ("USD", "One-Time")
    shown = {row["ChargeDescription"]: row for row in of_category(rows, "Usage")}
    for model, wanted in zip(USAGE, consumed, strict=True):
        assert numbers(shown[f"{model} requests"], *CONSUMED) == wanted.split()
        assert shown[f"{model} requests"]["x_GrantId"] == "tokens"
    assert not of_category(rows, "Adjustment")  # all is exact


@pytest.mark.slow
def test_tokens_beyond_what_was_bought_are_bought_as_overage(tmp_path: Path) -> None:
    """Scenario C: 1,500 tokens of overage and 25,000 more."""
    made = tokens(
        tmp_path,
        "period 1,acme,paid,100000,200000,2025-04-01,2026-04-01,,,\n"
        "overage,acme,paid,1500,3000,2025-10-01,2025-11-01,,,\n"
        "more,acme,paid,25000,50000,2025-10-01,2026-04-01,,,",
    )
    at = datetime(2025, 9, 30, 9, tzinfo=UTC)
    made.log("a.parquet", executed("Q Widget", 101500, at))
    made.log("b.parquet", executed("Q Widget", 10, at.replace(month=10)))
    bring_up_to_date(made)
    october = exported(made, "2025-10")
    bought = {row["x_GrantId"]: row for row in of_category(october, "Purchase")}
    assert " ".join(numbers(bought["overage"], *PURCHASE)) == "3000 0 3000 3000 2 2 1500 0 2 2"
    assert " ".join(numbers(bought["more"], *PURCHASE)) == "50000 0 50000 50000 2 2 25000 0 2 2"
    # the overage is used by what it repays, and the usage that no grant covered is taken back
    usage = of_category(october, "Usage")
    assert [
        (row["x_GrantId"], *numbers(row, "EffectiveCost", "PricingQuantity")) for row in usage
    ] == [
        ("", "0", "-1500"),
        ("overage", "3000", "1500"),
        ("more", "20", "10"),
    ]
    assert {row["x_CorrectionReason"] for row in usage[:2]} == {"overdraft repaid"}
    september = of_category(exported(made, "2025-09"), "Usage")
    assert [
        (row["x_GrantId"], *numbers(row, "EffectiveCost", "PricingQuantity")) for row in september
    ] == [("", "0", "1500"), ("period 1", "200000", "100000")]


@pytest.fixture(scope="module")
def worked(worked: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy: exports are written beside it."""
    return worked.copied(tmp_path_factory.mktemp("worked"))


def test_the_worked_example_in_focus(worked: Workspace) -> None:
    rows = exported(worked, "2026-02")
    assert [
        (row["x_GrantId"], *numbers(row, "BilledCost", "EffectiveCost"))
        for row in of_category(rows, "Purchase")
    ] == [("L2", "9", "0"), ("P1", "0", "0"), ("R3", "10", "0")]
    assert [
        (
            row["x_UsageDate"][5:],
            row["x_GrantId"],
            *numbers(row, "PricingQuantity", "EffectiveCost"),
        )
        for row in of_category(rows, "Usage")
    ] == [
        ("02-01", "P1", "60", "0"),
        ("02-02", "P1", "30", "0"),
        ("02-03", "L2", "15", "0.135"),  # a charge that burned two grants is two rows
        ("02-03", "P1", "10", "0"),
        ("02-20", "L2", "685", "6.165"),
    ]
    (ended,) = of_category(rows, "Adjustment")
    assert numbers(ended, "EffectiveCost", "BilledCost", "PricingCurrencyEffectiveCost") == [
        *("2.7", "0", "300"),
    ]
    assert (ended["x_GrantId"], ended["ChargePeriodStart"]) == ("L2", "2026-02-28T00:00:00Z")
    march = exported(worked, "2026-03")
    assert [
        (
            *(row["x_UsageDate"][5:], row["ChargeClass"], row["x_GrantId"]),
            *numbers(row, "PricingQuantity", "EffectiveCost"),
        )
        for row in of_category(march, "Usage")
    ] == [
        ("02-02", "Correction", "R3", "50", "0.5"),
        ("02-03", "Correction", "L2", "-15", "-0.135"),
        ("02-03", "Correction", "P1", "-5", "0"),
    ]


@pytest.mark.slow
def test_a_purchase_costs_what_was_billed_once_all_of_it_is_gone(tmp_path: Path) -> None:
    made = workspace(tmp_path, grants="A,acme,paid,3,0.10,2026-02-01,,,,")
    append(made, "grants", "B,acme,plan,1000,9,2026-02-01,2026-03-03,,,")
    append(made, "grants", "C,acme,paid,7,10,2026-02-05,,,,")
    append(made, "grants", "D,other,paid,100,10,2026-02-05,,,,")
    made.log("a.parquet", used("02-01", 1001), used("02-02", 5), used("03-05", 4))
    made.log("b.parquet", used("02-10", 20, org="other"), used("03-04", 1, org="other"))
    write(made, voids="V,D,2026-03-01,30,2,late\nW,D,2026-03-05,all,0,closed")
    bring_up_to_date(made)
    rows = exported(made, "2026-02") + exported(made, "2026-03")
    for grant, billed in (("A", "0.10"), ("B", "9"), ("C", "10"), ("D", "8")):
        of_grant = [row for row in rows if row["x_GrantId"] == grant]
        for column in ("BilledCost", "EffectiveCost"):
            assert sum(Decimal(row[column]) for row in of_grant) == Decimal(billed), grant
        credits_gone = sum(
            Decimal(row["PricingCurrencyEffectiveCost"])
            for row in of_grant
            if row["ChargeCategory"] != "Purchase"
        )
        assert credits_gone == {"A": 3, "B": 1000, "C": 7, "D": 100}[grant]
    contracted = sum(
        Decimal(row["ContractedCost"])
        for row in rows
        if row["x_GrantId"] or row["ChargeCategory"] == "Adjustment"
    )
    billed_and_used = sum(
        Decimal(row["BilledCost"] if row["ChargeCategory"] == "Purchase" else row["EffectiveCost"])
        for row in rows
    )
    assert contracted == billed_and_used
    charged = sum(amount for (amount,) in made.sql("select credits from charges"))
    usage = of_category(rows, "Usage")
    assert sum(Decimal(row["PricingCurrencyEffectiveCost"]) for row in usage) == charged


@pytest.mark.slow
def test_usage_that_nobody_paid_for_costs_nothing_and_is_there(tmp_path: Path) -> None:
    made = workspace(tmp_path, grants="A,acme,paid,5,1,2026-02-01,2026-02-03,,tts_generation,")
    made.log("a.parquet", used("02-01", 12), used("02-02", 3, org="stranger"))
    bring_up_to_date(made)
    usage = of_category(exported(made, "2026-02"), "Usage")
    assert [
        (
            row["BillingAccountId"],
            row["x_GrantId"],
            *numbers(row, "EffectiveCost", "ContractedCost"),
        )
        for row in usage
    ] == [("acme", "", "0", "0.12"), ("stranger", "", "0", "0.03")]


@pytest.fixture
def made(worked: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The relation `focus` of the worked example's February."""
    with duck.connection(LIMITS, within=[worked.home.path]) as con:
        source = source_of(worked.home, period_of("2026-02"))
        tables.load(con, source)
        credit_tables.load(con, source)
        focus.make(con, source, "P")
        yield con


BROKEN = [
    # rule, what is changed, which rows
    ("grants_tie_out", '"EffectiveCost" = "EffectiveCost" + 1', "\"x_GrantId\" = 'R3'"),
    ("grants_tie_out", "\"x_GrantId\" = 'R3'", "\"x_GrantId\" = 'L2'"),
    ("grants_tie_out", '"BilledCost" = 0', "\"ChargeCategory\" = 'Purchase'"),
    ("grants_tie_out", '"EffectiveCost" = 0', "\"ChargeCategory\" = 'Adjustment'"),
    ("grants_tie_out", '"EffectiveCost" = 0', "\"ChargeCategory\" = 'Usage'"),
    ("values_are_allowed", '"EffectiveCost" = 1', "\"ChargeCategory\" = 'Purchase'"),
    ("values_are_allowed", '"x_GrantId" = null', "\"ChargeCategory\" = 'Purchase'"),
    ("values_are_allowed", "\"PricingCurrency\" = 'CRD'", "\"ChargeCategory\" = 'Purchase'"),
    ("costs_are_price_x_quantity", '"ListCost" = 1', "\"ChargeCategory\" = 'Purchase'"),
    ("accounts_sum_to_charges", '"PricingCurrencyEffectiveCost" = 1', "\"ChargeCategory\" = 'Usage'"),
    ("accounts_sum_to_charges", '"ContractedCost" = 1', "\"ChargeCategory\" = 'Purchase'"),
    ("periods_are_utc", '"ChargePeriodStart" = \'2025-01-01T00:00:00Z\'', "true"),
    ("prices_have_one_sku", '"SkuId" = "x_GrantId"', "\"ChargeCategory\" = 'Purchase'"),
    ("credits_convert_to_dollars", '"ListUnitPrice" = 7', "\"ChargeCategory\" = 'Usage'"),
]  # fmt: skip


def test_each_rule_finds_what_breaks_it_beside_a_ledger(made: duckdb.DuckDBPyConnection) -> None:
    for name in focus.CHECKS:
        assert not made.sql(statement(f"finance/focus/checks/{name}")).fetchall(), name
    made.execute("update focus set \"SkuPriceId\" = 'one' where \"ChargeCategory\" = 'Purchase'")
    made.execute("update focus set \"SkuPriceId\" = 'credits/paid' where \"SkuPriceId\" = 'one'")
    for name, change, which in BROKEN:
        made.execute("begin")
        made.execute(f"update focus set {change} where {which}")
        assert made.sql(statement(f"finance/focus/checks/{name}")).fetchall(), (name, change)
        made.execute("rollback")


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_grant_until_the_last_of_all_dates_is_exported(tmp_path: Path, zone: str) -> None:
    """9999-12-31 is how many say never."""
    lines = [f"G{day},acme,paid,9,1,2026-02-01,9999-12-{day},,," for day in (29, 30, 31)]
    made = replace(
        workspace(tmp_path, grants="\n".join(lines)), given=RequestedSettings(timezone=zone)
    )
    made.log("a.parquet", used("02-02", 10))
    bring_up_to_date(made)
    bought = of_category(exported(made, "2026-02"), "Purchase")
    ends = [
        datetime.fromisoformat(row["ChargePeriodEnd"]).astimezone(ZoneInfo(zone)).date().day
        for row in bought
    ]
    assert ends == [29, 30, 31]
