"""Revisions of a hand-off: when there is a new one, what it supersedes, and what is in it."""

import csv
import json
import math
import re
import shutil
import subprocess
import unicodedata
import warnings
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest
import xlsxwriter

from pricing_assets.charges.compared_parts import PARTS_OF_ONE
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.common.periods import period_of
from pricing_assets.db.statements import statement
from pricing_assets.finance import export, focus, tables
from pricing_assets.finance.workbook import Sheets
from pricing_assets.home import closings
from pricing_assets.report import manifest as manifests
from tests.support.hostile_names import NAMES
from tests.support.workspace import LIMITS, NOON, Workspace, of, row, write_card

AUGUST = NOON.replace(year=2026, month=8)


def exported(workspace: Workspace, period: str = "2026-02", excel: bool = False) -> export.Revision:
    """Hand the workspace's period on into `out` beside it."""
    target = workspace.folder / "out"
    return export.export(
        workspace.home, period_of(period), target, LIMITS, provider="Acme", excel=excel
    )


def close(workspace: Workspace, through: datetime, at: datetime = AUGUST) -> None:
    with workspace.home.lock():
        closings.close(workspace.home, through.date(), "invoiced", [], at)


def table(made: export.Revision, name: str) -> list[dict[str, str]]:
    with (made.folder / name).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def revisions(workspace: Workspace, period: str = "2026-02") -> list[str]:
    return sorted(path.name for path in (workspace.folder / "out" / period).iterdir())


@pytest.mark.slow
def test_a_revision_is_made_where_something_changed_and_says_what(one_row: Workspace) -> None:
    first = exported(one_row)
    assert (first.manifest["reason"], first.manifest["state"]) == ("first revision", "provisional")
    assert not exported(one_row).is_new
    one_row.log("b.parquet", row(event_id="e2"))
    one_row.run()
    second = exported(one_row)
    assert second.manifest["reason"] == "2026-02-03 version 1 to 2"
    assert second.manifest["supersedes"]["revision"] == 1
    one_row.log("c.parquet", row(event_id="e3", event_time=NOON.replace(day=5)))
    one_row.run()
    assert exported(one_row).manifest["reason"] == "2026-02-05 is new"
    close(one_row, NOON.replace(day=28))
    final = exported(one_row)
    assert (final.manifest["reason"], final.manifest["state"]) == ("now final", "final")
    assert exported(one_row, excel=True).manifest["reason"] == "files for Excel"
    assert revisions(one_row) == ["0001", "0002", "0003", "0004", "0005"]
    # those before are as they were
    assert json.loads((first.folder / "manifest.json").read_text()) == first.manifest


@pytest.mark.slow
def test_a_correction_is_in_the_period_it_was_booked_in(one_row: Workspace) -> None:
    close(one_row, NOON.replace(day=28))
    february = exported(one_row)
    assert february.manifest["state"] == "final"
    one_row.log("late.parquet", row(event_id="e2", input_tokens=3000))
    one_row.log("march.parquet", row(event_id="e3", event_time=NOON.replace(month=3, day=1)))
    one_row.run(received_at=AUGUST)
    # what was exported as final stays so
    assert not exported(one_row).is_new
    march = exported(one_row, "2026-03")
    totals = march.manifest["totals"]
    assert totals["usage"] == {"credits": "0.220000000", "usd": "0.00220000000"}
    assert totals["corrections"] == {"credits": "0.660000000", "usd": "0.00660000000"}
    assert totals["all"] == {
        "credits": "0.880000000",
        "usd": "0.00880000000",
        "usd_rounded": "0.01",
    }
    (told,) = march.manifest["corrections"]
    assert (told["usage_date"], told["correction"], told["booked_on"]) == (
        "2026-02-03",
        1,
        "2026-03-01",
    )
    (booked,) = table(march, "corrections.csv")
    assert (booked["usage_date"], booked["credits"]) == ("2026-02-03", "0.660000000")
    assert [one["usage_date"] for one in table(march, "charges.csv")] == ["2026-03-01"]
    book = openpyxl.load_workbook(march.folder / "statement_acme.xlsx")
    lines = [cells[:2] for cells in book["Summary"].iter_rows(min_row=5, values_only=True)]
    assert lines == [
        ("usage", "llm_text_chat"),
        ("correction", "llm_text_chat"),
        ("Total", ""),
    ]
    (shown,) = (one for one in table(march, "focus.csv") if one["ChargeClass"])
    assert shown["ChargeClass"] == "Correction"
    assert shown["BillingPeriodStart"] == "2026-03-01T00:00:00Z"
    assert shown["ChargePeriodStart"] == "2026-02-03T00:00:00Z"
    assert (shown["x_Version"], shown["x_Correction"]) == ("1", "1")


