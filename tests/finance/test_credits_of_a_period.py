"""Credits in an export: the roll-forward of deferred revenue, and the sheet Credits."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.periods import period_of
from pricing_assets.finance import export
from pricing_assets.finance.credit_tables import CENTS, DOLLARS
from tests.support.ledgers import append, bring_up_to_date, used, workspace, write
from tests.support.workspace import LIMITS, Workspace


@pytest.fixture(scope="module")
def worked(worked: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy: exports are written beside it."""
    return worked.copied(tmp_path_factory.mktemp("worked"))


def exported(made: Workspace, period: str, *, excel: bool = False) -> export.Revision:
    return export.export(
        made.home, period_of(period), made.folder / "out", LIMITS, provider="P", excel=excel
    )


def revenue(made: export.Revision, name: str = "revenue.csv") -> list[dict[str, str]]:
    with (made.folder / name).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def amounts(row: dict[str, str], columns: tuple[str, ...]) -> list[Decimal]:
    return [Decimal(row[column]).normalize() + 0 for column in columns]


def decimals(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def test_the_worked_example_rolls_forward_as_the_contract_says(worked: Workspace) -> None:
    february, march = exported(worked, "2026-02"), exported(worked, "2026-03")
    (first,), (second,) = revenue(february), revenue(march)
    assert (first["period"], first["org_id"]) == ("2026-02", "acme")
    assert amounts(first, DOLLARS) == decimals("0", "19", "6.3", "2.7", "0", "10")
    assert amounts(first, CENTS) == decimals("0", "1900", "630", "270", "0", "1000")
    assert amounts(second, DOLLARS) == decimals("10", "0", "0.365", "0.135", "0", "9.5")
    assert amounts(second, CENTS) == decimals("1000", "0", "36", "14", "0", "950")
    assert Decimal(second["closing_credits"]) == 950
    told = february.manifest["ledger"]
    assert told["through"] == "2026-02-28"
    assert Decimal(told["revenue"]["closing_deferred"]) == 10
    assert told["revenue"]["closing_cents"] == "1000"
    files = february.manifest["files"]
    assert (files["revenue.csv"]["rows"], Decimal(files["revenue.csv"]["usd"])) == (1, 10)
    assert files["revenue.parquet"]["usd"] == files["revenue.csv"]["usd"]


@pytest.mark.slow
def test_months_and_dates_roll_forward_into_each_other(worked: Workspace) -> None:
    stored = worked.sql(
        f"select month, {', '.join((*DOLLARS, *CENTS))} from revenue order by month"
    )
    for month, *numbers in stored:  # as the table says it
        (row,) = revenue(exported(worked, month))
        assert [Decimal(row[name]) for name in (*DOLLARS, *CENTS)] == numbers
    closed: dict[str, list[Decimal]] = {}
    for day in ("2026-02-03", "2026-02-20", "2026-03-04", "2026-03-05"):
        (row,) = revenue(exported(worked, day))
        for names in (DOLLARS, CENTS):
            before, sold, *gone, after = (Decimal(row[name]) for name in names)
            assert before + sold - sum(gone) == after
        if day in ("2026-02-20", "2026-03-05"):  # nothing happened since the date before
            assert amounts(row, ("opening_deferred", "opening_cents")) == closed["last"]
        closed["last"] = amounts(row, ("closing_deferred", "closing_cents"))
    assert closed["last"] == decimals("9.5", "950")


def sheet(made: Workspace, revision: export.Revision, org: str = "acme") -> list[tuple[Any, ...]]:
    (file,) = (one["file"] for one in revision.manifest["statements"] if one["org_id"] == org)
    book = openpyxl.load_workbook(revision.folder / file)
    shown = [name for name in book.sheetnames if name != "What changed"]
    assert shown == ["Summary", "Credits", "Usage", "Quarantine", "About"]
    rows = list(book["Credits"].iter_rows(min_row=4, values_only=True))
    return [row for row in rows if row[0]]


def test_a_statement_shows_each_grant_of_the_period(worked: Workspace) -> None:
    heads, *grants, total, overdraft = sheet(worked, exported(worked, "2026-02"))
    assert heads[5:11] == ("Opening", "Granted", "Used", "Voided", "Ended unused", "Left")
    assert [(row[0], *row[5:11]) for row in grants] == [
        ("P1", 0, 100, 100, 0, 0, 0),
        ("L2", 0, 1000, 700, 0, 300, 0),
        ("R3", 0, 1000, 0, 0, 0, 1000),
    ]
    assert [f"{row[4]:%Y-%m-%d}" for row in grants] == ["2026-02-04", "2026-03-01", "2029-02-03"]
    assert (total[0], *total[5:11]) == ("Total", 0, 2100, 800, 0, 300, 1000)
    assert (overdraft[0], overdraft[10]) == ("Overdraft", 0)
    _, *grants, total, _ = sheet(worked, exported(worked, "2026-03"))
    assert [(row[0], *row[5:11]) for row in grants] == [
        ("P1", 0, 0, -5, 0, 5, 0),  # given back, and ended at once
        ("L2", 0, 0, -15, 0, 15, 0),
        ("R3", 1000, 0, 50, 0, 0, 950),
    ]
    assert total[11] == "950.000000000"


@pytest.mark.slow
def test_who_used_nothing_gets_a_statement_of_credits_and_overdraft_is_shown(
    tmp_path: Path,
) -> None:
    made = workspace(tmp_path, grants="A,idle,paid,100,1,2026-02-01,,,,")
    append(made, "grants", "B,acme,paid,5,0.1,2026-02-01,,,tools_invocation|tts_generation,")
    made.log("a.parquet", used("02-02", 12))
    bring_up_to_date(made)
    revision = exported(made, "2026-02")
    assert [one["org_id"] for one in revision.manifest["statements"]] == ["acme", "idle"]
    _, grant, _, overdraft = sheet(made, revision)
    assert (grant[2], grant[7], overdraft[10]) == ("tools_invocation, tts_generation", 5, 7)
    _, grant, total, overdraft = sheet(made, revision, "idle")
    assert (grant[4], total[10], overdraft[10]) == (None, 100, 0)
    assert [row["org_id"] for row in revenue(revision)] == ["acme", "idle"]


@pytest.mark.slow
def test_cents_of_three_months_add_up(tmp_path: Path) -> None:
    made = workspace(tmp_path, grants="A,acme,paid,3,0.10,2026-02-01,,,,")
    made.log("a.parquet", used("02-02", 1), used("03-02", 1), used("04-02", 1))
    bring_up_to_date(made)
    cents = [revenue(exported(made, f"2026-0{month}"))[0]["usage_cents"] for month in (2, 3, 4)]
    assert cents == ["3", "4", "3"]


@pytest.mark.slow
def test_voids_are_refunds_and_breakage_and_move_a_new_revision(tmp_path: Path) -> None:
    made = workspace(tmp_path, grants="=A,=acme,paid,100,10,2026-02-01,,,,")
    made.log("a.parquet", used("02-02", 20, org="=acme"), used("02-05", 0, org="=acme"))
    bring_up_to_date(made)
    assert (
        exported(made, "2026-02", excel=True).manifest["files"]["revenue.excel.csv"]["neutralized"]
        == 2
    )  # the organization, and the month that a spreadsheet takes for a date
    write(made, voids="V,=A,2026-02-04,50,4,too much\nW,=A,2026-02-05,all,0,closed")
    bring_up_to_date(made)
    second = exported(made, "2026-02")
    assert second.manifest["reason"] == "the ledger of credits changed"
    (row,) = revenue(second)
    assert amounts(row, DOLLARS) == decimals("0", "10", "2", "4", "4", "0")
    assert not exported(made, "2026-02").is_new


@pytest.mark.slow
def test_an_export_waits_for_the_ledger(tmp_path: Path) -> None:
    made = workspace(tmp_path, grants="A,acme,paid,100,10,2026-02-01,,,,")
    made.log("a.parquet", used("02-01", 1), used("02-02", 1))
    bring_up_to_date(made)
    made.log("late.parquet", used("02-02", 1, "late"))
    made.run()
    assert exported(made, "2026-02-01").is_new  # before what changed
    with pytest.raises(ConfigurationError, match="is behind what is published, from 2026-02-02"):
        exported(made, "2026-02")
    bring_up_to_date(made)
    assert exported(made, "2026-02").is_new


@pytest.mark.slow
def test_a_home_without_a_ledger_exports_none(tmp_path: Path) -> None:
    made = workspace(tmp_path)
    made.log("a.parquet", used("02-01", 1))
    made.run()
    revision = exported(made, "2026-02", excel=True)
    assert revision.manifest["ledger"] is None
    assert not [name for name in revision.manifest["files"] if name.startswith("revenue")]
    (told,) = revision.manifest["statements"]
    book = openpyxl.load_workbook(revision.folder / told["file"])
    assert book.sheetnames == ["Summary", "Usage", "Quarantine", "About"]


@pytest.mark.slow
def test_a_month_in_which_credits_were_bought_and_nothing_used_is_exported(tmp_path: Path) -> None:
    made = workspace(tmp_path, grants="A,acme,paid,100,10,2026-01-20,2026-04-01,,,")
    made.log("a.parquet", used("02-02", 1), used("05-01", 1))
    bring_up_to_date(made)
    january, march = exported(made, "2026-01"), exported(made, "2026-03")
    (row,) = revenue(january)
    assert amounts(row, DOLLARS) == decimals("0", "10", "0", "0", "0", "10")
    assert amounts(revenue(march)[0], DOLLARS) == decimals("9.9", "0", "0", "9.9", "0", "0")
    assert (january.manifest["dates"], january.manifest["totals"]["all"]["usd_rounded"]) == (
        [],
        "0.00",
    )
    with (january.folder / "focus.csv").open(newline="") as lines:
        assert [row["ChargeCategory"] for row in csv.DictReader(lines)] == ["Purchase"]
    with pytest.raises(ConfigurationError, match="nothing is published for 2025-12"):
        exported(made, "2025-12")
