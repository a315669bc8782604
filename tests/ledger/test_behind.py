"""A ledger that is behind its reports or grants: what says so, and what waits for it."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.cli.app import main
from pricing_assets.ledger import folder as credits_folder
from pricing_assets.ledger.behind import dates_behind, digest_to_come
from tests.support.ledgers import append, bring_up_to_date, credits_of, used, workspace
from tests.support.workspace import Workspace

GRANT = "A,acme,paid,100,10,2026-02-01,,,,"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Three dates whose ledger is up to date."""
    made = workspace(tmp_path_factory.mktemp("made"), grants=GRANT)
    made.log("a.parquet", used("02-01", 10), used("02-02", 10), used("02-03", 10))
    bring_up_to_date(made)
    return made


@pytest.fixture
def made(original: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of that home, to go on from there."""
    monkeypatch.chdir(tmp_path)
    return original.copied(tmp_path)


def behind(made: Workspace, *, named: bool = True) -> list[str]:
    lines = credits_folder.load(credits_of(made)) if named else None
    return [f"{day:%m-%d}" for day in dates_behind(made.home, lines)]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What a command said, on one line whatever the terminal's width."""
    shown = capsys.readouterr()
    return " ".join((shown.out + shown.err).split())


@pytest.mark.slow
def test_a_restated_report_and_a_new_grant_leave_the_ledger_behind(made: Workspace) -> None:
    assert behind(made) == behind(made, named=False) == []
    append(made, "grants", "B,acme,promo,5,0,2026-02-02,,,,")
    assert behind(made) == ["02-02", "02-03"]
    assert behind(made, named=False) == []  # lines that nobody names cannot be missed
    bring_up_to_date(made)
    made.log("late.parquet", used("02-03", 1, "late"))
    made.run()
    assert behind(made) == behind(made, named=False) == ["02-03"]
    bring_up_to_date(made)
    assert behind(made) == []


@pytest.mark.slow
def test_a_grant_to_come_changes_no_date_and_is_still_asked_for(made: Workspace) -> None:
    assert digest_to_come(made.home, credits_folder.load(credits_of(made))) is None
    append(made, "grants", "B,acme,promo,5,0,2026-03-02,,,,")
    assert behind(made) == []
    assert digest_to_come(made.home, credits_folder.load(credits_of(made))) is not None
    bring_up_to_date(made)
    assert digest_to_come(made.home, credits_folder.load(credits_of(made))) is None


def test_dates_whose_balances_are_behind_are_not_closed(
    made: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITMILL_CREDITS", str(credits_of(made)))
    append(made, "grants", "B,acme,promo,5,0,2026-02-02,,,,")
    command = ["close", "--reason", "invoiced", "--home", str(made.home.path), "--through"]
    assert main([*command, "2026-02-03"]) == 2
    shown = said(capsys)
    assert "2026-02-02 is behind in the ledger of credits" in shown
    assert "2026-02-03 is behind in the ledger of credits" in shown
    assert main([*command, "2026-02-01"]) == 0  # before what changed
    bring_up_to_date(made)
    assert main([*command, "2026-02-03"]) == 0
    append(made, "grants", "C,acme,promo,5,0,2026-02-02,,,,")
    assert main([*command, "2026-02-04"]) == 2
    assert "dates through 2026-02-03 are closed with their balances" in said(capsys)


@pytest.mark.slow
def test_status_says_that_the_ledger_is_behind_and_how_it_comes_up_to_date(
    made: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["status", "--home", str(made.home.path)]
    main(command)
    assert "behind" not in said(capsys)
    made.log("late.parquet", used("02-03", 1, "late"))
    made.run()
    main(command)
    assert "the ledger of credits is behind from 2026-02-03 on; name the folder" in said(capsys)
    monkeypatch.setenv("CREDITMILL_CREDITS", str(credits_of(made)))
    main(command)
    assert "is behind from 2026-02-03 on; `creditmill run` brings it up to date" in said(capsys)
    assert dates_behind(made.home, None) == [date(2026, 2, 3)]
    (credits_of(made) / "grants.csv").write_text("nonsense\n")
    main(command)
    assert "the ledger of credits stays as it is" in said(capsys)