@pytest.mark.slow
def test_a_statement_leads_from_the_one_before_to_its_own_total(one_row: Workspace) -> None:
    close(one_row, NOON)
    at = NOON.replace(day=4)
    search = of("tools_invocation", "Acme", "Search", event_id="e3", requests=1, event_time=at)
    one_row.log("b.parquet", row(event_id="e2", input_tokens=3000, event_time=at), search)
    one_row.log("late.parquet", row(event_id="late", input_tokens=500))
    one_row.run(received_at=at)
    made = exported(one_row, "2026-02-04")
    rows = changes(made)
    assert [(one[1], one[4]) for one in rows if one[0] == "all usage"] == [
        ("2026-02-03", "0.220000000"),
        ("volume", "0.440000000"),
        ("mix", "0.000000000"),
        ("price", "0.000000000"),
        ("new", "0.550000000"),
        ("gone", "0.000000000"),
        ("corrections", "0.110000000"),
        ("2026-02-04", made.manifest["totals"]["all"]["credits"]),
    ]
    assert [one[1] for one in rows if one[0] == "tools_invocation"] == [
        *("2026-02-03", "new", "2026-02-04")
    ]
    assert [one[2] for one in rows if one[1] == "mix"] == [PARTS_OF_ONE["mix"]]
    assert made.manifest["compared_with"]["dates"][0]["version"] == 1
    # what was used before is a reason for a new revision
    with one_row.home.lock():
        closings.reopen(one_row.home, NOON.date(), "a file was missing")
    one_row.log("other.parquet", row(event_id="other", org_id="other"))
    one_row.run(received_at=at)
    assert exported(one_row, "2026-02-04").is_new
    # a month of one date beside one of two is compared per date
    one_row.log("march.parquet", row(event_id="m", event_time=NOON.replace(month=3)))
    one_row.run(received_at=AUGUST)
    march = changes(exported(one_row, "2026-03"))
    assert march[0][2] == "usage and corrections a day, 2 published dates"
    parts = [Decimal(one[4]) for one in march if one[0] == "all usage"]
    assert sum(parts[:-1]) == parts[-1] == Decimal("0.22")


def changes(made: export.Revision) -> list[tuple[Any, ...]]:
    """The rows of the sheet What changed."""
    book = openpyxl.load_workbook(made.folder / "statement_acme.xlsx")
    return list(book["What changed"].iter_rows(min_row=2, values_only=True))


@pytest.mark.slow
def test_what_is_taken_back_is_in_the_period_that_was_reopened(workspace: Workspace) -> None:
    for day in (NOON.replace(month=1, day=20), NOON):
        workspace.log(f"{day:%m}.parquet", row(event_id=f"e{day:%m}", event_time=day))
    write_card(workspace.books[0], card_id="earlier", effective_from="2026-01-01T00:00:00Z")
    workspace.run()
    close(workspace, NOON.replace(day=28))
    workspace.log("late.parquet", row(event_id="e3", input_tokens=3000))
    workspace.run()
    with workspace.home.lock():
        closings.reopen(workspace.home, NOON.replace(month=1, day=20).date(), "a file was missing")
    workspace.run()
    months = {name: exported(workspace, name) for name in ("2026-01", "2026-02", "2026-03")}
    corrections = {
        name: made.manifest["totals"]["corrections"]["credits"] for name, made in months.items()
    }
    assert corrections == {
        "2026-01": "-0.660000000",
        "2026-02": "0.000000000",
        "2026-03": "0.660000000",
    }
    assert (
        sum(Decimal(made.manifest["totals"]["all"]["credits"]) for made in months.values())
        == (workspace.sql("select sum(credits) from daily_usage")[0][0])
    )


