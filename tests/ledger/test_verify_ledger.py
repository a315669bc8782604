"""What `verify` and `restore` find and repair of the ledger, and the commands that show it."""

import json
import shutil
from pathlib import Path

import pytest

from pipelines.cli.app import main
from pricing_assets.home.entries import LEDGER, STANDING
from pricing_assets.ledger import stored
from pricing_assets.verify import ledger as verify_ledger
from tests.support.ledgers import append, bring_up_to_date, used, workspace
from tests.support.workspace import Workspace


@pytest.fixture
def copied(worked: Workspace, tmp_path: Path) -> Workspace:
    return worked.copied(tmp_path)


def differences(made: Workspace) -> list[str]:
    """What verify finds of the ledger, as files inside the home."""
    _, found = verify_ledger.verify(made.home)
    return [str(Path(one.path).relative_to(made.home.path)) for one in found]


def test_verify_finds_one_changed_byte_of_every_file(copied: Workspace) -> None:
    looked, found = verify_ledger.verify(copied.home)
    assert (looked > 200, found) == (True, [])
    for kind in (LEDGER, STANDING):
        (one, *_) = stored.counting(copied.home, kind)
        for file in sorted(one.folder.iterdir()):
            was = file.read_bytes()
            file.chmod(0o644)
            file.write_bytes(was[:-2] + bytes([was[-2] ^ 1]) + was[-1:])
            assert differences(copied) == [str(file.relative_to(copied.home.path))]
            file.write_bytes(was)


def test_the_whole_ledger_is_made_again_and_compared(copied: Workspace) -> None:
    file = list(stored.counting(copied.home, LEDGER))[2].folder / "balances.csv"
    file.chmod(0o644)
    text = file.read_text()
    assert ",985.000000000," in text
    file.write_text(text.replace(",985.000000000,", ",986.000000000,"))
    made = list(verify_ledger.recompute(copied.home))
    assert len(made) == 34
    assert {one.compared for one in made} == {"byte by byte"}
    found = {difference.path for one in made for difference in one.differences}
    assert found == {str(file)}


@pytest.mark.slow
def test_what_is_lost_of_the_ledger_stops_the_next_run_and_restore_brings_it_back(
    copied: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(copied.home.path)]
    for kind in (LEDGER, STANDING):
        *_, one = stored.counting(copied.home, kind)
        held = {file.name: file.read_bytes() for file in one.folder.iterdir()}
        one.folder.chmod(0o755)
        shutil.rmtree(one.folder)
        assert main(["status", *home]) == 1
        assert f"{one.folder}" in capsys.readouterr().err
        assert main(["restore", *home]) == 0
        assert "made again from what its manifest pins" in "".join(capsys.readouterr())
        assert {file.name: file.read_bytes() for file in one.folder.iterdir()} == held
        (one.folder.parent / "current").unlink()
        assert main(["restore", *home]) == 0
        assert stored.current(copied.home, kind, one.usage_date) == one
    capsys.readouterr()
    assert main(["verify", *home]) == 0


def test_balance_shows_who_runs_out_first_and_each_grant(
    worked: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(worked.home.path)]
    assert main(["balance", *home]) == 0
    said = capsys.readouterr().out
    assert "acme" in said
    assert "950.000000000" in said
    assert "At the end of 2026-03-05." in said
    assert main(["balance", "acme", "--on", "2026-02-03", "--json", *home]) == 0
    read = json.loads(capsys.readouterr().out)
    assert [(one["grant_id"], one["left"]) for one in read["grants"]] == [
        ("L2", "985.000000000"),
        ("R3", "1000.000000000"),
    ]
    assert read["balances"][0]["closing"] == "1985.000000000"
    assert read["balances"][0]["days_left"] is None
    assert main(["balance", "nobody", *home]) == 2
    assert "nobody has no grant on 2026-03-05" in capsys.readouterr().err
    assert main(["balance", "--on", "2026-04-01", *home]) == 2
    assert "the ledger goes through 2026-03-05" in capsys.readouterr().err


def test_ledger_lists_every_change(worked: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(worked.home.path)]
    assert main(["ledger", "acme", "--from", "2026-03-01", "--json", *home]) == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    assert [(one["entry"], one["grant_id"], one["credits"]) for one in entries] == [
        ("burned", "R3", "-50.000000000"),
        ("restored", "L2", "15.000000000"),
        ("expired", "L2", "-15.000000000"),
        ("restored", "P1", "5.000000000"),
        ("expired", "P1", "-5.000000000"),
    ]
    assert main(["ledger", "acme", *home]) == 0
    assert "granted" in capsys.readouterr().out
    assert main(["ledger", "nobody", *home]) == 2


@pytest.mark.slow
def test_status_warns_of_overdraft_and_of_grants_that_end_soon(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = workspace(tmp_path, grants="A,acme,promo,5,0,2026-02-01,,,tools_invocation,")
    append(made, "grants", "B,acme,paid,100,1,2026-02-01,2026-03-03,,tts_generation,")
    append(made, "grants", "C,acme,paid,100,1,2026-02-01,2026-03-04,,tts_generation,")
    made.log("a.parquet", used("02-01", 12))
    bring_up_to_date(made)
    assert main(["status", "--home", str(made.home.path)]) == 0
    said = capsys.readouterr()
    shown = said.out + said.err
    assert "acme is overdrawn by 7.000000000 credits" in shown
    assert "acme: 100.000000000 credits of B end on 2026-03-03" in shown
    assert "of C end on" not in shown
