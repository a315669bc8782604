"""A month of the sample exported: each file opened by a real reader, each total that of the home."""

import csv
import hashlib
import json
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest

from tests.support.command import ROOT, creditmill

TOTAL = ("11835.023043129", "118.35023043129")
CREDITS_AND_USD = {
    "daily_usage": ("credits", "usd"),
    "charges": ("credits", "usd"),
    "focus": ("PricingCurrencyEffectiveCost", "EffectiveCost"),
}


@pytest.fixture(scope="module")
def handed(sample: Path) -> Path:
    """The folder that `creditmill export 2026-02 --to out --excel` makes of the sample."""
    done = creditmill("export", "2026-02", "--to", "out", "--excel", cwd=sample)
    assert done.returncode == 0, done.stderr.decode()
    assert re.search(
        r"2026-02 +1 +provisional +11,835\.023043129 +118\.35 +22 +65 +first", done.stdout.decode()
    )
    return sample / "out" / "2026-02" / "0001"


@pytest.fixture(scope="module")
def manifest(handed: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((handed / "manifest.json").read_text())
    return read


def published(sample: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(sample / "home" / "credits.duckdb"), read_only=True) as con:
        return con.sql(query).fetchall()


def text_rows(file: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with file.open(encoding=encoding, newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def test_the_manifest_tells_what_is_there(handed: Path, manifest: dict[str, Any]) -> None:
    assert {file.name for file in handed.iterdir()} == {*manifest["files"], "manifest.json"}
    for name, told in manifest["files"].items():
        data = (handed / name).read_bytes()
        assert (told["bytes"], told["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    rows = manifest["rows"]
    assert rows == {"received": 29748, "rated": 29474, "settled": 209, "quarantined": 65}
    assert rows["received"] == rows["rated"] + rows["settled"] + rows["quarantined"]
    assert (manifest["totals"]["all"]["credits"], manifest["totals"]["all"]["usd"]) == TOTAL
    assert (manifest["schema_version"], manifest["revision"], manifest["supersedes"]) == (
        1,
        1,
        None,
    )
    assert [card["usd_per_credit"] for card in manifest["rate_cards"]] == ["0.01", "0.01"]


@pytest.mark.parametrize("name", CREDITS_AND_USD)
def test_every_reader_finds_the_total(name: str, handed: Path, manifest: dict[str, Any]) -> None:
    # of FOCUS the rows of usage, which cost what was paid for the credits that they burned
    is_focus = name == "focus"
    which = "\"ChargeCategory\" = 'Usage'" if is_focus else "true"
    usd = manifest["ledger"]["revenue"]["recognized_usage"] if is_focus else TOTAL[1]
    for column, total in zip(CREDITS_AND_USD[name], (TOTAL[0], usd), strict=True):
        wanted = Decimal(total)
        texts = text_rows(handed / f"{name}.csv")
        used = [row for row in texts if not is_focus or row["ChargeCategory"] == "Usage"]
        assert sum(Decimal(row[column]) for row in used) == wanted
        frame = pl.read_parquet(handed / f"{name}.parquet")
        usage = frame.filter(pl.col("ChargeCategory") == "Usage") if is_focus else frame
        assert usage[column].sum() == wanted
        assert isinstance(frame.schema[column], pl.Decimal)
        for suffix in ("csv", "parquet"):
            file = handed / f"{name}.{suffix}"
            (found,) = duckdb.sql(
                f"select sum(cast(\"{column}\" as decimal(38, 11))) from '{file}' where {which}"
            ).fetchall()
            assert found == (wanted,)
            assert manifest["files"][file.name]["rows"] == len(texts) == len(frame)
            assert Decimal(manifest["files"][file.name]["usd"]) == Decimal(usd)


def test_rows_are_those_of_the_home(handed: Path, sample: Path) -> None:
    february = "where usage_date >= date '2026-02-01' order by all"
    for name in ("daily_usage", "charges"):
        wanted = published(sample, f"from {name} {february}")
        found = duckdb.sql(f"from '{handed / name}.parquet' order by all").fetchall()
        assert found == wanted
        assert len(wanted) > 200


def test_deferred_revenue_is_that_of_the_home(handed: Path, sample: Path) -> None:
    wanted = published(sample, "select * exclude month from revenue where month = '2026-02'")
    found = duckdb.sql(f"select * exclude period from '{handed / 'revenue.parquet'}'").fetchall()
    assert sorted(row[:-1] for row in found) == sorted(wanted)
    assert "creditmill balance" in (sample / "err.txt").read_text()  # where a run leads to
    ((left,),) = published(
        sample,
        "select sum(closing) from balances where usage_date = (select max(usage_date) from balances)",
    )
    assert sum(row[-1] for row in found) == left


def test_csv_is_for_machines(handed: Path) -> None:
    for name in ("daily_usage", "charges", "corrections", "focus"):
        data = (handed / f"{name}.csv").read_bytes()
        assert data.endswith(b"\r\n")
        assert data.count(b"\n") == data.count(b"\r\n")  # no text of the sample has a line end
        assert not data.startswith(b"\xef\xbb\xbf")
    rows = text_rows(handed / "charges.csv")
    assert all(re.fullmatch("[a-z_]+", column) for column in rows[0])
    for row in rows:
        assert re.fullmatch(r"2026-02-0[123]", row["usage_date"])
        for column in ("quantity", "per", "list_price", "price", "credits", "usd", "discount"):
            assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", row[column]), row


def test_csv_for_excel_differs_by_its_mark_and_text_like_numbers(
    handed: Path, manifest: dict[str, Any]
) -> None:
    for name in ("daily_usage", "charges", "corrections"):
        plain = (handed / f"{name}.csv").read_bytes()
        # only the card's id, which a spreadsheet would take for a date
        quoted = plain.replace(b",2026-02-01,", b",'2026-02-01,")
        assert (handed / f"{name}.excel.csv").read_bytes() == b"\xef\xbb\xbf" + quoted
        neutralized = manifest["files"][f"{name}.excel.csv"]["neutralized"]
        assert neutralized == len(quoted) - len(plain)


def test_statements_add_up(handed: Path, manifest: dict[str, Any], sample: Path) -> None:
    wanted = {
        org: (credits, usd)
        for org, credits, usd in published(
            sample, "select org_id, sum(credits), sum(usd) from daily_usage group by org_id"
        )
    }
    told = {one["org_id"]: one for one in manifest["statements"]}
    assert told.keys() == wanted.keys()
    whole = Decimal(0)
    for org, (credits, usd) in wanted.items():
        one = told[org]
        assert (Decimal(one["credits"]), Decimal(one["usd"])) == (credits, usd)
        book = openpyxl.load_workbook(handed / one["file"])
        assert book.sheetnames == ["Summary", "Credits", "Usage", "Quarantine", "About"]
        assert book.properties.created.isoformat() == "2026-02-01T00:00:00"
        summary = [row for row in book["Summary"].iter_rows(min_row=5, values_only=True) if row[1]]
        assert sum(Decimal(row[5]) for row in summary) == credits
        assert sum(Decimal(row[6]) for row in summary) == usd
        lines = sum(Decimal(f"{row[3]:.2f}") for row in summary)
        (total,) = (row for row in book["Summary"].iter_rows(values_only=True) if row[0] == "Total")
        assert lines == Decimal(f"{total[3]:.2f}") == Decimal(one["usd_rounded"])
        assert (Decimal(total[5]), Decimal(total[6])) == (credits, usd)
        whole += lines
        usage = list(book["Usage"].iter_rows(min_row=2, values_only=True))
        heads = [cell.value for cell in book["Usage"][1]]
        exact, shown = heads.index("Credits, exact"), heads.index("Credits")
        assert sum(Decimal(row[exact]) for row in usage) == credits
        # fifteen digits are what a spreadsheet shows of a number
        assert all(f"{row[shown]:.9f}" == row[exact] for row in usage)
        assert len(usage) == manifest["files"][one["file"]]["rows"]
        for sheet in ("Usage", "Quarantine"):
            assert book[sheet].freeze_panes == "A2"
        assert [len(book[sheet].tables) for sheet in book.sheetnames] == [1, 1, 1, 1, 0]
        assert book["Usage"].cell(2, shown + 1).number_format == "#,##0.000000000"
    assert whole == Decimal(manifest["totals"]["all"]["usd_rounded"]) == Decimal("118.35")


def test_statements_are_laid_out_for_paper_and_name_no_command_or_path(
    handed: Path, manifest: dict[str, Any]
) -> None:
    for one in manifest["statements"]:
        book = openpyxl.load_workbook(handed / one["file"])
        for sheet in book:
            assert sheet.page_setup.orientation == "landscape"
            assert sheet.page_setup.paperSize == 9
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert sheet.page_setup.fitToHeight == 0
            assert sheet.page_setup.fitToWidth in (None, 1)  # 1 is what is left out
            top = 4 if sheet.title in ("Summary", "Credits") else 1
            assert sheet.print_title_rows == f"${top}:${top}"
            assert one["org_id"] in sheet.oddHeader.left.text
            assert "2026-02, revision 1" in sheet.oddHeader.left.text
            (area,) = (part.partition("!")[2] for part in [sheet.print_area])
            last = re.fullmatch(r"\$A\$1:\$([A-Z]+)\$([0-9]+)", area)
            assert last
            assert int(last[2]) == max(sheet.max_row, 2)
            heads = {cell.column_letter: cell.value for cell in sheet[top]}
            if sheet.title == "Credits":
                assert heads[last[1]] == "Left"
            elif sheet.title == "Usage":  # the exact values stand beside, for those who compute
                assert heads[last[1]] == "Why it was booked"
            else:
                assert last[1] == list(heads)[-1]
        texts = [
            cell.value
            for sheet in book
            for line in sheet.iter_rows()
            for cell in line
            if isinstance(cell.value, str) and (sheet.title, cell.column) != ("Credits", 1)
        ]  # a plan's grants are called PLAN/2026-02
        assert not [text for text in texts if re.search(r"creditmill|\.csv|\w/|--|append", text)]


@pytest.mark.slow
def test_a_statement_of_many_charges_takes_few_sheets_of_paper(
    handed: Path, tmp_path: Path
) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("no LibreOffice here")
    file = handed / "statement_northwind-clinics.xlsx"
    done = subprocess.run(
        [soffice, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(file)],
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    pdf = (tmp_path / "statement_northwind-clinics.pdf").read_bytes()
    rows = openpyxl.load_workbook(file)["Usage"].max_row
    assert rows > 200
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 4 + -(-rows // 60)


def test_the_quarantine_of_an_organization_is_in_its_statement(
    handed: Path,
    sample: Path,
    manifest: dict[str, Any],
) -> None:
    found = 0
    for one in manifest["statements"]:
        sheet = openpyxl.load_workbook(handed / one["file"])["Quarantine"]
        rows = list(sheet.iter_rows(min_row=2, values_only=True))
        found += sum(row[6] for row in rows if row[6])
        assert all(row[8] for row in rows if row[6])
    assert published(
        sample,
        "select count(*) from quarantine semi join daily_usage using (org_id)"
        " where usage_date >= date '2026-02-01'",
    ) == [(found,)]


def test_the_same_again_is_no_revision_and_elsewhere_the_same_bytes(
    handed: Path,
    sample: Path,
    manifest: dict[str, Any],
) -> None:
    # what was asked for is there: without --excel nothing new is made either
    for asked in (("--excel",), ()):
        done = creditmill("export", "2026-02", "--to", "out", *asked, "--json", cwd=sample)
        (told,) = json.loads(done.stdout)["exports"]
        assert not told["new"]
        assert Path(told["folder"]) == Path("out/2026-02/0001")
    assert [one.name for one in handed.parent.iterdir()] == ["0001"]
    done = creditmill("export", "2026-02", "--to", "again", "--excel", cwd=sample)
    for name in (*manifest["files"], "manifest.json"):
        again = sample / "again" / "2026-02" / "0001" / name
        assert again.read_bytes() == (handed / name).read_bytes(), name


def test_the_pages_show_what_is_printed(sample: Path) -> None:
    printed = [
        creditmill("export", "2026-02", "--to", "plain", cwd=sample).stdout.decode()
        for _ in range(2)
    ]
    assert "Deferred revenue in USD: " in printed[0]
    lines = [
        re.sub(r" +$", "", line.replace("plain/", "out/"))
        for text in printed
        for line in text.splitlines()
    ]
    for page, shown in (("README.md", lines[:3]), ("docs/export.md", lines)):
        text = (ROOT / page).read_text(encoding="utf-8")
        for line in shown:
            assert line in text.splitlines(), page


@pytest.mark.slow
def test_days_are_periods_too(sample: Path) -> None:
    done = creditmill(
        "export", "2026-02-02", "2026-02-03", "2026-01", "--to", "days", "--json", cwd=sample
    )
    told = json.loads(done.stdout)["exports"]
    assert [(one["period"], one["totals"]["all"]["credits"]) for one in told] == [
        ("2026-02-02", "4628.328181764"),
        ("2026-02-03", "4678.342610003"),
        ("2026-01", "0.000000000"),  # nothing but quarantine: no card was in force yet
    ]
    assert told[2]["rows"] == {"received": 12, "rated": 0, "settled": 6, "quarantined": 6}


REFUSED = [
    # what is asked, what is said
    (["2026-02"], "say what to export"),
    (["--to", "out"], "say what to export"),
    (["2026-02", "--to", "out", "--duckdb", "x.duckdb"], "say what to export"),
    (["2026-13", "--to", "out"], "'2026-13' is not a period"),
    (["2026-02-30", "--to", "out"], "'2026-02-30' is not a period"),
    (["../2026-02", "--to", "out"], "'../2026-02' is not a period"),
    (["2025-01", "--to", "out"], "nothing is published for 2025-01"),
    (["2026-02", "--to", "taken.txt"], "taken.txt cannot be written"),
    (["2026-02", "--to", "home/reports"], "home/reports lies in the home"),
]


@pytest.mark.parametrize("asked, said", REFUSED)
def test_what_cannot_be_exported_is_said(asked: list[str], said: str, sample: Path) -> None:
    (sample / "taken.txt").write_text("a file")
    done = creditmill("export", *asked, cwd=sample)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert not (sample / "out" / "2025-01").exists()
    assert "Traceback" not in done.stderr.decode()
