"""A grant ends on one date, wherever it is shown: none of two screens shows another one."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines.cli.app import main
from tests.support.ledgers import bring_up_to_date, used, workspace

END, NEWEST = date(2026, 3, 10), date(2026, 2, 16)


@pytest.mark.slow
def test_every_screen_shows_the_same_end_of_a_grant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = workspace(tmp_path, grants=f"A,acme,paid,1000,10,2026-02-01,{END},,,")
    days = [date(2026, 2, 1) + timedelta(days=step) for step in range(16)]
    made.log("a.parquet", *(used(f"{day:%m-%d}", 1) for day in days))
    bring_up_to_date(made)
    home = ["--home", str(made.home.path)]

    def shown(*command: str) -> str:
        assert main([*command, *home]) == 0
        return " ".join("".join(capsys.readouterr()).split())

    def read(*command: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(shown(*command, "--json"))
        return found

    assert made.sql("select expires_date from grants") == [(END,)]
    assert made.sql("select expires_on, expires_unused from forecast") == [(END, 963)]
    (balance,) = read("balance", "acme")["grants"]
    assert balance["expires_date"] == END.isoformat()
    assert f"{END}" in shown("balance", "acme")
    ((_, _, _, ending),) = read("status")["ending_soon"]
    assert ending == END.isoformat()
    assert f"end on {END}" in shown("status")
    (exported,) = read("export", "2026-02", "--to", "out")["exports"]
    folder = tmp_path / "out" / "2026-02" / "0001"
    with (folder / "focus.csv").open(newline="") as lines:
        purchases = [row for row in csv.DictReader(lines) if row["ChargeCategory"] == "Purchase"]
    assert [row["ChargePeriodEnd"] for row in purchases] == [f"{END}T00:00:00Z"]
    sheet = openpyxl.load_workbook(folder / exported["statements"][0]["file"])["Credits"]
    heads = [cell.value for cell in sheet[4]]
    assert sheet.cell(5, heads.index("Ends") + 1).value.date() == END
    # and by then it is gone: credits burn through the day before
    made.log("b.parquet", used("03-09", 1), used("03-10", 1))
    bring_up_to_date(made)
    assert made.sql(
        "select usage_date, entry from ledger where usage_date >= '2026-03-01' order by all"
    ) == [
        (END - timedelta(days=1), "burned"),
        (END - timedelta(days=1), "expired"),
        (END, "uncovered"),
    ]