@pytest.mark.slow
def test_a_period_of_corrections_alone_is_handed_on(workspace: Workspace) -> None:
    workspace.log("a.parquet", row(), row(event_id="e2"))
    workspace.run()
    close(workspace, NOON)
    workspace.log("late.parquet", row(event_id="e2", input_tokens=5000))
    workspace.run()
    made = exported(workspace, "2026-02-04", excel=True)
    assert made.manifest["dates"] == []
    assert made.manifest["rows"]["received"] == 0
    totals = made.manifest["totals"]["all"]
    assert totals == {"credits": "-0.220000000", "usd": "-0.00220000000", "usd_rounded": "0.00"}
    # a number below zero stays a number for Excel
    (booked,) = table(made, "corrections.excel.csv")
    assert booked["credits"] == "-0.220000000"
    assert made.manifest["files"]["corrections.excel.csv"]["neutralized"] == 0


def test_what_breaks_a_rule_is_not_handed_on(
    one_row: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = statement
    with monkeypatch.context() as broken:
        broken.setattr(
            focus, "statement", lambda name: "select 1 as one" if "sku" in name else known(name)
        )
        with pytest.raises(CreditmillError, match="break the rule prices_have_one_sku: one 1"):
            exported(one_row)
    current = one_row.home.current(NOON.date())
    assert current is not None
    file = current.folder / "daily_usage.parquet"
    changed = pl.read_parquet(file).with_columns(pl.col("credits") + Decimal("0.000000001"))
    file.chmod(0o644)
    changed.write_parquet(file)
    with pytest.raises(CreditmillError, match=r"does not add up in daily_usage\.csv, daily_usage"):
        exported(one_row)
    assert list((one_row.folder / "out").iterdir()) == []


def test_another_export_at_the_same_time_is_not_written_over(
    one_row: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal, sealed = manifests.seal, []

    def seal_after_another(stage: Path, of: dict[str, Any]) -> bytes:
        if not sealed:  # the other began when this did, and is quicker
            sealed.append(stage)
            exported(one_row)
        return seal(stage, of)

    monkeypatch.setattr(manifests, "seal", seal_after_another)
    with pytest.raises(CreditmillError, match="is there already, by another export"):
        exported(one_row)
    assert revisions(one_row) == ["0001"]


def test_a_disk_that_fails_is_no_prune(one_row: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:

    def failing(*_: object, **__: object) -> None:
        raise duckdb.IOException("Could not write")

    monkeypatch.setattr(tables, "write_table", failing)
    with pytest.raises(duckdb.IOException, match="Could not write"):
        exported(one_row)


def test_a_folder_that_may_not_be_written_is_told(
    one_row: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    with pytest.raises(ConfigurationError, match="is read-only"):
        exported(one_row)


def test_two_columns_of_a_sheet_have_two_heads(tmp_path: Path) -> None:
    made = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = made.add_worksheet("a")
    with pytest.raises(ValueError, match="table 1 of a"), warnings.catch_warnings(action="ignore"):
        Sheets(made).frame(sheet, 0, 1, [("same", 9), ("same", 9)])
    made.close()


@pytest.mark.slow
def test_two_hundred_hostile_names_leave_no_formula_script_or_stray_file(
    workspace: Workspace,
) -> None:
    names = [name for name in NAMES if name.strip()]  # who pays may not be blank
    write_card(workspace.books[0], "llm,=cmd,+Chat,platform,input_tokens,0.22,1000\n", "evil",
               "2026-02-02T00:00:00Z")  # fmt: skip
    rows = [
        row(event_id=f"={place}", org_id=name, agent_id=NAMES[-place], brand="=cmd", model="+Chat")
        for place, name in enumerate(names)
    ]
    rows += [row(event_id="=q", org_id=names[0], brand="@evil", model="=HYPERLINK(1)")]
    workspace.log("=a.parquet", *rows)
    workspace.run()
    made = exported(workspace, excel=True)
    found = [path for path in workspace.folder.joinpath("out").rglob("*") if path.is_file()]
    assert {path.parent for path in found} == {made.folder}
    assert {path.name for path in found} == {*made.manifest["files"], "manifest.json"}
    folded = {unicodedata.normalize("NFKC", path.name).casefold() for path in found}
    assert len(folded) == len(found) == len(names) + 8 + 3 + 1
    for path in found:
        assert re.fullmatch(r"[a-z0-9._~-]{1,120}", path.name)
    orgs = set()
    for path in made.folder.glob("statement_*.xlsx"):
        book = openpyxl.load_workbook(path)
        cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
        assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
        assert not any(cell.hyperlink for cell in cells)
        orgs.add(book["Summary"]["A1"].value)
    assert len(orgs) == len(names) == 198
    told = {one["org_id"]: one["file"] for one in made.manifest["statements"]}
    assert told.keys() == set(names)
    charges = table(made, "charges.csv")
    assert {one["org_id"] for one in charges} == set(names)
    runs = re.compile(r"\s*[=+\-@＝＋－＠]|[^\S\t\r]*[\t\r]")
    numbers = {"quantity", "per", "list_price", "price", "credits", "usd", "discount", "events"}
    neutralized = 0
    for name in ("charges", "daily_usage", "corrections"):
        plain, excel = (table(made, f"{name}{end}.csv") for end in ("", ".excel"))
        assert len(plain) == len(excel)
        for before, after in zip(plain, excel, strict=True):
            for column, text in before.items():
                if column in numbers:
                    assert after[column] == text
                else:
                    assert after[column] in (text, f"'{text}")
                    assert (after[column] != text) or not (runs.match(text) or is_number(text))
        changed = sum(
            before[column] != after[column]
            for before, after in zip(plain, excel, strict=True)
            for column in before
        )
        assert made.manifest["files"][f"{name}.excel.csv"]["neutralized"] == changed
        neutralized += changed
    assert neutralized > 400
    shown = table(made, "focus.csv")
    assert {one["BillingAccountId"] for one in shown} == set(names)
    assert len({one["SubAccountId"] for one in shown}) == len(shown)
    assert {one["SkuId"] for one in shown} == {"llm/%3Dcmd/%2BChat/input_tokens"}


def is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text.replace(",", "")))
    except ValueError:
        return False


CHANGED_BY_EXCEL = (
    *("00123", "1E5", "1e-3", "12345678901234567890", " 007", "1,000", "1.5", ".5", "-5", "١٢"),
    *("2026-02-03", "3/4", "1-2", "12:30", "1:30 PM", "5%", "$5", "€ 5", "(5)", "1 1/2", "１２３"),
    *("Mar-1", "MAR1", "1 March 2026", "june 5", "SEPT2", "1-Dez", "3月1日", "TRUE", "false"),
    *("#N/A", "#DIV/0!", "=1+1", "+5", "@x", "\t00", "1\xa0000"),
)
KEPT_BY_EXCEL = (
    *("agent-7", "gpt-4", "market-1", "seth1", "6b29297bd11f", "#12", "v1.2", "June", "12abc"),
    *("0x1F", "ape", "x=1", "junejunejune5x", "june" * 200 + "1x"),
)


@pytest.mark.slow
def test_ids_stay_text_in_a_spreadsheet_that_opens_the_csv(workspace: Workspace) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("no LibreOffice here")
    names = (*CHANGED_BY_EXCEL, *KEPT_BY_EXCEL)
    workspace.log(
        "a.parquet", *(row(event_id=f"e{n}", agent_id=one) for n, one in enumerate(names))
    )
    workspace.run()
    made = exported(workspace, excel=True)
    options = "44,34,76,1,,1033,false,true"  # detect numbers, as Excel does
    opened = subprocess.run(
        [soffice, "--headless", f"--infilter=CSV:{options}", "--convert-to", "xlsx", "--outdir",
         str(workspace.folder), str(made.folder / "charges.excel.csv")],
        capture_output=True,
    )  # fmt: skip
    assert opened.returncode == 0, opened.stderr
    sheet = openpyxl.load_workbook(workspace.folder / "charges.excel.xlsx").active
    (heads, *cells) = sheet.iter_rows(values_only=True)
    kept = {line[heads.index("agent_id")] for line in cells}
    assert {text for text in kept if not isinstance(text, str)} == set()
    assert {text.removeprefix("'") for text in kept} == set(names)


def test_text_that_excel_would_change_gets_a_quote(workspace: Workspace) -> None:
    names = (*CHANGED_BY_EXCEL, *KEPT_BY_EXCEL)
    workspace.log(
        "a.parquet", *(row(event_id=f"e{n}", agent_id=one) for n, one in enumerate(names))
    )
    workspace.run()
    made = exported(workspace, excel=True)
    assert {line["agent_id"] for line in table(made, "charges.csv")} == set(names)
    assert {line["agent_id"] for line in table(made, "charges.excel.csv")} == {
        *(f"'{name}" for name in CHANGED_BY_EXCEL),
        *KEPT_BY_EXCEL,
    }


@pytest.mark.slow
def test_other_dimensions_are_tags_and_their_own_columns(workspace: Workspace) -> None:
    workspace = workspace.under(dimensions=("team", "agent_id"))
    workspace.log("a.parquet", row(team="=x", agent_id="bot/1", org_id="a/b%"))
    workspace.run()
    made = exported(workspace)
    (shown,) = table(made, "focus.csv")
    assert json.loads(shown["Tags"]) == {"team": "=x"}
    assert (shown["SubAccountId"], shown["SubAccountName"]) == ("a%2Fb%25/bot/1", "bot/1")
    (file,) = made.folder.glob("*.xlsx")
    heads = [cell.value for cell in openpyxl.load_workbook(file)["Usage"][1]]
    assert heads[2:4] == ["team (dimension)", "agent_id (dimension)"]


@pytest.mark.slow
def test_long_sheets_go_on_in_another(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pricing_assets.finance import workbook

    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    monkeypatch.setattr(workbook, "LONGEST_TEXT", 10)
    workspace.log("a.parquet", *(row(event_id=f"e{n}", agent_id=f"{n}" * 20) for n in range(5)))
    workspace.run()
    made = exported(workspace)
    book = openpyxl.load_workbook(made.folder / "statement_acme.xlsx")
    assert book.sheetnames == ["Summary", "Usage", "Usage 2", "Usage 3", "Quarantine", "About"]
    assert [book[name].max_row for name in book.sheetnames[1:4]] == [3, 3, 2]
    assert book["Usage 3"]["C2"].value == "4444444444… (cut)"
    assert made.manifest["files"]["statement_acme.xlsx"]["rows"] == 5


@pytest.mark.slow
def test_a_blocked_date_is_named(workspace: Workspace) -> None:
    workspace = workspace.under(quarantine_limit="0", quarantine_floor=0)
    workspace.begin(row())
    workspace.log("b.parquet", row(event_id="e2", model="unknown"))
    workspace.run()
    made = exported(workspace)
    assert made.manifest["blocked_dates"] == ["2026-02-03"]
    assert made.manifest["totals"]["all"]["credits"] == "0.220000000"
    about = openpyxl.load_workbook(made.folder / "statement_acme.xlsx")["About"]
    facts = dict(about.iter_rows(values_only=True))
    assert facts["Not charged yet"] == (
        "newer usage of 2026-02-03, which has not passed its checks: version 1 is charged"
    )


def test_a_leftover_of_a_killed_export_is_no_revision(one_row: Workspace) -> None:
    half = one_row.folder / "out" / "2026-02-03" / ".creditmill-killed" / "stage"
    half.mkdir(parents=True)
    (half / "charges.csv").write_text("half")
    for file in one_row.home.logs.iterdir():
        file.unlink()  # an export needs no log
    made = exported(one_row, "2026-02-03")
    assert made.folder == one_row.folder / "out" / "2026-02-03" / "0001"
    # another manifest under that name is not taken for ours, whatever it says
    manifest = made.folder / "manifest.json"
    manifest.chmod(0o644)
    for text in ("{}", "not json", json.dumps(made.manifest | {"state": "final"})):
        manifest.write_text(text)
        with pytest.raises(ConfigurationError, match="is not as an export wrote it"):
            exported(one_row, "2026-02-03")


def test_an_amount_too_large_for_the_files_is_told(workspace: Workspace) -> None:
    write_card(workspace.books[0], "tool,Acme,Search,any,requests,999999999,1\n", "dear",
               "2026-02-02T00:00:00Z")  # fmt: skip
    workspace.log("a.parquet", of("tools_invocation", "Acme", "Search", requests=10**12))
    workspace.run()
    with pytest.raises(CreditmillError, match="an amount is too large for the files"):
        exported(workspace)
    assert list((workspace.folder / "out").iterdir()) == []
